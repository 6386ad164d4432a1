"""Which training starts the period of the paper: the last one for everybody, or the last one that a unit attended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from service.app import create_throw_away
from service.programmes.folder import read_folder
from service.settings import ROOT
from service.simulator import play
from service.simulator.cast import Units
from service.simulator.story import read_story
from service.store.cases import CaseEvent
from service.store.session import db

KEY = "guizhou-manufacturing-innovation-centre"
PLACE = f"bpmn/{KEY}/programme.toml"
FIRST, LAST = date(2022, 9, 20), date(2022, 9, 28)


@pytest.mark.proof
@pytest.mark.parametrize(("basis", "day"), [("last", LAST), ("attended", FIRST)])
def test_who_attended_the_first_session_only_counts_from_it_where_the_programme_says_so(basis: str, day: date) -> None:
    """Sessions on 20 and 28 September; the unit signs in at the first. Source: domain §13.19."""
    story = read_story(ROOT / "bpmn" / KEY / "stories" / "two-sessions.toml")
    here = "=for c in lookup.submitted_in_call return c.case_id"
    steps = [
        replace(step, data={**step.data, "attended": here if step.data["held_on"] == FIRST.isoformat() else []})
        if "held_on" in step.data and step.data.get("held") == "yes"
        else step
        for step in story.steps
        if step.task != "按培训内容核对数据"  # by the first session its two days are over
    ]
    files = read_folder(ROOT, KEY)
    files[PLACE] = files[PLACE].replace(b'training_basis = "last"', f'training_basis = "{basis}"'.encode())
    with play.stage(create_throw_away):
        play.perform(replace(story, steps=tuple(steps)), files, Units(), lambda _line: None)
        days = db.session.scalars(select(CaseEvent.on_date).where(CaseEvent.name == "training-held")).all()
    assert days == [day]
