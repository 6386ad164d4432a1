"""Programmes for the tests of this room: the sample of two dates, and small ones built in memory."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from service.domain.calendar import Calendar, Day
from service.programmes.folder import read_folder
from service.programmes.manifest import Manifest, read_manifest

ROOT = Path(__file__).resolve().parent.parent / "data" / "sample"
KEY = "sample-two-dates"


@cache
def sample_files() -> dict[str, bytes]:
    """The files of the sample programme; not to be changed."""
    return read_folder(ROOT, KEY)


@cache
def sample_manifest() -> Manifest:
    """Its manifest."""
    return read_manifest(sample_files()[f"bpmn/{KEY}/programme.toml"], file=f"bpmn/{KEY}/programme.toml")


@cache
def calendar() -> Calendar:
    """The holidays of autumn 2022 and spring 2025, as published, in otherwise plain years."""
    closed = [date(2022, 10, day) for day in range(1, 8)] + [date(2025, 5, day) for day in range(1, 6)]
    worked = [date(2022, 10, 8), date(2022, 10, 9), date(2025, 4, 27)]
    holidays = [Day(day, False, "放假") for day in closed] + [Day(day, True, "调休") for day in worked]
    return Calendar(holidays)


BPMN = 'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'


def process(process_id: str, inner: str = "") -> bytes:
    """A `.bpmn` file with one process; `inner` is what stands in it."""
    return f'<definitions {BPMN}><process id="{process_id}">{inner}</process></definitions>'.encode()


def user_task(element: str, form: str, groups: str = '=groups("lead")', due: str = "") -> str:
    """A user task of a diagram."""
    schedule = f"<zeebe:taskSchedule dueDate='{due}'/>" if due else ""
    return (
        f'<userTask id="{element}" name="{element}"><extensionElements><zeebe:userTask/>'
        f"<zeebe:formDefinition formId=\"{form}\"/><zeebe:assignmentDefinition candidateGroups='{groups}'/>{schedule}"
        "</extensionElements></userTask>"
    )


def call(element: str, called: str, **inputs: str) -> str:
    """A call activity of a diagram with inputs."""
    mapped = "".join(f"<zeebe:input source='{source}' target='{target}'/>" for target, source in inputs.items())
    return (
        f'<callActivity id="{element}"><extensionElements><zeebe:calledElement processId="{called}"/>'
        f"<zeebe:ioMapping>{mapped}</zeebe:ioMapping></extensionElements></callActivity>"
    )


def rule(element: str, decision: str) -> str:
    """A business rule task of a diagram."""
    return (
        f'<businessRuleTask id="{element}"><extensionElements><zeebe:calledDecision decisionId="{decision}" '
        'resultVariable="result"/></extensionElements></businessRuleTask>'
    )


def notify(element: str, letter: str) -> str:
    """A send task that names a letter."""
    return (
        f'<sendTask id="{element}"><extensionElements><zeebe:taskDefinition type="notify"/><zeebe:ioMapping>'
        f"<zeebe:input source='{letter}' target=\"letter\"/></zeebe:ioMapping></extensionElements></sendTask>"
    )


def form(form_id: str) -> bytes:
    """A form without fields."""
    return f'{{"type": "default", "id": "{form_id}", "schemaVersion": 19, "components": []}}'.encode()


def decisions(*ids: str) -> bytes:
    """A `.dmn` file with empty decisions."""
    inner = "".join(f'<decision id="{one}" name="{one}"/>' for one in ids)
    namespace = "https://www.omg.org/spec/DMN/20191111/MODEL/"
    return f'<definitions xmlns="{namespace}" id="d" name="d" namespace="n">{inner}</definitions>'.encode()


def letter(body: str = "您好。", front: str = 'title = "通知"') -> bytes:
    """A letter file."""
    return f"+++\n{front}\n+++\n{body}\n".encode()


def manifest(*procedures: str, key: str = "one", extra: str = "") -> bytes:
    """A manifest with these procedures, a role `lead` and what `extra` says."""
    tables = "".join(f'[procedures.{one}]\nname = "{one}"\n' for one in procedures)
    head = f'key = "{key}"\nname = "{key}"\nauthority = "a"\nstatus = "draft"\n'
    return f'{head}{tables}[roles.lead]\nname = "牵头"\nholder = "applicant"\n{extra}'.encode()
