"""What a bridge keeps on disk and hears of the world: lock, spool, keys, skew, back-off."""

from __future__ import annotations

import os
import subprocess
import sys
from email.utils import formatdate
from pathlib import Path

import pytest

from pregao_bridge import files
from pregao_bridge.batch import Window
from pregao_bridge.clocks import Skew
from pregao_bridge.cloud.signed import BridgeKeys, KeysError
from pregao_bridge.config import FeedName
from pregao_bridge.feed.spool import Spool
from pregao_bridge.pace import AFTER_CLOSE_S, Backoff, next_look
from pregao_bridge.state import Lock, Running, StateDir
from tests.unit.local.bridge_desk import START, STEP, WIN, Desk, FakeMarket, Time

CREDENTIALS = "[pregao]\naws_access_key_id = {}\naws_secret_access_key = s\n"


def windows(count, new=1):
    market = FakeMarket(Time(START + (count + 3) * STEP))
    return [market.window(START + at * STEP, 262, new) for at in range(-1, count - 1)]


def test_one_process_has_the_directory(tmp_path):
    """A second is refused with the first one's number; a holder is named, a free lock has none."""
    lock = Lock(tmp_path / "bridge.lock")
    assert lock.holder() is None
    with lock:
        with pytest.raises(Running) as caught:
            Lock(tmp_path / "bridge.lock").take()
        assert caught.value.pid == os.getpid()
        assert Lock(tmp_path / "bridge.lock").holder() == os.getpid()
    assert lock.holder() is None


def test_a_killed_process_leaves_no_lock(tmp_path):
    """It is the system's, not the file's."""
    path = tmp_path / "bridge.lock"
    code = (
        "import sys, time; from pathlib import Path; from pregao_bridge.state import Lock; "
        f"Lock(Path({str(path)!r})).take(); print('held', flush=True); time.sleep(60)"
    )
    # The lock object must live: it is dropped at once otherwise.
    code = code.replace("Lock(Path(", "lock = Lock(Path(").replace(").take()", "); lock.take()")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        assert Lock(path).holder() == other.pid
        other.kill()
        other.wait()
    assert Lock(path).holder() is None


def test_the_spool_outlives_the_process_in_order(tmp_path):
    """Windows come back as they went in; taken ones are forgotten; the file goes with the last."""
    path = tmp_path / "spool.jsonl"
    spool, kept = Spool(path), windows(3)
    assert all(spool.append(window) for window in kept)
    again = Spool(path)
    assert (len(again), again.newest) == (3, START + 2 * STEP)
    assert again.head(None) == kept[0]
    assert again.head(START) == kept[1]
    assert len(again) == 2
    again.forget(START + 2 * STEP)
    assert (again.head(START + 2 * STEP), len(again), path.exists()) == (None, 0, False)
    assert again.append(kept[0])
    assert Spool(path).head(None) == kept[0]


def test_a_window_taken_in_part_gives_the_rest(tmp_path):
    """What was new becomes history, of which there are always 262."""
    (window,) = windows(1, new=3)
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append(window)
    rest = spool.head(START)
    assert isinstance(rest, Window)
    assert (rest.new, rest.new_from, rest.columns.time[262]) == (2, 262, START + STEP)


def test_a_torn_line_is_passed_over_and_overwritten(tmp_path):
    """A power cut in the middle of a write: the terminal has that window still."""
    path = tmp_path / "spool.jsonl"
    first, second = windows(2)
    Spool(path).append(first)
    with path.open("ab") as file:
        file.write(b'{"columns":{"time":[17')
    spool = Spool(path)
    assert spool.newest == START
    assert spool.append(second)
    assert Spool(path).newest == START + STEP


def test_at_the_bound_nothing_is_taken_and_nothing_dropped(tmp_path):
    """The oldest stays."""
    first, second = windows(2)
    spool = Spool(tmp_path / "spool.jsonl", max_bytes=25_000)
    assert spool.append(first)
    assert not spool.append(second)
    assert spool.head(None) == first


def held_open(monkeypatch, times):
    """Another program has the files open: so many replacements and removals are refused."""
    left, replace, unlink = [times], Path.replace, Path.unlink

    def refusing(act):
        def call(self, *values):
            if left[0]:
                left[0] -= 1
                raise PermissionError(13, "held", str(self))
            return act(self, *values)

        return call

    monkeypatch.setattr(Path, "replace", refusing(replace))
    monkeypatch.setattr(Path, "unlink", refusing(unlink))
    monkeypatch.setattr(files, "TRIES", 4)
    monkeypatch.setattr(files, "WAIT_S", (0.0, 0.0))
    return left


def test_a_file_that_is_open_elsewhere_is_tried_again(tmp_path, monkeypatch):
    """A virus scanner holds it for moments; whoever holds on is told of."""
    held = held_open(monkeypatch, 3)
    files.write_whole(tmp_path / "x.json", b"1")
    held[0] = 3
    files.remove(tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()
    held[0] = 4
    with pytest.raises(PermissionError):
        files.write_whole(tmp_path / "x.json", b"2")


def test_a_feed_goes_on_while_its_cursor_is_held(tmp_path, monkeypatch, caplog):
    """Each candle once; the place is written when the file is let go, and said once."""
    desk = Desk(tmp_path)
    desk.run(1)
    held = held_open(monkeypatch, 1_000_000)
    desk.run(5 * STEP)
    assert desk.cloud.times() == desk.closed(START - STEP)
    room = StateDir(tmp_path).room(WIN)
    assert room.cursor.read() == START - STEP
    assert caplog.text.count("is open in another program") == 1
    held[0] = 0
    desk.run(STEP)
    assert room.cursor.read() == desk.cloud.times()[-1]


@pytest.mark.parametrize("symbol", ["WIN$N", "EUR/USD", "IBOV#", "a:b*c?", "..", "CON é"])
def test_every_symbol_has_a_room(tmp_path, symbol):
    """On any file system, its own."""
    room = StateDir(tmp_path).room(FeedName(symbol, "M5"))
    assert room.path.parent == tmp_path
    assert room.path.is_dir()


def test_keys_are_read_again_when_the_file_changes(tmp_path):
    """Renewed without a restart; the old ones while the new file is being written."""
    file = tmp_path / "credentials"
    environ = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    with pytest.raises(KeysError, match=r"\[pregao\]"):
        BridgeKeys("pregao", environ)
    file.write_text(CREDENTIALS.format("OLD"))
    keys = BridgeKeys("pregao", environ)
    for number, (text, expected) in enumerate([("[pregao]\n", "OLD"), (CREDENTIALS.format("NEW"), "NEW")]):
        file.write_text(text)
        os.utime(file, ns=(number * 10**9, number * 10**9))
        assert keys.access_key == expected
    file.unlink()
    assert keys.access_key == "NEW"


def test_keys_of_the_environment():
    """Without a profile."""
    environ = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}
    assert BridgeKeys(None, environ).get_frozen_credentials().token == "t"
    with pytest.raises(KeysError, match="AWS_ACCESS_KEY_ID"):
        BridgeKeys(None, {})
    with pytest.raises(KeysError, match="AWS_SECRET_ACCESS_KEY"):
        BridgeKeys(None, {"AWS_ACCESS_KEY_ID": "AKID"})


@pytest.mark.parametrize("ahead", [-300.0, -1.0, 0.0, 3.0, 300.0])
def test_skew_is_heard_from_a_date(ahead):
    """Sure to half a second; noticed above two, the cause of refusals above four minutes."""
    skew, cloud = Skew(), 1_772_452_800.25
    skew.hear(formatdate(cloud, usegmt=True), cloud + ahead - 0.1, cloud + ahead + 0.1)
    assert skew.seconds == pytest.approx(ahead, abs=0.51)
    assert bool(skew.noticeable) == (abs(ahead) >= 3)
    assert skew.breaks_signatures == (abs(ahead) == 300)


@pytest.mark.parametrize("date", [None, "", "soon", "Mon, 99 Mar 2026 12:00:00 GMT"])
def test_nonsense_is_no_date(date):
    """Not known is not zero."""
    skew = Skew()
    skew.hear(date, 0.0, 0.0)
    assert (skew.seconds, skew.noticeable) == (None, 0.0)


def test_looks_are_just_after_the_close_and_ever_rarer():
    """Known candle: sleep till the next close; else a tenth of the close's age, at most five seconds."""
    close = START + 300.0
    assert next_look(close + 1, 300, START) == close + 300 + AFTER_CLOSE_S
    assert next_look(close, 300, START - 300) == close + AFTER_CLOSE_S
    waits = [next_look(close + age, 300, START - 300) - close - age for age in (0.1, 1, 20, 200)]
    assert waits == pytest.approx([0.1, 0.1, 2.0, 5.0], abs=1e-5)
    assert next_look(close + 299, 300, START - 300) == close + 300 + AFTER_CLOSE_S
    assert next_look(close + 1, 300, None) == pytest.approx(close + 1.1)


def test_back_off_doubles_to_its_bound_and_begins_anew():
    """Drawn from the upper half."""
    low, high = Backoff(lambda: 0.0), Backoff(lambda: 1.0)
    assert [high.next((1.0, 8.0)) for _ in range(5)] == [1, 2, 4, 8, 8]
    assert [low.next((1.0, 8.0)) for _ in range(5)] == [0.5, 1, 2, 4, 4]
    high.reset()
    assert high.next((1.0, 8.0)) == 1
