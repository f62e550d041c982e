"""The mocked AWS answers a function's calls side by side."""

from __future__ import annotations

import sys
import threading

import pytest

from tests.cloud import STATE, moto_dynamo


@pytest.fixture
def threads_change_places_all_the_time():
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def test_a_transaction_stands_beside_the_puts_of_another_thread(threads_change_places_all_the_time):
    over = threading.Event()
    with moto_dynamo() as dynamo:

        def put(name):
            item = {"pk": {"S": name}, "sk": {"S": "-"}}
            return {"TableName": STATE["admission"], "Item": item}

        for number in range(100):
            dynamo.put_item(**put(f"before {number}"))

        def write():
            number = 0
            while not over.is_set():
                dynamo.put_item(**put(f"beside {number}"))
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(20):
                dynamo.transact_write_items(TransactItems=[{"Put": put(f"together {number}")}])
        finally:
            over.set()
            writer.join()
