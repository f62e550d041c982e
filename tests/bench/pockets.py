"""What a soak's operators carry: their steps, how push and messenger fail, who decides on a notification."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import urllib3

from local.audit.run_account import AuditView
from local.cli.channel import make_keys
from local.load.run import percentiles
from local.stack.phone_services import Fault, PhoneServices, Received, serving_phones
from pregao import clock
from pregao.aws.channels.addresses import Addresses
from pregao.aws.channels.encryption import encode
from pregao.aws.tables.delivery.devices import Devices
from pregao.domain.delivery.push import Device
from pregao.wire.link_v1 import read_link
from tests.bench import account, faults
from tests.bench.account import Noted

STEPS = "screen, push 5, telegram 5, email 10"
CARRYING = (faults.HEALTHY, faults.AT_TIMES, faults.POCKET, faults.UNREACHABLE)
CHANNELS = dict.fromkeys(CARRYING, STEPS)
CHATS = {name: str(4_000 + place) for place, name in enumerate(CARRYING)}
FAULTY = 0.4
"""The share of requests that a service does not simply take, while faults are on."""
KINDS = (
    Fault(503, {"Retry-After": "2"}),
    Fault(429, {"Retry-After": "3"}, b'{"ok":false,"error_code":429,"parameters":{"retry_after":3}}'),
    Fault(500),
    Fault(hang_s=6.0),
    Fault(),
    Fault(502, takes=True),
    Fault(hang_s=6.0, takes=True),
    Fault(takes=True),
)
"""Busy, busy, broken, hangs, hangs up; and the last three take the message and lose the answer."""
DECIDES = 0.4
"""The share of notifications on which who carries the phone decides, as a person would who looks at it."""
LOOK_S = (0.2, 8.0)
TRIES = 30
SENDS = {"sendMessage", "sendPhoto"}
"""What rings; a message that is changed or deleted does not."""
LINK = re.compile(r"/act/([\w.-]+)")


class Pockets:
    """The services, whom they sent what, and who decided when (epoch seconds, by alert)."""

    def __init__(self, it: SimpleNamespace, services: PhoneServices, seed: int) -> None:
        self._it, self._services, self._dice = it, services, random.Random(seed)
        self._faulty, self._lock = threading.Event(), threading.Lock()
        self._people = ThreadPoolExecutor(8)
        self.failed = 0
        self.decided: dict[str, float] = {}

    def begin(self) -> None:
        """Let the services fail from now on."""
        self._faulty.set()

    def end(self) -> None:
        """Let them take everything, and wait for who is about to decide."""
        self._faulty.clear()
        self._people.shutdown(wait=True)

    def notes(self) -> list[Noted]:
        """Return what the services took, also where they lost the answer; a changed message is none."""
        names = {chat: name for name, chat in CHATS.items()}
        audited = {one.id: one.audit_id for one in self._it.config.operators}
        found = []
        for one in list(self._services.received):
            if one.channel == "push":
                found.append(Noted("push", str(one.told["alert"]), audited[one.to], one.at))
            elif one.told["method"] in SENDS:
                found.append(Noted("telegram", self._alert_of(one), audited[names[one.to]], one.at))
        return found

    def fault(self, path: str) -> Fault | None:
        """Tell how the service at a path answers now; None where it takes what it gets."""
        with self._lock:
            if not self._faulty.is_set() or self._dice.random() >= FAULTY:
                return None
            self.failed += 1
            # Telegram's own faults say more than a status; a hang is rarer, it holds a function up
            return self._dice.choice(KINDS if self._dice.random() < 0.5 else KINDS[:3])

    def look(self, received: Received) -> None:
        """Somebody hears their phone, and decides or does not."""
        with self._lock:
            decides, looks = self._dice.random() < DECIDES, self._dice.uniform(*LOOK_S)
        if received.channel == "push" and decides and self._faulty.is_set():
            self._people.submit(self._decide, received.to, str(received.told["alert"]), looks)

    def _decide(self, who: str, alert: str, looks_s: float) -> None:
        time.sleep(looks_s)
        token = self._it.tokens[int(who.rpartition("-")[2])]
        url = f"{self._it.stack.http_url}/api/alerts/{alert}/decision"
        with urllib3.PoolManager(retries=False, timeout=30) as pool:
            for _ in range(TRIES):
                try:
                    headers = {"authorization": f"Bearer {token}"}
                    answer = pool.request("POST", url, body=b"decision=rejected", headers=headers)
                except urllib3.exceptions.HTTPError:
                    continue
                if answer.status == 200:
                    self.decided[alert] = time.time()
                if answer.status < 500:
                    return
                time.sleep(0.5)

    def _alert_of(self, message: Received) -> str:
        found = LINK.search(str(message.told))
        assert found, message.told
        return read_link(found[1], [self._it.key]).alert_id


@contextmanager
def pockets(it: SimpleNamespace, seed: int) -> Iterator[Pockets]:
    """Serve push and Telegram on loopback and give everybody of CARRYING an address on both.

    UNREACHABLE's device is gone and has blocked the bot.
    """
    with serving_phones() as services:
        they = Pockets(it, services, seed)
        services.fault_of, services.on_message = they.fault, they.look
        secret = it.stack.client("secretsmanager"), it.stack.outputs["ChannelsSecretArn"]
        addresses = Addresses(*secret, clock.now)
        devices = Devices(it.stack.client("dynamodb"), it.stack.outputs["AdmissionTable"])
        make_keys(addresses, devices)
        services.vapid = devices.public_key()
        for name, chat in CHATS.items():
            addresses.put(name, "telegram", {"token": services.token, "chat": chat, "server": services.url})
            phone = services.phone(name)
            keys = phone.p256dh, encode(phone.auth)
            devices.add(name, Device(services.endpoint(name), *keys, name, clock.now()))
        services.gone.add(faults.UNREACHABLE)
        services.blocked.add(CHATS[faults.UNREACHABLE])
        yield they


def carried(audit: AuditView, they: Pockets) -> dict[str, object]:
    """Return what was sent to phones, and how often what must hold of it does not."""
    notes, ends = they.notes(), account.step_ends(audit)
    told = Counter(f"{channel} {end}" for (channel, _, _), end in ends.items())
    detected = {alert: float(one["detected_at"]) for alert, one in audit.admitted().items()}
    waits = {
        channel: [one.at - detected[one.alert] for one in notes if one.channel == channel]
        for channel in ("push", "telegram")
    }
    return {
        "requests that push and Telegram failed": they.failed,
        "steps to phones, how they ended": ", ".join(f"{name} {n}" for name, n in sorted(told.items())),
        **{f"taken by {name}, seconds after the detection": _spread(some) for name, some in waits.items()},
        "decided on a notification": len(they.decided),
        "notes sent twice on a channel": account.noted_twice(notes),
        "notes without intent": account.notes_without_intent(audit, notes),
        "notes after a decision, a receipt or though listed": len(account.notes_too_late(audit, notes)),
        "steps whose end is not true": len(account.ends_untrue(ends, notes)),
        "steps without an end": sum(end is None for end in ends.values()),
        "steps out of order": account.out_of_order(audit),
    }


def _spread(seconds: Sequence[float]) -> str:
    found = percentiles(seconds)
    return f"{len(seconds)}, " + ", ".join(f"{name} {found[name]}" for name in ("p50", "p99", "max"))
