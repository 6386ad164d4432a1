"""Which stages a case is told are still to come: the usual way on, not every way there is."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask

from service.queries.case_page import TaskRow
from service.queries.drawings import BPMN, Drawing, drawings, read
from service.queries.progress import stations
from service.store.deployments import DeploymentFile
from service.store.session import db
from tests.support.factories import make_deployment

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
STAGES = {"declare": "填报", "check": "审查", "verify": "核验批建文件", "argue": "论证", "publish": "公示"}
FLOWS = (
    ("start", "declare"), ("declare", "check"), ("check", "passed"), ("passed", "refused"), ("passed", "route"),
    ("route", "verify"), ("route", "argue"), ("verify", "verified"), ("verified", "argue"), ("verified", "publish"),
    ("argue", "publish"), ("publish", "end"),
)  # fmt: skip
DEFAULTS = {"passed": "passed-refused", "route": "route-argue", "verified": "verified-argue"}


def _drawing() -> Drawing:
    """A refusal is the default of one gateway, the ordinary way that of the others, a document the short cut."""
    nodes = '<startEvent id="start" /><endEvent id="end" /><endEvent id="refused" />'
    nodes += "".join(f'<userTask id="{key}" name="{name}" />' for key, name in STAGES.items())
    nodes += "".join(f'<exclusiveGateway id="{key}" default="{flow}" />' for key, flow in DEFAULTS.items())
    nodes += "".join(f'<sequenceFlow id="{a}-{b}" sourceRef="{a}" targetRef="{b}" />' for a, b in FLOWS)
    text = f'<definitions xmlns="{BPMN.strip("{}")}"><process id="p">{nodes}</process></definitions>'
    (drawing,) = read(text.encode(), "p.bpmn")
    return drawing


def _told(*reached: str, ended: bool = False) -> list[tuple[str, str]]:
    tasks = [
        TaskRow(1, "任务", "t", (element, "t"), "open", None, None, NOW, None, None, "", None, False)
        for element in reached
    ]
    return [(one.name, one.kind) for one in stations(_drawing(), tasks, NOW if ended else None)]


def test_the_usual_way_leaves_out_refusals_and_short_cuts() -> None:
    assert [name for name, _ in _told()] == ["填报", "审查", "论证", "公示"]


def test_what_was_reached_stays_and_the_way_goes_on_from_its_last() -> None:
    assert _told("declare", "check") == [("填报", "now"), ("审查", "now"), ("论证", "later"), ("公示", "later")]
    assert [name for name, _ in _told("declare", "verify")] == ["填报", "核验批建文件", "论证", "公示"]


def test_a_case_that_has_ended_has_nothing_to_come() -> None:
    assert _told("declare", ended=True) == [("填报", "now")]


def test_the_steps_inside_a_subprocess_stand_before_what_follows_it() -> None:
    inside = '<startEvent id="begin" /><userTask id="pick" />'
    inside += '<sequenceFlow id="begin-pick" sourceRef="begin" targetRef="pick" />'
    nodes = f'<startEvent id="start" /><subProcess id="sub">{inside}</subProcess><userTask id="receive" />'
    for source, target in (("start", "sub"), ("sub", "receive")):
        nodes += f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}" />'
    (drawing,) = read(
        f'<definitions xmlns="{BPMN.strip("{}")}"><process id="p">{nodes}</process></definitions>'.encode(), "p"
    )
    assert [shape.id for shape in drawing.shapes] == ["start", "sub", "begin", "pick", "receive"]


def test_a_file_that_two_programmes_hold_is_told_by_each_ones_own_name(store: Flask) -> None:
    content = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" /></definitions>'
    session, files = db.session(), {"first": "bpmn/first/p.bpmn", "second": "bpmn/second/p.bpmn"}
    held = {key: make_deployment(session, programme=key).id for key in files}
    for key, path in files.items():
        session.add(DeploymentFile(deployment_id=held[key], path=path, digest="same", content=content))
    session.flush()
    assert [drawings(session, held[key])["p"].file for key in files] == list(files.values())
