"""What Lambda and EventBridge write of work that nobody waits for and that was given up.

Three forms, as AWS documents them. A stream's batch and an asynchronous invocation tell by Lambda's
destination for failures; a round that could not be handed over, by EventBridge's dead letters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Missed:
    """What was not done (`about`: the function and what it was given) and why; nothing in it is a secret."""

    about: str
    why: str


def missed(body: str, attributes: Mapping[str, str]) -> Missed | None:
    """Read a letter; `attributes` are the message's. Returns None where nobody can read it."""
    try:
        told = json.loads(body)
        if "requestContext" in told:
            return _by_lambda(told)
        return Missed(f"{_rule(told['resources'][0])}: round", _by_events(attributes))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None


def _by_lambda(told: Mapping[str, Any]) -> Missed:
    asked = told["requestContext"]
    answer = told.get("responsePayload") or {}
    failure = ": ".join(str(answer[name]) for name in ("errorType", "errorMessage") if name in answer)
    return Missed(
        f"{_function(asked['functionArn'])}: {_work(told)}",
        ", ".join(filter(None, (asked["condition"], failure))),
    )


def _work(told: Mapping[str, Any]) -> str:
    if batch := told.get("DDBStreamBatchInfo"):
        return f"batch of {batch['batchSize']} from {batch['streamArn'].split('/')[1]}"
    records = told["requestPayload"].get("Records", ())
    return " ".join(one["s3"]["object"]["key"] for one in records) or "round"


def _by_events(attributes: Mapping[str, str]) -> str:
    told = [attributes[name] for name in ("ERROR_CODE", "ERROR_MESSAGE") if attributes.get(name)]
    return ": ".join(told) or "EventBridge could not hand it over"


def _function(arn: str) -> str:
    """Return `archive` of `arn:...:function:pregao-archive:live`."""
    return arn.split(":function:")[1].split(":")[0].rpartition("-")[2]


def _rule(arn: str) -> str:
    """Return `watch` of `arn:...:rule/pregao-WatchFunctionEachMinute-1A2B`."""
    return arn.rpartition("/")[2].partition("Function")[0].rpartition("-")[2].lower()
