"""The emulator's own environment: its interpreter, and a skip with the remedy where it was not made."""

from __future__ import annotations

from pathlib import Path

import pytest

EMULATOR = Path(__file__).resolve().parents[1] / ".tools" / "emulator" / "bin" / "python"


def need_emulator() -> None:
    """Skip the test that asks, where the emulator's environment is missing."""
    if not EMULATOR.exists():
        pytest.skip("the emulator's environment is missing; run: make .tools/emulator/.ready")
