"""What the receipt of a printed set comes to, by the shared decision: the vectors of Guizhou's notice, and more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.dmn import read_model
from service.feel import Function, from_json
from service.settings import ROOT

PAPER_CHECK = ROOT / "dmn" / "common" / "paper-check.dmn"
MODEL = read_model(PAPER_CHECK.read_bytes(), file=PAPER_CHECK.name, functions=["deadline"])
DUE = datetime(2022, 10, 13, 9, 30, tzinfo=UTC)  # 17:30 of the tenth working day after 2022-09-26
CODE = "7KQM2P4RXWZB"
RECEIVED = {
    "copies_required": 2, "copies_received": 2, "opinion_required": True, "opinion_present": "yes",
    "seal_required": True, "seal_present": "yes", "ecopy_required": False, "bound": "yes", "same_code": "yes",
    "scanned": CODE, "received_on": "2022-10-13", "received_time": "16:00",
}  # fmt: skip


def verdict(*, due: datetime | None = DUE, current: bool = True, **receipt: Any) -> Any:
    """The result for a receipt in order but for what is given otherwise; None leaves a field out."""
    data = {name: value for name, value in {**RECEIVED, **receipt}.items() if value is not None}
    papers = [
        {"letter": "paper-set", "code": "OLDER2345678", "current": False},
        {"letter": "paper-set", "code": CODE, "current": current},
    ]
    case = from_json({"paper_receipt": data, "papers": papers})
    return MODEL.evaluate("paper_check", {"case": case}, functions={"deadline": Function(("name",), lambda name: due)})


@pytest.mark.parametrize(
    ("receipt", "result"),
    [
        ({}, "accepted"),
        ({"copies_received": 1}, "defect_copies"),
        ({"opinion_present": "no"}, "defect_opinion"),
        ({"seal_present": "no"}, "defect_seal"),
        ({"bound": "no"}, "defect_other"),
        ({"same_code": "no"}, "defect_mismatch"),
        ({"scanned": "OLDER2345678"}, "defect_mismatch"),
        ({"current": False}, "defect_mismatch"),  # corrected after it was printed
        ({"scanned": f"https://example.invalid/verify?code={CODE}"}, "accepted"),
        ({"scanned": "7kqm-2p4r-xwzb"}, "accepted"),
        ({"received_time": "17:29"}, "accepted"),
        ({"received_time": "17:30"}, "late"),
        ({"received_on": None}, "late"),
        ({"received_on": "2023-05-08", "due": None}, "accepted"),  # recognition: no last day
        ({"copies_received": 1, "received_time": "17:31"}, "late"),
        ({"ecopy_required": None}, "defect_other"),  # where an electronic copy is asked for
        ({"ecopy_required": None, "ecopy": "yes"}, "accepted"),
    ],
)
def test_the_result_of_a_receipt(receipt: dict[str, Any], result: str) -> None:
    assert verdict(**receipt) == result


def test_a_direct_filer_needs_no_opinion_and_no_seal() -> None:
    spared = {"opinion_required": False, "seal_required": False, "opinion_present": None, "seal_present": None}
    assert verdict(**spared) == "accepted"


ANSWER = st.sampled_from(["yes", "no", None])


@given(st.integers(0, 3), ANSWER, ANSWER, ANSWER, ANSWER, st.booleans(), st.integers(0, 23))
def test_nothing_is_accepted_but_a_whole_set_in_time(  # noqa: PLR0917 - what a clerk can answer
    copies: int, opinion: str | None, seal: str | None, bound: str | None, same: str | None, current: bool, hour: int
) -> None:
    whole = copies >= 2 and opinion == seal == bound == same == "yes" and current and hour <= 17
    found = verdict(
        copies_received=copies, opinion_present=opinion, seal_present=seal, bound=bound, same_code=same,
        current=current, received_time=f"{hour:02}:00",
    )  # fmt: skip
    assert (found == "accepted") == whole
    assert (found == "late") == (hour > 17)
