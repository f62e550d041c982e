"""Many feeds of one bridge: several in one post, over few connections, each with an answer of its own.

The bridge's own code over real connections, against clouds of this version and of the one before.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from botocore.credentials import Credentials

from pregao_bridge.app.run import Parts
from pregao_bridge.app.runner import Runner
from pregao_bridge.batch import MAX_POST_BYTES, Stream, build
from pregao_bridge.clocks import Skew
from pregao_bridge.cloud.outbox import PER_POST, Outbox
from pregao_bridge.cloud.signed import CONNECTIONS, HttpPoster, Retry
from pregao_bridge.config import FeedName
from pregao_bridge.logs import Notices
from pregao_bridge.outcome import Accepted, Refused, Transient
from tests.unit.local.bridge_desk import START, STEP, FakeMarket, Time, config, shared
from tests.unit.local.clouds import cloud
from tests.unit.local.test_bridge_runner import Heartbeats

KEYS = Credentials("AKIDEXAMPLE", "secret")
SHORT = Retry(tries=3, base_s=0.0, cap_s=0.0)
MANY = [FeedName(f"S{at:03}", "M5") for at in range(60)]
NEWEST = START - STEP


class Bridge:
    """A runner over real connections; time passes when nothing is on its way."""

    def __init__(self, state, url, feeds=MANY, *, history=False):
        self.time = Time()
        self.market = FakeMarket(self.time)
        self.stop, self.end = threading.Event(), START + 1
        settings = {"sleep": lambda _s: None, "draw": lambda: 0.5, "stopped": self.stop.is_set}
        self.poster = HttpPoster(f"{url}/candles", "sa-east-1", KEYS, retry=SHORT, **settings)
        self.outbox = Outbox(self.poster, retry=SHORT, **settings)
        common = shared(self.time, Skew())
        made = config(state, feeds)
        before = Outbox(self.poster, connections=1, per_post=1, answered=self.outbox.answered)
        parts = Parts(
            made,
            self.poster,
            common,
            begin=self.outbox.begin,
            begin_history=before.begin,
            free=before.free,
        )
        sources = [self.market] * (3 if history else 1)
        self.feeds = [parts.feed(name, *sources) for name in made.feeds]
        said = [Notices(name, "en") for name in ("terminal", "machine")]
        self.stop.wait = self.sleep
        self.runner = Runner(
            self.market,
            self.feeds,
            Heartbeats(),
            common,
            terminal=said[0],
            machine=said[1],
            health_s=60,
            stop=self.stop,
            outbox=self.outbox,
            passing=self.time,
        )

    def sleep(self, seconds):
        self.time.now += seconds
        if self.time.now >= self.end:
            self.stop.set()

    def run(self, until):
        """Let the market's time pass to a moment, then end."""
        self.end = until
        self.stop.clear()
        self.runner.run()

    def accepted(self):
        return {feed.status.name.symbol: feed.status.accepted for feed in self.feeds}


@contextmanager
def bridge(state, said, **options):
    made = Bridge(state, said.url, **options)
    with closing(made.poster):
        yield made


def every(feeds, candles):
    """Each candle of each feed once."""
    return Counter({(one.symbol, at): 1 for one in feeds for at in candles})


CANDLES = [NEWEST, NEWEST + STEP, NEWEST + 2 * STEP]


@pytest.mark.parametrize("versions", [["new"], ["old"], ["new", "old"], ["old", "new"], ["new", "old"] * 40])
def test_every_candle_arrives_once_whatever_the_cloud_s_version(tmp_path, versions):
    """And where two versions answer in turn, as in a canary's hour."""
    with cloud(versions=versions) as said, bridge(tmp_path, said) as made:
        made.run(START + 2 * STEP + 1)
        assert said.accepted == every(MANY, CANDLES)
        assert set(made.accepted().values()) == {CANDLES[-1]}
    assert all(times == sorted(times) for times in said.order.values())


def test_feeds_that_close_together_go_in_few_packed_posts(tmp_path):
    """The first batch tells the bridge that it may; an older cloud never sees what it does not know."""
    with cloud() as said, bridge(tmp_path, said) as made:
        made.run(START + 1)
        first = len(said.posts)
        made.run(START + STEP + 1)
        later = said.posts[first:]
    assert sorted(later) == [(10, True), (PER_POST, True), (PER_POST, True)]
    assert said.posts[0] == (1, False)
    assert said.accepted == every(MANY, CANDLES[:2])


def test_an_older_cloud_is_sent_plain_single_batches_alone(tmp_path):
    with cloud(versions=["old"]) as said, bridge(tmp_path, said) as made:
        made.run(START + STEP + 1)
        assert said.accepted == every(MANY, CANDLES[:2])
        assert len(said.posts) == 2 * len(MANY)  # none was refused on the way


def test_few_connections_at_once_and_never_two_posts_of_a_feed(tmp_path):
    """The cloud holds each batch; it would say so if another of the same feed came meanwhile."""
    with cloud(versions=["old"], hold_s=0.005) as said, bridge(tmp_path, said) as made:
        made.run(START + STEP + 1)
        assert said.accepted == every(MANY, CANDLES[:2])
        assert 1 < said.together <= CONNECTIONS


def test_a_bad_feed_and_a_slow_one_hold_nobody_up(tmp_path):
    """Refused for good, and never judged: the others' cursors move, these two wait by themselves."""
    faults = {"S007": [400] * 99, "S011": [503] * 99}
    with cloud(faults=faults) as said, bridge(tmp_path, said) as made:
        made.run(START + 2 * STEP + 1)
        others = [one for one in MANY if one.symbol not in faults]
        assert {key: n for key, n in said.accepted.items() if key[0] not in faults} == every(others, CANDLES)
        stand = {feed.status.name.symbol: feed.status for feed in made.feeds}
        assert {stand[one.symbol].accepted for one in others} == {CANDLES[-1]}
        assert (stand["S007"].posting, stand["S007"].trouble) == ("refused", "fault of S007")
        assert stand["S011"].posting == "posting_failed"
        assert [stand[one].waiting for one in faults] == [3, 3]
        assert made.runner._feeds[0]._publisher.at <= made.time.now + STEP
        faults.clear()
        made.run(START + 3 * STEP + 400)
        assert said.accepted == every(MANY, [*CANDLES, NEWEST + 3 * STEP, NEWEST + 4 * STEP])


def test_a_fault_at_some_feeds_is_tried_again_with_these_alone(tmp_path):
    with cloud() as said, bridge(tmp_path, said) as made:
        made.run(START + 1)
        first = len(said.posts)
        said.faults = {"S003": [503], "S004": [503, 503], "S005": [503]}
        made.run(START + STEP + 1)
        assert said.accepted == every(MANY, CANDLES[:2])
        assert sorted(feeds for feeds, _ in said.posts[first:])[:2] == [1, 3]


def test_a_feed_that_leaves_its_post_without_an_answer_fails_alone(tmp_path):
    """It ends the function that judges it, say: the others of its post are judged within seconds."""
    with cloud() as said, bridge(tmp_path, said) as made:
        made.run(START + 1)
        said.kills = "S007"
        for at in (1, 2):
            made.run(START + at * STEP + 30)
            stand = made.accepted()
            assert stand.pop("S007") == NEWEST
            assert set(stand.values()) == {CANDLES[at]}
        said.kills = ""
        made.run(START + 2 * STEP + 290)
        assert said.accepted == every(MANY, CANDLES)
        first = len(said.posts)
        made.run(START + 7 * STEP + 1)
        assert max(feeds for feeds, _ in said.posts[first:]) == PER_POST  # together again after a while


@pytest.mark.parametrize("whole", [[503], [503] * 2 + [500], [429, 0, 502]])
def test_a_cloud_that_is_away_for_a_while(tmp_path, whole):
    with cloud() as said, bridge(tmp_path, said) as made:
        made.run(START + 1)
        said.whole = [*whole]
        made.run(START + STEP + 60)
        assert said.accepted == every(MANY, CANDLES[:2])


def test_a_cloud_that_is_away_longer_costs_few_tries_and_loses_nothing(tmp_path):
    with cloud() as said, bridge(tmp_path, said) as made:
        made.run(START + 1)
        said.whole = [503] * 10_000
        made.run(START + STEP + 100)
        tried = 10_000 - len(said.whole)
        assert tried < 400
        assert {feed.status.waiting for feed in made.feeds} == {1}
        said.whole = []
        made.run(START + STEP + 200)
        assert said.accepted == every(MANY, CANDLES[:2])


def test_a_refused_signature_is_told_to_every_feed_and_tried_seldom(tmp_path):
    with cloud() as said, bridge(tmp_path, said) as made:
        made.run(START + 1)
        said.whole = [403] * 1000
        made.run(START + STEP + 100)
        assert 1000 - len(said.whole) <= 4 * 3
        assert {feed.status.posting for feed in made.feeds} == {"posting_failed"}
        said.whole = []
        made.run(START + STEP + 290)
        assert said.accepted == every(MANY, CANDLES[:2])


def test_something_on_the_way_that_takes_less(tmp_path):
    """413 for a post of 25 feeds: its feeds go singly, the next posts have half as many."""
    with cloud() as said, bridge(tmp_path, said) as made:
        made.run(START + 1)
        said.biggest = 200_000
        made.run(START + 4 * STEP + 1)
        assert said.accepted == every(MANY, [NEWEST + at * STEP for at in range(5)])
        assert max(feeds for feeds, _ in said.posts[-8:]) in range(2, PER_POST)


def test_a_bridge_that_ends_waits_for_its_answers_and_posts_nothing_twice(tmp_path):
    """The cursors stand behind what was accepted: the next start begins there."""
    with cloud(hold_s=0.05) as said:
        with bridge(tmp_path, said) as made:
            made.run(START + 1)
            made.end = START + STEP + 1
            threading.Timer(0.02, made.stop.set).start()
            made.time.now = START + STEP + 0.06
            made.stop.clear()
            made.runner.run()
            assert made.accepted() == {
                one.symbol: said.order[one.symbol][-1] for one in MANY
            }  # whatever was taken is known here
        with bridge(tmp_path, said) as made:
            made.time.now = START + STEP + 1
            made.run(START + STEP + 3)
    assert said.accepted == every(MANY, CANDLES[:2])


def test_history_holds_no_other_feed_up(tmp_path):
    """One feed's history hangs: the others' candles arrive, and no second history begins."""
    with cloud() as said, bridge(tmp_path, said, feeds=MANY[:8], history=True) as made:
        made.runner.turn()
        until(lambda: len(said.accepted) == 8)
        until(lambda: turned(made) and any(feed._history.under_way for feed in made.feeds))
        made.time.now += STEP
        until(lambda: turned(made) and len(said.accepted) == 15)
        (held,) = [feed for feed in made.feeds if feed._history.under_way]
        assert held.status.accepted == NEWEST
        assert {feed.status.accepted for feed in made.feeds if feed is not held} <= {NEWEST, NEWEST + STEP}
        assert said.kept == Counter()
        said.history.set()
        made.run(START + STEP + 120)
        assert said.accepted == every(MANY[:8], CANDLES[:2])
        assert said.kept == Counter({one.symbol: 299 for one in MANY[:8]})  # all before the first one judged


def turned(made):
    made.runner.turn()
    return True


def test_feeds_are_turned_while_another_s_post_is_on_its_way(tmp_path):
    """The loop waits for nobody: of two feeds one is accepted while the other's post hangs."""
    slow = threading.Event()

    class Hanging:
        takes_several = False

        def post(self, body):
            if b'"S000"' in body:
                slow.wait(5)
            return Accepted(1, (), NEWEST, 0.0, 0.0)

        def post_several(self, bodies):
            raise AssertionError("not asked for")

    with cloud() as said, bridge(tmp_path, said, feeds=MANY[:2]) as made:
        made.outbox._poster = Hanging()
        made.runner.turn()
        until(lambda: made.feeds[1].answered)
        made.runner.turn()
        assert [feed.status.accepted for feed in made.feeds] == [None, NEWEST]
        made.time.now += STEP
        made.runner.turn()  # S001's next candle, though S000 hangs still
        until(lambda: made.feeds[1].answered)
        slow.set()
        until(lambda: made.feeds[0].answered)


def until(true):
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


# --- the outbox by itself ---


class Scripted:
    """Answers posts of several as the script says, single ones with `single`."""

    def __init__(self, *script, single=None, several=True):
        self.script, self.single, self.takes_several = list(script), single or YES, several
        self.posted = []

    def post(self, body):
        self.posted.append([body])
        return self.single

    def post_several(self, bodies):
        self.posted.append(list(bodies))
        return self.script.pop(0)


YES, NO, LATER = Accepted(1, (), 0, 0.0, 0.0), Refused(400, ("no",)), Transient("HTTP 503", alone=True)
AWAY = Transient("HTTP 503")


def posted(poster, *bodies, **options):
    box = Outbox(poster, retry=SHORT, sleep=lambda _s: None, **options)
    futures = [box.begin(body) for body in bodies]
    box.send_off()
    return [one.result(5) for one in futures]


def test_what_is_final_is_told_and_the_rest_tried_again():
    poster = Scripted([YES, LATER, NO, LATER], [AWAY, YES], AWAY)
    outcomes = posted(poster, b"a", b"b", b"c", b"d")
    assert outcomes == [YES, replace(AWAY, tries=3, alone=True), NO, YES]
    assert poster.posted == [[b"a", b"b", b"c", b"d"], [b"b", b"d"], [b"b"]]


def test_where_all_of_a_post_is_away_it_is_no_feed_s_own():
    assert posted(Scripted(AWAY, AWAY, AWAY), b"a", b"b") == [replace(AWAY, tries=3)] * 2


@pytest.mark.parametrize(("status", "posts"), [(503, 2), (500, 2), (429, 1), (0, 1)])
def test_after_a_post_that_fails_whole_its_feeds_go_singly(status, posts):
    """Not where the cloud throttles or is not reached: more posts would not help."""
    poster = Scripted(*[Transient("away", status=status)] * 3, [YES, YES])
    box = Outbox(poster, retry=SHORT, sleep=lambda _s: None, connections=2)
    for became in (Transient, Accepted):
        futures = [box.begin(body) for body in (b"a", b"b")]
        box.send_off()
        assert {type(one.result(5)) for one in futures} == {became}
    assert len(poster.posted) == SHORT.tries + posts


def test_a_post_that_is_refused_as_a_whole_goes_singly():
    poster = Scripted(NO)
    assert posted(poster, b"a", b"b") == [YES, YES]
    assert poster.posted == [[b"a", b"b"], [b"a"], [b"b"]]


def test_one_by_one_the_others_need_not_hear_that_the_cloud_is_away():
    poster = Scripted(several=False, single=AWAY)
    assert posted(poster, b"a", b"b", b"c", connections=1) == [AWAY] * 3
    assert poster.posted == [[b"a"]]


def test_stopped_no_other_post_is_begun():
    poster = Scripted(several=False)
    assert posted(poster, b"a", b"b", connections=1, stopped=lambda: True) == [YES, Transient("stopped", 0)]
    poster = Scripted([YES, LATER])
    assert posted(poster, b"a", b"b", stopped=lambda: True) == [YES, replace(LATER, tries=1)]


def test_an_exception_of_the_poster_is_an_answer():
    poster = Scripted()  # no script: post_several raises
    outcomes = posted(poster, b"a", b"b")
    assert [type(one) for one in outcomes] == [Transient, Transient]
    assert "IndexError" in outcomes[0].cause


def test_a_post_holds_what_fits():
    poster = Scripted(*[[YES] * 2] * 3)
    large = b"x" * (MAX_POST_BYTES // 2 - 100)
    posted(poster, *[large] * 6)
    assert [len(one) for one in poster.posted] == [2, 2, 2]
    assert max(sum(map(len, one)) + len(one) + 24 for one in poster.posted) <= MAX_POST_BYTES
    poster = Scripted(*[[YES] * 3] * 2)
    posted(poster, *[b"x"] * 7, per_post=3)
    assert [len(one) for one in poster.posted] == [3, 3, 1]


def test_a_batch_is_the_same_bytes_in_a_post_as_alone(tmp_path):
    """So the same candles give the same alerts, however they came."""
    window = FakeMarket(Time()).window(None, 262, 100)
    body = build(Stream("mesa-1", "S000", "M5"), window, historical=False).body
    poster = Scripted([YES, YES])
    posted(poster, body, body)
    assert poster.posted == [[body, body]]
