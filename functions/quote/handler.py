"""POST /quotes: Quote v1 in, 202 with until when which symbols are wanted further; the screens are told.

A symbol that the answer does not name is followed by nobody: the bridge ends its quotes. 400 names every
reason why a post is refused. 403: the bridge's name belongs to somebody else. 503: the post was not told to
all; it is not sent again, the next one is nearer to the truth.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.common import time_left
from pregao.bootstrap.quote import count_refused, quoting
from pregao.flow.quote import quote
from pregao.wire.quote_v1 import QuotesRefused
from pregao.wire.signed_request import ForeignBridge, answer, body_of, signer_of

logger = Logger(service="quote")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell the screens one post's prices."""
    try:
        told = quote(body_of(event), signer_of(event), quoting(), time_left(context))
    except QuotesRefused as refused:
        count_refused(refused.fault)
        logger.warning("quotes refused", extra={"reasons": refused.reasons})
        return answer(400, refused.answer())
    except ForeignBridge as foreign:
        count_refused(foreign.fault)
        logger.warning("foreign bridge", extra={"signer": foreign.signer, "owner": foreign.owner})
        return answer(403, foreign.answer())
    except Exception:
        logger.exception("quotes not told")
        return answer(503, {"error": "not told", "reasons": ["the quotes were not told to every screen"]})
    return answer(202, {"frames": told.frames, "server_time": told.now, "wanted_until": dict(told.wanted)})
