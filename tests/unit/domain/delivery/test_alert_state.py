"""What stands on an alert for an operator: by what the server keeps as by what the audit recorded."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pregao.domain.delivery.alert_state import Acts, Taken, standing


@dataclass(frozen=True)
class Record:
    operator: str
    decision: str
    own: bool = False


ANA, BRUNO = Taken("ana", "watching", 2.0), Taken("bruno", "watching", 1.0)
CASES = {
    "both watched it to its end": (
        Acts(desk=BRUNO, watched={"ana": ANA, "bruno": BRUNO}),
        [Record("bruno", "watching"), Record("ana", "watching")],
    ),
    "a colleague watched it to its end": (
        Acts(desk=BRUNO, watched={"bruno": BRUNO}),
        [Record("bruno", "watching")],
    ),
    "decided for oneself, watched by a colleague": (
        Acts(desk=BRUNO, own={"ana": Taken("ana", "executed", 2.0)}, watched={"bruno": BRUNO}),
        [Record("ana", "executed", own=True), Record("bruno", "watching")],
    ),
    "decided for the desk after it was watched": (
        Acts(desk=Taken("bruno", "rejected", 3.0), watched={"ana": ANA}),
        [Record("ana", "watching"), Record("bruno", "rejected")],
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("who", ["ana", "bruno"])
def test_server_and_page_name_the_same_word(case, who):
    acts, records = CASES[case]
    kept, read = acts.stands_for(who), standing(records, who)
    assert kept
    assert read
    assert (kept.operator, kept.decision) == (read.operator, read.decision)
