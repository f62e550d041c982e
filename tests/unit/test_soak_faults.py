"""Whom the soak does what, and when."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.bench import faults
from tests.bench.hanging import BUSY, REFUSED

OWNERS = {"c-0": faults.HEALTHY, "c-1": faults.AT_TIMES, "c-2": faults.ALWAYS}


class Table:
    def __init__(self):
        self.asked = []

    def get_item(self, *, TableName, Key, ConsistentRead):  # noqa: N803 boto3's names
        self.asked.append(Key["sk"]["S"])
        owner = OWNERS.get(Key["sk"]["S"])
        return {"Item": {"operator": {"S": owner}}} if owner else {}


@pytest.fixture
def world(monkeypatch):
    now = SimpleNamespace(s=0.0, table=Table())
    monkeypatch.setattr(faults, "time", SimpleNamespace(monotonic=lambda: now.s))
    stack = SimpleNamespace(client=lambda _: now.table, outputs={"ConnectionsTable": "T"})
    now.faults = faults.Faults(stack)
    return now


def hanging(world):
    return [one for one in (*OWNERS, "unknown") if world.faults.hangs(one)]


def test_nothing_hangs_before_it_begins_and_one_screen_for_ever_after(world):
    assert hanging(world) == []
    world.faults.begin()
    assert hanging(world) == ["c-2"]
    world.s = faults.SCREEN_EVERY_S - 1
    assert hanging(world) == ["c-1", "c-2"]
    world.s = faults.SCREEN_EVERY_S
    assert hanging(world) == ["c-2"]
    world.faults.end()
    world.s += faults.SCREEN_EVERY_S - 1
    assert hanging(world) == ["c-2"]


def test_a_socket_is_looked_up_until_it_is_known(world):
    for _ in range(2):
        hanging(world)
    assert sorted(world.table.asked) == [*OWNERS, "unknown", "unknown"]


def test_ses_refuses_one_for_good_and_is_busy_for_the_others_at_times(world):
    def answers():
        return [world.faults.mail(f"{one}@mesa.example") for one in (faults.AWAY, faults.NO_MAIL)]

    assert answers() == [None, REFUSED]
    world.faults.begin()
    world.s = faults.BUSY_EVERY_S - 1
    assert answers() == [BUSY, REFUSED]
    world.faults.end()
    assert answers() == [None, REFUSED]


def test_the_functions_go_by_way_of_the_proxy_and_keep_the_rest():
    def function(name, **variables):
        return {"FunctionName": name, "Environment": {"Variables": variables}}

    sockets = "http://127.0.0.1:4566/_aws/execute-api/abc/alertas"
    listed = [
        function("deliver", **{faults.SOCKETS: sockets, "KEPT": "1"}),
        function("fallback", PREGAO_MAIL_EVENTS="e"),
        function("detect", KEPT="1"),
        {"FunctionName": "bare"},
    ]
    changed = {}
    lambdas = SimpleNamespace(
        list_functions=lambda: {"Functions": listed},
        update_function_configuration=lambda FunctionName, Environment: changed.update(  # noqa: N803
            {FunctionName: Environment["Variables"]}
        ),
    )
    stack = SimpleNamespace(client=lambda _: lambdas, endpoint="http://127.0.0.1:4566")
    faults.redirect(stack, "http://127.0.0.1:9")
    assert changed == {
        "deliver": {faults.SOCKETS: "http://127.0.0.1:9/_aws/execute-api/abc/alertas", "KEPT": "1"},
        "fallback": {"PREGAO_MAIL_EVENTS": "e", faults.MAIL: "http://127.0.0.1:9"},
    }
