"""bridge.toml: read whole before anything starts; each mistake named with its place and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from pregao_bridge.app.cli import main
from pregao_bridge.app.run import open_market
from pregao_bridge.clocks import Skew
from pregao_bridge.config import ConfigError, load
from pregao_bridge.terminal.clock import parse

ROOT = Path(__file__).resolve().parents[3]
GOOD = """
bridge_id = "mesa-1"
[cloud]
url = "https://a.execute-api.sa-east-1.amazonaws.com/"
region = "sa-east-1"
[[feeds]]
symbol = "WIN$N"
"""


MANY = [f'[[feeds]]\nsymbol = "S{number}"\n' for number in range(100)]


def read(tmp_path, text):
    file = tmp_path / "bridge.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_the_example_is_read():
    """As it stands in config/."""
    config = load(ROOT / "config" / "bridge.example.toml")
    assert [str(feed) for feed in config.feeds] == ["WIN$N M5", "WDO$N M5"]
    assert config.cloud.profile == "pregao"
    assert config.cloud.candles.endswith("amazonaws.com/candles")


def test_what_is_known_of_the_servers_clock_reaches_the_terminal(tmp_path):
    """`clock_symbol` and `server_zone`, as the terminal is asked with them."""
    said = '\n[terminal]\nclock_symbol = "WINZ26"\nserver_zone = "America/New_York+7"\n'
    config = read(tmp_path, GOOD + said)
    session = open_market(config, Skew())[0]._session
    assert session._clock_symbol == "WINZ26"
    assert session._expected == parse("America/New_York+7")


def test_what_is_not_said(tmp_path):
    """Five-minute candles, Portuguese, a minute's heartbeat, the state beside the file."""
    config = read(tmp_path, GOOD)
    assert config.feeds[0].seconds == 300
    assert (config.language, config.heartbeat_s, config.replay) == ("pt-BR", 60, None)
    assert config.state == tmp_path / "state"
    assert config.cloud.heartbeats == "https://a.execute-api.sa-east-1.amazonaws.com/heartbeats"


def test_notepads_mark_is_no_mistake(tmp_path):
    """A byte-order mark before the text."""
    (tmp_path / "bridge.toml").write_text(GOOD, encoding="utf-8-sig")
    assert load(tmp_path / "bridge.toml").bridge_id == "mesa-1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("bridge_id", "bridgeid"), "bridge_id: is missing"),
        (('"mesa-1"', "7"), "bridge_id: 7 is of another kind"),
        (('"mesa-1"', '""'), "bridge_id: is empty"),
        (("mesa-1", "m" * 33), "bridge_id: has 33 characters; at most 32"),
        (("[[feeds]]", "".join(MANY) + "[[feeds]]"), "feeds: are 101; at most 100"),
        (('"mesa-1"', '"mesa-1"\nlangage = "en"'), "langage: is not known; did you mean language?"),
        (('"mesa-1"', '"mesa-1"\nlanguage = "fr"'), "language: 'fr' is not known; write one of pt-BR, en"),
        (('"mesa-1"', '"mesa-1"\nheartbeat_s = true'), "heartbeat_s: True is of another kind"),
        (('"mesa-1"', '"mesa-1"\nheartbeat_s = 0'), "heartbeat_s: 0 is out of range; it goes from 1 to 600"),
        (("https:", "http:"), "cloud.url: .* is not https"),
        (
            ("[cloud]", "[cloud]\npassword = 'x'"),
            "cloud.password: is not known; known here: url, region, profile",
        ),
        (("[cloud]", "[clod]"), "cloud: is missing"),
        (('symbol = "WIN$N"', 'timeframe = "M5"'), r"feeds\[0\].symbol: is missing"),
        (('"WIN$N"', '"WIN$N"\ntimeframe = "M7"'), r"feeds\[0\].timeframe: 'M7' is not known"),
        (
            ('"WIN$N"', '"WIN$N"\n[[feeds]]\nsymbol = "WIN$N"'),
            r"feeds\[1\].symbol: WIN\$N M5 stands there twice",
        ),
        (("[[feeds]]", "[[others]]"), "feeds: is missing"),
        (
            ('"WIN$N"', '"WIN$N"\n[terminal]\nexchange_zone = "Brasil"'),
            "terminal.exchange_zone: 'Brasil' is no zone",
        ),
        (
            ('"WIN$N"', '"WIN$N"\n[terminal]\nserver_zone = "New York+7"'),
            "terminal.server_zone: 'New York.7' is no zone; write one such as .* America/New_York.7",
        ),
        (
            ('"WIN$N"', '"WIN$N"\n[terminal]\nserver_zone = "UTC"\nutc_offset_s = 0'),
            "terminal.server_zone: and utc_offset_s say the same",
        ),
        (('"mesa-1"', '"mesa-1"\nsource = {replay = "gone.csv"}'), "source.replay: .*gone.csv is not there"),
        (('"mesa-1"', '"mesa-1"\nsource = "mt4"'), "source: 'mt4' is not known"),
        (('"mesa-1"', '"C:\\dir"'), "not TOML: .*single quotes"),
        (("=", ""), "not TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path, change, words):
    """File, path in the file, what to write instead."""
    bilingual = words.replace(": ", ": (?:.* · )?", 1)
    with pytest.raises(ConfigError, match=bilingual) as caught:
        read(tmp_path, GOOD.replace(*change))
    assert str(caught.value).startswith(str(tmp_path / "bridge.toml"))
    assert " · " in str(caught.value)  # whoever stands at the terminal reads Portuguese


def test_nothing_starts_with_a_mistake(tmp_path, capsys):
    """Exit code 2, one line; no state directory."""
    (tmp_path / "bridge.toml").write_text("bridge = 1")
    assert main(["run", "--config", str(tmp_path / "bridge.toml")]) == 2
    assert "bridge_id: falta; pede um texto entre aspas · is missing" in capsys.readouterr().err
    assert main(["run", "--config", str(tmp_path / "other.toml")]) == 2
    assert "copy config/bridge.example.toml there" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_nothing_starts_without_keys(tmp_path, capsys, monkeypatch):
    """Said in the configured language; no key is ever in the file."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "bridge.toml").write_text(GOOD.replace("[cloud]", '[cloud]\nprofile = "pregao"'))
    assert main(["run", "--config", str(tmp_path / "bridge.toml")]) == 2
    assert f"sem credenciais em {tmp_path / 'credentials'} [pregao]" in capsys.readouterr().err
