"""What the end-to-end tests do to a stack: sign tokens, post bodies, read chains."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.audit.run_account import read_audit
from pregao import clock
from pregao.aws.secret import read_secret
from pregao.config.reader import load
from pregao.wire.token_v1 import Identity, issue

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
CONFIG = load(ROOT / "config")
ANA, BRUNO = (one.audit_id for one in CONFIG.operators)
FOREVER = "0000"
AGAIN_S = 60.0


def key_of(stack):
    return read_secret(stack.client("secretsmanager"), stack.outputs["TokenSecretArn"])


def token_of(stack, operator, *, key=None, life_s=3600, now=None):
    roles = {one.id: one.role for one in CONFIG.operators}
    identity = Identity(operator, roles.get(operator, "trader"))
    return issue(identity, key or key_of(stack), now=now or clock.now(), life_s=life_s)


def post(stack, body: bytes, *, secret=None, signed=True, to="candles"):
    """Post a body to /candles or elsewhere; returns status and parsed answer.

    As a bridge does, it posts again what a busy machine had no time for (503). What was judged for the first
    time in one of these tries is told as it was judged then: the later ones say duplicate.
    """
    began, deadline = datetime.now(UTC).isoformat(timespec="microseconds"), time.monotonic() + AGAIN_S
    tries = 1
    while (answer := _posted(stack, body, secret, signed, to))[0] == 503 and time.monotonic() < deadline:
        tries += 1
        time.sleep(0.5)
    status, told = answer
    if tries == 1 or "alerts" not in told:
        return answer
    first = {}
    for one in sorted(audit_of(stack, began).alerts, key=lambda one: one["seq"]):
        first.setdefault(one["alert_id"], one["verdict"])
    return status, told | {"alerts": [one | {"verdict": first[one["id"]]} for one in told["alerts"]]}


def _posted(stack, body, secret, signed, to):
    url = f"{stack.http_url}/{to}"
    headers = {"content-type": "application/json"}
    if signed:
        request = AWSRequest("POST", url, data=body, headers=headers)
        credentials = Credentials(stack.bridge_access_key, secret or stack.bridge_secret_key)
        SigV4Auth(credentials, "execute-api", stack.region).add_auth(request)
        headers = dict(request.headers)
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        answer = pool.request("POST", url, body=body, headers=headers)
        return answer.status, json.loads(answer.data or b"{}")


def batch_of(candles, *, symbol="WIN$N", contract="WINZ26", new=1, **changes):
    """A CandleBatch v1 as a dict over the last 262 + new candles."""
    rows = candles[len(candles) - 262 - new :]
    names = ("time", "open", "high", "low", "close", "tick_volume", "real_volume", "spread")
    batch = {
        "version": 1,
        "bridge_id": "test",
        "symbol": symbol,
        "contract": contract,
        "timeframe": "M5",
        "utc_offset_s": -10_800,
        "new_from": 262,
        "historical": True,
        "candles": {name: np.asarray(getattr(rows, name)).tolist() for name in names},
    }
    return batch | changes


def dump(batch) -> bytes:
    return json.dumps(batch).encode()


def audit_of(stack, since=FOREVER):
    return read_audit(stack.client("dynamodb"), stack.outputs, since)


def chains(records):
    """The records by chain, in order."""
    found = defaultdict(list)
    for record in sorted(records, key=lambda one: one["seq"]):
        found[record["chain"]].append(record)
    return dict(found)


def sent_mail(stack):
    """What lies in the emulator's mailbox."""
    return [mail for account in _kept(stack, "ses/messages")["messages"].values() for mail in account]


def sent_sms(stack):
    """What was sent to phones."""
    return [sms for phone in _kept(stack, "sns/sms-messages")["sms_messages"].values() for sms in phone]


def _kept(stack, what):
    with urllib3.PoolManager() as pool:
        told = {"x-pregao-root": stack.root_secret_key}
        return json.loads(pool.request("GET", f"{stack.endpoint}/_ministack/{what}", headers=told).data)
