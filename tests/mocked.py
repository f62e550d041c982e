"""moto, one call after the other: the functions call side by side, and its tables do not stand that.

A transaction copies its tables first; a put of another thread meanwhile fails it with a RuntimeError.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws
from moto.core import models
from moto.core.botocore_stubber import BotocoreStubber

ANSWER = BotocoreStubber.process_request


@contextmanager
def mocked_aws() -> Iterator[None]:
    """Mock AWS for whatever this process calls, in any of its threads."""
    one_at_a_time = threading.RLock()

    def process_request(stubber: BotocoreStubber, request: Any) -> Any:
        with one_at_a_time:
            return ANSWER(stubber, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            models, "RESPONSES_METHODS", []
        )  # what calls by the library requests takes long to set up
        with mock_aws():
            patch.setattr(BotocoreStubber, "process_request", process_request)
            yield
