"""The late stages alone: a shipped programme's own models, begun where expert review, meeting, notice or filing begins.

A scenario plays through the commands and the public pages; the way up to its stage is not acted again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.domain.credit_code import complete
from service.domain.identity import Actor
from service.settings import ROOT
from service.simulator.cast import Lead
from service.store.cases import Case
from service.store.experts import Expert
from service.store.session import db
from service.store.submissions import Submission
from service.store.unit_of_work import UnitOfWork
from tests.support.office import Office, sqlite_office
from tests.support.postgres import only_one

PROGRAMME = "changchun-innovation-consortium"
STARTS = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, nine o'clock in Beijing
NO_TIES = {
    f"conflict_{kind}": "no" for kind in ("employer", "former_employer", "shares", "project", "kin", "advisor", "other")
}
STAGES = {"expert-review": "expert_review", "meeting-review": "", "publicity": "publicity", "filing": "filing"}
PROCEDURE = """
[procedures.late-{stage}]
name = "只办“{stage}”"
name_en = "Only {stage}"
start = "lead"
kind = "case"
subject = "application"
withdraw = false
number = "case"
"""


def diagram(stage: str) -> str:
    """A procedure that calls one shared stage and ends as the stage does."""
    state = STAGES[stage]
    place = (
        f'<zeebe:properties><zeebe:property name="case-state" value="{state}" /></zeebe:properties>' if state else ""
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="late-{stage}-definitions"
  targetNamespace="https://shenbao.dev/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
  <bpmn:process id="late-{stage}" name="只办一个环节" isExecutable="true">
    <bpmn:startEvent id="start" name="开始"><bpmn:outgoing>f0</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="begin" name="转入"><bpmn:extensionElements><zeebe:userTask />
      <zeebe:formDefinition formId="sign-off" bindingType="deployment" />
      <zeebe:assignmentDefinition candidateGroups="=groups(&#34;lead&#34;)" />
    </bpmn:extensionElements><bpmn:incoming>f0</bpmn:incoming><bpmn:outgoing>f1</bpmn:outgoing></bpmn:userTask>
    <bpmn:callActivity id="stage" name="环节"><bpmn:extensionElements>
      <zeebe:calledElement processId="{stage}" propagateAllChildVariables="false" bindingType="deployment" />{place}
      <zeebe:ioMapping><zeebe:output source="=outcome" target="stage_outcome" /></zeebe:ioMapping>
    </bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:callActivity>
    <bpmn:endEvent id="end" name="结束"><bpmn:extensionElements><zeebe:ioMapping>
      <zeebe:output source="=stage_outcome" target="outcome" />
    </zeebe:ioMapping></bpmn:extensionElements><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="begin" />
    <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="stage" />
    <bpmn:sequenceFlow id="f2" sourceRef="stage" targetRef="end" />
  </bpmn:process>
</bpmn:definitions>"""


@dataclass
class Desk:
    """An office at the late stages; cases are called by their core names."""

    office: Office
    mails: Path
    cases: dict[str, int] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    answers: list[Any] = field(default_factory=list)

    def begin(self, stage: str, name: str, unit: str = "") -> int:
        """A case of a unit of its own that begins at this stage, with what it declared."""
        number = len(self.cases) + 1
        lead = Lead(f"unit-{number}", unit or f"示例{name}有限公司", complete(f"91220101MA0XLAT{number:02d}"))
        self.office.cast.join(lead)
        actor = self.office.cast.of_role("lead", self.office.now)
        from service.commands import cases  # noqa: PLC0415 # the application is made by now

        case_id = int(self.office.act(cases.start, PROGRAMME, f"late-{stage}", by=actor))
        self.cases[name] = case_id
        self.office.act(_declare, case_id, name, actor)
        begin = self.office.open_task("begin", case_id)
        self.office.complete(begin.id, {"signed": "yes", "signer_name": "示例法人"}, actor)
        return case_id

    def do(self, element: str, role: str, data: dict[str, Any], case_id: int | None = None) -> None:
        """The one open task of an element, done by who holds the role."""
        task = self.office.open_task(element, case_id)
        self.office.complete(task.id, data, self.office.person(role))
        self.office.tick()

    def state(self, name: str) -> str:
        """The state of a case."""
        return str(self.office.rows(db.select(Case.state).where(Case.id == self.cases[name]))[0])

    def outcome(self, name: str) -> str:
        """How a case ended; empty while it runs."""
        return str(self.office.rows(db.select(Case.outcome).where(Case.id == self.cases[name]))[0] or "")

    def get(self, path: str) -> Any:
        """A public page, without signing in, at the office's hour."""
        self.office.app.config["CLOCK"] = lambda: self.office.now
        return self.office.app.test_client().get(path)

    def post(self, path: str, data: dict[str, Any]) -> Any:
        """A public form, sent as a browser sends it."""
        self.office.app.config["CLOCK"] = lambda: self.office.now
        client = self.office.app.test_client()
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/preferences").text)
        assert token
        self.answers.append(client.post(path, data={"csrf_token": token.group(1), **data}))
        return self.answers[-1]

    def expert_of(self, task_id: int) -> Actor:
        """The expert whose task it is."""
        (key,) = [key for key in self.office.groups_of(task_id) if key.startswith("expert:")]
        expert = int(key.partition(":")[2])
        return self.office.actor(self.office.rows(db.select(Expert.user_id).where(Expert.id == expert))[0])


def _declare(work: UnitOfWork, case_id: int, name: str, actor: Actor) -> None:
    """What the case would have declared on its way here."""
    case = work.session.get_one(Case, case_id)
    case.title, case.submitted_at = name, work.now
    work.session.add(
        Submission(
            case_id=case_id, task_id=None, form="declaration", form_digest="", data={"core_name": name}, item={},
            submitted_by=actor.user_id, submitted_at=work.now,
        )
    )  # fmt: skip


@pytest.fixture(scope="session")
def late_models(run_folder: Path) -> Path:
    """The shipped models with four procedures that begin late, in a folder of this run."""
    target = run_folder / "late-models"
    with only_one(run_folder):
        if not target.exists():
            making = run_folder / "late-models-making"
            for top in ("bpmn", "dmn", "forms"):
                for folder in ("common", PROGRAMME):
                    shutil.copytree(ROOT / top / folder, making / top / folder)
            own = making / "bpmn" / PROGRAMME
            manifest = (own / "programme.toml").read_text("utf-8")
            for stage in STAGES:
                (own / f"late-{stage}.bpmn").write_text(diagram(stage), "utf-8")
                manifest = manifest.replace("[roles.lead]", PROCEDURE.format(stage=stage) + "\n[roles.lead]", 1)
            (own / "programme.toml").write_text(manifest, "utf-8")
            making.rename(target)
    return target


@pytest.fixture
def desk(run_folder: Path, tmp_path: Path, late_models: Path) -> Iterator[Desk]:
    """An office on the programme, on Monday 2 March 2026."""
    with sqlite_office(run_folder, tmp_path, PROGRAMME, STARTS, models=str(late_models)) as office:
        yield Desk(office, tmp_path / "mail")


Act = Callable[..., None]
