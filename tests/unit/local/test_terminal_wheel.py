"""The fake and our numbers against the package itself: the wheel for Windows, read and never imported."""

from __future__ import annotations

import ast
import operator
import shutil
import subprocess
import sys
import zipfile

import pytest

from pregao_bridge.terminal.metatrader import TIMEFRAMES, Code, MetaTrader
from tests import fake_mt5_module
from tests.fake_mt5_book import RATES
from tests.fake_mt5_module import AccountInfo, FakeModule, SymbolInfo, TerminalInfo, Tick

PLATFORM = ["--platform", "win_amd64", "--only-binary=:all:", "--python-version", "3.11"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    pip = [shutil.which("pip") or ""] if shutil.which("pip") else [sys.executable, "-m", "pip"]
    into = tmp_path_factory.mktemp("wheel")
    command = [*pip, "download", "--quiet", "--no-deps", *PLATFORM, "--dest", str(into), "MetaTrader5"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the wheel could not be fetched: {error}")
    found = list(into.glob("*.whl"))
    if not found:
        pytest.skip(f"the wheel could not be fetched: {(done.stderr.strip() or 'no pip').splitlines()[-1]}")
    with zipfile.ZipFile(found[0]) as opened:
        yield {name: opened.read(name) for name in opened.namelist()}


@pytest.fixture(scope="module")
def constants(wheel):
    """The numbers that the package's __init__ assigns."""
    tree = ast.parse(wheel["MetaTrader5/__init__.py"])
    assigned = [
        one for one in tree.body if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
    ]
    return {one.targets[0].id: number(one.value) for one in assigned if number(one.value) is not None}


@pytest.fixture(scope="module")
def core(wheel):
    """The bytes of the compiled part, which hold its functions' and fields' names."""
    return next(content for name, content in wheel.items() if name.endswith(".pyd"))


def number(node) -> int | None:
    """Evaluate an integer, its negation, or a union of two."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -number(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return operator.or_(number(node.left), number(node.right))
    return None


def public(of) -> set[str]:
    return {name for name in vars(of) if not name.startswith("_")}


def named(core: bytes, name: str) -> bool:
    """Whether the compiled part has a name of its own, not as a part of another."""
    return b"\0" + name.encode() + b"\0" in core


def test_our_codes_are_the_packages_and_all_of_them(constants):
    """A code that a later package adds fails here, and gets a remedy."""
    theirs = {name: value for name, value in constants.items() if name.startswith(("RES_S_", "RES_E_"))}
    ours = {f"RES_S_{one.name}" if one == Code.OK else f"RES_E_{one.name}": int(one) for one in Code}
    assert ours == theirs


def test_our_timeframes_are_the_packages(constants):
    """By name and number."""
    ours = {f"TIMEFRAME_{one.name}": one.constant for one in TIMEFRAMES.values()}
    assert ours == {name: constants.get(name) for name in ours}


def test_what_we_call_is_there(core):
    """Each function of our protocol is the package's."""
    assert {name for name in public(MetaTrader) if not named(core, name)} == set()


def test_the_fake_has_nothing_that_the_package_has_not(core, constants):
    """Functions by name, constants by value."""
    for name in public(FakeModule):
        if name.isupper():
            assert constants[name] == getattr(FakeModule, name), name
        else:
            assert named(core, name), name
    assert public(MetaTrader) <= public(FakeModule)


def test_the_fakes_answers_have_the_packages_fields(core):
    """The structures' and the array's."""
    for structure in (Tick, TerminalInfo, AccountInfo, SymbolInfo):
        assert named(core, structure.__name__)
        assert {field for field in structure._fields if not named(core, field)} == set()
    assert {field for field in RATES.names if not named(core, field)} == set()


def test_the_fakes_words_are_the_packages(core):
    """What last_error says, word for word."""
    assert {text for text in fake_mt5_module.TEXTS.values() if text.encode() not in core} == set()
