"""Two corrections at once: the second stops what is the authority's, and not the first, which is the applicant's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.commands import deployments
from service.programmes.folder import read_folder
from tests.support.office import DATA, Office, sqlite_office

KEY = "sample-review"
DIAGRAM = f"bpmn/{KEY}/review.bpmn"
STOP = '<zeebe:properties><zeebe:property name="clock-stop" value="case" /></zeebe:properties>'
DONE = {"note": "已办"}


@pytest.fixture
def corrections(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """A review whose `check` stops the clock as well; it waits for `check` and for `ask`."""
    files = read_folder(DATA / "review", KEY)
    before, after = files[DIAGRAM].decode().split('<bpmn:userTask id="check"', 1)
    after = after.replace("</bpmn:extensionElements>", f"{STOP}</bpmn:extensionElements>", 1)
    files[DIAGRAM] = f'{before}<bpmn:userTask id="check"{after}'.encode()
    with sqlite_office(run_folder, tmp_path, KEY, datetime(2025, 3, 3, 1, 0, tzinfo=UTC), models="review") as office:
        office.act(deployments.publish, files, KEY)
        office.start("review")
        yield office


def test_a_second_correction_leaves_the_date_of_the_first(corrections: Office) -> None:
    promised = corrections.open_task("check").due_at
    assert promised is not None
    corrections.complete(corrections.open_task("ask").id, DONE, corrections.person("office"))
    assert corrections.open_task("check").due_at == promised
    assert corrections.open_task("fix").due_at is not None
