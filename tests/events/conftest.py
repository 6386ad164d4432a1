"""A programme whose procedures begin by events and wait for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

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
from tests.support import databases
from tests.support.office import DATA, Office, whole

KEY = "sample-events"
START = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)
MANIFEST = """
key = "sample-events"
name = "事件示例专项"
authority = "sample-authority"
status = "in-force"

[procedures.p]
name = "值班"
subject = "none"

[procedures.asking]
name = "征询"
subject = "none"

[roles.office]
name = "业务处"
holder = "authority"
"""
FORM = (DATA / "review/forms/sample-review/sample-note.form").read_bytes()
GROUP = 'zeebe assignmentDefinition candidateGroups==groups("office") | zeebe formDefinition formId=sample-note'
DUTY: Lines = [
    "start s", "start m | message filed | out =no -> no", "start g | signal year-end", "start t | timer cycle R3/P1D",
    f"user u | {GROUP}", "end e", "s > u > e", "m > u", "g > u", "t > u",
]  # fmt: skip
ASKING: Lines = [
    "start am | message ask | out =no -> number | out =target -> target", "and f", f"user a b c | {GROUP}", "end ae",
    "catch w | message answered key =number", "catch ag | signal year-end",
    "throw tell | message answered key =target | zeebe taskDefinition type=publish-message | in =7 -> mark",
    "throw shout | signal year-end", "am > f", "f > w > a > ae", "f > ag > b > ae", "f > c > tell > shout > ae",
]  # fmt: skip


def files(duty: Lines = DUTY, asking: Lines = ASKING, manifest: str = MANIFEST) -> dict[str, bytes]:
    """The programme's folder."""
    model = sketch(duty, {"asking": asking})
    folder = {f"bpmn/{KEY}/programme.toml": manifest.encode(), f"bpmn/{KEY}/m.bpmn": model}
    return {**folder, f"forms/{KEY}/sample-note.form": FORM}


def _seed(work: UnitOfWork) -> None:
    calendars.seed(work.session)


def _published(app: Flask) -> Office:
    transact(_seed, actor=SYSTEM, now=START)
    published = transact(deployments.publish, files(), KEY, actor=SYSTEM, now=START)
    manifest = compiled_of(db.session(), published.deployment_id).manifest
    db.session.rollback()
    return Office(app, KEY, START, Cast(manifest, lead=Lead(), now=START))


@pytest.fixture
def events(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The programme published on Wednesday 1 April 2026, nine o'clock in Beijing."""
    url = databases.copy_sqlite(databases.migrated_sqlite(run_folder), tmp_path / "events.sqlite3")
    with whole(url, tmp_path) as app:
        yield _published(app)


@pytest.fixture
def events_on_both(app_on_both: Flask) -> Iterator[Office]:
    """The same on each kind of database."""
    with app_on_both.app_context():
        yield _published(app_on_both)
        db.session.remove()
