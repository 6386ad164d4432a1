"""A programme that is published again while its cases run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask

from service.commands import deployments
from service.domain.identity import SYSTEM
from service.programmes.compiled import compiled_of
from service.simulator.cast import Cast, Lead
from service.store import calendars
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.engine.sketch import Lines, sketch
from tests.support.office import DATA, Office

KEY = "sample-versions"
START = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
MANIFEST = """
key = "sample-versions"
name = "版本示例专项"
authority = "sample-authority"
status = "in-force"

[procedures.p]
name = "会办"
subject = "none"

[roles.office]
name = "业务处"
holder = "authority"

[deadlines.answer]
name = "答复期限"
source = "示例"
starts = "stage"
calendar_days = 5
"""
FORM = (DATA / "review/forms/sample-review/sample-note.form").read_bytes()
GROUP = 'zeebe assignmentDefinition candidateGroups==groups("office") | zeebe formDefinition formId=sample-note'
FIRST: Lines = [
    "start s", "and f j", f"user a | {GROUP}", f"user b | {GROUP}", "end e", "s > f", "f > a > j", "f > b > j", "j > e",
    'on late a | timer date =deadline("answer") | beside', f"user urged | {GROUP}", "end g", "late > urged > g",
]  # fmt: skip


def files(model: Lines, manifest: str = MANIFEST) -> dict[str, bytes]:
    """The programme's folder."""
    folder = {f"bpmn/{KEY}/programme.toml": manifest.encode(), f"bpmn/{KEY}/m.bpmn": sketch(model)}
    return {**folder, f"forms/{KEY}/sample-note.form": FORM}


@dataclass
class Published:
    """The office, and how its programme is published anew."""

    office: Office

    def publish(self, model: Lines, manifest: str = MANIFEST) -> int:
        """The id of the new deployment."""
        done = self.office.act(deployments.publish, files(model, manifest), KEY)
        return int(done.deployment_id)


def _seed(work: UnitOfWork) -> None:
    calendars.seed(work.session)


@pytest.fixture
def published(app_on_both: Flask) -> Iterator[Published]:
    """The first version, on Wednesday 1 April 2026, nine o'clock in Beijing."""
    with app_on_both.app_context():
        transact(_seed, actor=SYSTEM, now=START)
        first = transact(deployments.publish, files(FIRST), KEY, actor=SYSTEM, now=START)
        manifest = compiled_of(db.session(), first.deployment_id).manifest
        db.session.rollback()
        yield Published(Office(app_on_both, KEY, START, Cast(manifest, lead=Lead(), now=START)))
        db.session.remove()
