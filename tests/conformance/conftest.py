from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.stack.ministack import emulator
from tests.conformance.gaps import read_gaps
from tests.conformance.making import Maker
from tests.conformance.targets import HERE, account, emulated, localstack, mocked, why_not
from tests.emulated import need_emulator
from tests.mocked import mocked_aws

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent
TARGETS = os.environ.get("PREGAO_CONFORMANCE", ",".join(HERE)).split(",")
VERDICT = "conformance"
CLOSED = "gap closed: remove it from tests/conformance/gaps.toml"


def pytest_configure(config):
    if why := why_not(TARGETS, os.environ):
        raise pytest.UsageError(why)


def pytest_generate_tests(metafunc):
    if "target" in metafunc.fixturenames:
        metafunc.parametrize("target", TARGETS, indirect=True, scope="module")


def pytest_collection_modifyitems(items):
    known = read_gaps()
    for item in items:
        if FOLDER not in item.path.parents:
            continue
        here, key = known[item.callspec.params["target"]], key_of(item)
        if why := here.why_absent(key):
            item.add_marker(pytest.mark.skip(reason=f"absent: {why}"))
        elif key in here.gaps:
            item.add_marker(pytest.mark.xfail(strict=True, reason=here.gaps[key]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A gap is a documented sentence that does not hold; what fails before it is asked is a failure."""
    report = yield
    if FOLDER not in item.path.parents:
        return report
    gap = item.get_closest_marker("xfail")
    if gap and report.when == "call" and report.failed:
        report.longrepr = f"{CLOSED}: {key_of(item)}\n  it said: {gap.kwargs['reason']}"
    if gap and report.when == "setup" and hasattr(report, "wasxfail"):
        report.outcome = "failed"
        del report.wasxfail
    if report.when == "call" or (report.when == "setup" and not report.passed):
        report.user_properties.append((VERDICT, [item.callspec.params["target"], verdict_of(report)]))
    return report


def verdict_of(report):
    if report.failed:
        return "failed"
    return "holds" if report.passed else ("gap" if hasattr(report, "wasxfail") else "absent")


def key_of(item):
    return f"{item.path.stem}::{item.originalname}"


def pytest_terminal_summary(terminalreporter):
    counted = Counter(
        tuple(value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == VERDICT
    )
    if not counted:
        return
    terminalreporter.section("AWS's documented sentences, by target")
    for target in TARGETS:
        counts = [f"{counted[target, verdict]} {verdict}" for verdict in ("holds", "gap", "absent", "failed")]
        terminalreporter.write_line(f"{target:12}{'   '.join(counts)}")


@pytest.fixture(scope="session")
def local(tmp_path_factory):
    """The emulator as local/stack starts it, with nothing deployed."""
    need_emulator()
    up = emulator.start(ROOT, tmp_path_factory.mktemp("conformance"), None)
    try:
        here = emulated(up)
        with here.removals:
            yield here
    finally:
        up.stop()


@pytest.fixture(scope="module")
def moto():
    with mocked_aws():
        here = mocked()
        with here.removals:
            yield here


@pytest.fixture(scope="session", name="localstack")
def _localstack():
    here = localstack(os.environ["AWS_ENDPOINT_URL"])
    with here.removals:
        yield here


@pytest.fixture(scope="session")
def aws():
    here = account()
    with here.removals:
        yield here


@pytest.fixture(scope="module")
def target(request):
    """Where the test is run; see targets.Target."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def make(target):
    with ExitStack() as removals:
        yield Maker(target, removals)


@pytest.fixture(scope="module")
def dynamo(target):
    return target.client("dynamodb")


@pytest.fixture
def stand(target):
    return target.stand


@pytest.fixture(autouse=True)
def _short_of_patience(request, target):
    """What is known not to come is not waited for as long as what is expected."""
    usual = target.patience
    if request.node.get_closest_marker("xfail"):
        target.patience = min(usual, 6)
    yield
    target.patience = usual
