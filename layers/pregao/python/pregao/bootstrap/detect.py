"""Everything POST /candles works with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import numpy as np

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.queues import AlertQueue
from pregao.aws.tables.admission_book import AdmissionBook
from pregao.aws.tables.bulletin_book import BulletinBook
from pregao.aws.tables.feed_book import FeedBook
from pregao.bootstrap.common import config, ledger, pause
from pregao.bootstrap.evidence import Witness
from pregao.bootstrap.marking import Marking, candle_of
from pregao.bootstrap.metrics import Tally, counter
from pregao.config.reader import Config, UnknownSymbol
from pregao.domain.alerts.alert import Alert, Feed, raise_alert
from pregao.domain.audit.chain import ALERTAS
from pregao.domain.detectors.scan import scan
from pregao.domain.market.candles import Candles
from pregao.domain.market.instrument import Instrument
from pregao.flow.context import Surroundings
from pregao.flow.detect import Admission, Judged, admit
from pregao.flow.in_time import TimeLeft
from pregao.settings import Settings
from pregao.wire.candle_batch_v1 import BatchRefused, CandleBatchV1, Fault, read_batch

count_refused, tally = counter("detect"), Tally("detect")


@dataclass(frozen=True, slots=True)
class Detect:
    """Reads a body, scans it, admits what fired."""

    config: Config
    admission: Admission
    marking: Marking
    allow_replay: bool
    surroundings: Surroundings

    def __call__(self, body: str | bytes, time: TimeLeft) -> tuple[CandleBatchV1, list[Judged]]:
        """Judge one post; raises BatchRefused, and whatever makes the caller try again."""
        now = clock.now()
        batch = read_batch(body, now=now, warmup=self.config.detectors.warmup)
        instrument, contract = self._resolve(batch)
        with self.marking.beside(batch, instrument.name, contract, now):
            alerts = self._alerts(batch, instrument, contract, now)
            replay = batch.historical and self.allow_replay
            witness = Witness(batch, instrument, self.config)
            contexts = self.surroundings.of(alerts, instrument, now)
            judged = admit(
                alerts,
                instrument,
                self.admission,
                now,
                time,
                replay=replay,
                witness=witness,
                contexts=contexts,
            )
            _count(batch, judged)
            return batch, judged

    def _resolve(self, batch: CandleBatchV1) -> tuple[Instrument, str]:
        wanted = self.config.delivery.timeframes
        if batch.timeframe not in wanted:
            raise BatchRefused(
                Fault.TIMEFRAME, [f"timeframe: {batch.timeframe} is not one of {', '.join(wanted)}"]
            )
        try:
            instrument = self.config.instrument_for(batch.symbol)
        except UnknownSymbol as unknown:
            raise BatchRefused(Fault.SYMBOL, [f"symbol: {unknown}"]) from unknown
        newest = datetime.fromtimestamp(batch.candles.time[-1], UTC)
        contract = batch.contract or instrument.contract_on(instrument.local_date(int(newest.timestamp())))
        if not instrument.owns_contract(contract):
            raise BatchRefused(
                Fault.CONTRACT, [f"contract: {contract!r} is no contract of {instrument.name}"]
            )
        return instrument, contract

    def _alerts(self, batch: CandleBatchV1, instrument: Instrument, contract: str, now: float) -> list[Alert]:
        settings = self.config.detectors_for(instrument.name)
        candles = _columns(batch)
        rows = {int(time): index for index, time in enumerate(batch.candles.time)}
        feed = Feed(
            instrument=instrument.name,
            contract=contract,
            symbol=batch.symbol,
            timeframe=batch.timeframe,
            timeframe_s=batch.timeframe_s,
            tick_size=instrument.tick_size,
            config_digest=self.config.digest,
            life_s=self.config.admission.alert_life_s,
        )
        return [
            raise_alert(
                signal,
                candle_of(batch, rows[signal.time]),
                feed,
                settings.severity(signal.pattern),
                settings.levels(signal.pattern),
                now,
            )
            for signal in scan(candles, instrument, settings, batch.new_from, batch.timeframe_s)
        ]


@cache
def detect() -> Detect:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "alertas_table", "alert_queue_url")
    loaded = config(settings)
    admission = Admission(
        AdmissionBook(
            client("dynamodb"), settings.admission_table, ledger(settings, settings.alertas_table, ALERTAS)
        ),
        AlertQueue(client("sqs"), settings.alert_queue_url),
        loaded.admission.rules(),
        pause,
    )
    marks = FeedBook(client("dynamodb"), settings.admission_table)
    marking = Marking(marks, ThreadPoolExecutor(1, thread_name_prefix="mark"))
    bulletins = BulletinBook(client("dynamodb"), settings.admission_table)
    surroundings = Surroundings(bulletins, ThreadPoolExecutor(2, thread_name_prefix="bulletin"))
    return Detect(loaded, admission, marking, settings.allow_replay, surroundings)


def _count(batch: CandleBatchV1, judged: Sequence[Judged]) -> None:
    """Count the verdicts, and how long after its close a live candle was judged."""
    for verdict, times in Counter(one.verdict for one in judged).items():
        tally.count("Verdict", times, verdict=verdict.value)
    if not batch.historical:
        closed_at = batch.candles.time[-1] + batch.timeframe_s
        tally.milliseconds("JudgedAfterClose", (clock.now() - closed_at) * 1000)


def _columns(batch: CandleBatchV1) -> Candles:
    columns = batch.candles
    return Candles(
        time=np.array(columns.time, dtype=np.int64),
        open=np.array(columns.open, dtype=np.float64),
        high=np.array(columns.high, dtype=np.float64),
        low=np.array(columns.low, dtype=np.float64),
        close=np.array(columns.close, dtype=np.float64),
        tick_volume=np.array(columns.tick_volume, dtype=np.int64),
        real_volume=np.array(columns.real_volume, dtype=np.int64),
        spread=np.array(columns.spread, dtype=np.int64),
    )
