"""A history through bridge, detectors and admission: the audit records of its alerts."""

from __future__ import annotations

import json
from typing import Any

from local.cli.paths import CONFIG
from local.load.file_source import FileSource
from pregao import clock
from pregao.config.loaded import Config
from pregao.config.reader import load
from pregao.domain.audit.chain import ALERTAS, canonical
from pregao.domain.calibration.live import calibrations
from pregao.domain.market.candles import Candles
from pregao.domain.market.instrument import Instrument
from pregao.flow.detect import Admission, Detecting, detect
from pregao.flow.steps.bridge_identity import BridgeIdentities
from pregao.flow.steps.context import AlertContextLoader
from pregao.flow.steps.feed_activity import FeedActivityRecorder
from pregao.flow.steps.sessions.calibrations import Calibrations
from pregao.wire.calibration_v1 import Grid
from pregao_bridge.batch import Stream, build
from tests.fakes import (
    PLENTY,
    AtOnce,
    FakeAdmissionBook,
    FakeAlertQueue,
    FakeBridgeBook,
    FakeBulletinBook,
    FakeCalibrationBook,
    FakeFeedBook,
    Store,
)

LOADED = load(CONFIG, ["admission.queue_limit=1000000"], env={})
HISTORY = 250


def detecting(store: Store, *, loaded: Config = LOADED, allow_replay: bool = False) -> Detecting:
    """What flow.detect works with, over a fake store and this machine's clock."""
    admission = Admission(
        FakeAdmissionBook(store), FakeAlertQueue(), loaded.admission.rules(), lambda _attempt: None
    )
    return Detecting(
        loaded,
        allow_replay,
        admission,
        BridgeIdentities(FakeBridgeBook(store), AtOnce(), clock.now),
        FeedActivityRecorder(FakeFeedBook(store), AtOnce(), unexpected),
        AlertContextLoader(FakeBulletinBook(store), AtOnce()),
        Calibrations(FakeCalibrationBook(store), unexpected, clock.now),
        clock.now,
        AtOnce(),
    )


def unexpected(error: BaseException) -> None:
    """Raise what nobody expects."""
    raise error


def calibrated(store: Store, candles: Candles, instrument: Instrument, timeframe: str = "M5") -> None:
    """Keep what is known after each session of a history."""
    for known in calibrations(candles, instrument, LOADED.detectors_for(instrument.name)):
        FakeCalibrationBook(store).keep(Grid.of(instrument, timeframe), known, 0.0)


def judged(candles: Candles, symbol: str) -> list[dict[str, Any]]:
    """The records of all alerts of a history, posted by the bridge, as the archive's lines."""
    store, instrument = Store(), LOADED.instrument_for(symbol)
    calibrated(store, candles, instrument)
    deps = detecting(store, allow_replay=True)
    source, stream, after = FileSource(candles, instrument, HISTORY), Stream("b", symbol, "M5"), None
    while window := source.window(after, HISTORY, 20):
        detect(build(stream, window, historical=True).body, None, deps, PLENTY)
        after = window.columns.time[-1]
    return [json.loads(canonical(one)) for one in store.records[ALERTAS]]
