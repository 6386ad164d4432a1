"""The stored form: a state written by the first version of the format must load and go on, for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import orjson

from service.engine import Complete, Retry, apply, view
from service.engine.state import FORMAT
from tests.engine.play import BEGIN, bundle_of

DATA = Path(__file__).parents[1] / "data/bpmn"


def test_a_state_of_the_first_format_goes_on() -> None:
    bundle = bundle_of((DATA / "golden.bpmn").read_bytes())
    state = (DATA / "golden.state.json").read_bytes()
    live = {row.element: row.task for row in view(bundle, state)}
    assert set(live) == {"sp", "invite", "late", "ws", "j", "note"}
    step = apply(bundle, state, Complete(live["invite"]), BEGIN + timedelta(hours=1))
    assert step.variables == {"seats": ["x", "y"], "case_id": "7", "got": None, "panel": ["x", "y"]}
    [incident] = step.incidents
    assert (incident.element, incident.code) == ("x", "condition")
    step = apply(bundle, step.state, Retry(incident.task, {"got": 2}), BEGIN + timedelta(hours=2))
    assert [work.element for work in step.opened] == ["t"]
    assert [(wait.name, wait.key) for wait in step.messages] == [("withdraw", "7")]


def test_the_format_has_a_number_and_a_state_names_its_models() -> None:
    format_, bundle_key, process, *_ = orjson.loads((DATA / "golden.state.json").read_bytes())
    assert (format_, process) == (FORMAT, "p")
    assert bundle_key == bundle_of((DATA / "golden.bpmn").read_bytes()).key
