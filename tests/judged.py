"""A history through bridge, detectors and admission: the audit records of its alerts."""

from __future__ import annotations

import json
from typing import Any

from local.cli.paths import CONFIG
from local.load.file_source import FileSource
from pregao.bootstrap.detect import Detect
from pregao.bootstrap.marking import Marking
from pregao.config.reader import load
from pregao.domain.audit.chain import ALERTAS, canonical
from pregao.domain.market.candles import Candles
from pregao.flow.context import Surroundings
from pregao.flow.detect import Admission
from pregao_bridge.batch import Stream, build
from tests.fakes import AtOnce, FakeAdmissionBook, FakeAlertQueue, FakeBulletinBook, FakeFeedBook, Store

LOADED = load(CONFIG, ["admission.queue_limit=1000000"], env={})
HISTORY = 250


def judged(candles: Candles, symbol: str) -> list[dict[str, Any]]:
    """The records of all alerts of a history, posted by the bridge, as the archive's lines."""
    store, instrument = Store(), LOADED.instrument_for(symbol)
    admission = Admission(
        FakeAdmissionBook(store), FakeAlertQueue(), LOADED.admission.rules(), lambda _: None
    )
    marking = Marking(FakeFeedBook(store), AtOnce())
    surroundings = Surroundings(FakeBulletinBook(store), AtOnce())
    detect = Detect(LOADED, admission, marking, allow_replay=True, surroundings=surroundings)
    source, stream, after = FileSource(candles, instrument, HISTORY), Stream("b", symbol, "M5"), None
    while window := source.window(after, HISTORY, 20):
        detect(build(stream, window, historical=True).body)
        after = window.columns.time[-1]
    return [json.loads(canonical(one)) for one in store.records[ALERTAS]]
