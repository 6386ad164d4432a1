"""A published programme whose declaration asks for personal data, and one declaration of it, sent in."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from service.commands import attachments, calls, people
from service.domain.identity import Actor
from service.simulator.cast import PASSWORD
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from tests.support.office import DATA, SAMPLE, Office, open_office, whole
from tests.support.page_form import PDF

NOW = datetime(2025, 4, 1, 2, 0, tzinfo=UTC)
MOBILE, IDENTITY = "13900000012", "220102199001011234"
FILES = (("evidence", "证明.pdf"),)
SCAN = ("identity_scan", "身份证.pdf")
ADDED = (
    ("contact_mobile", "联系人手机", "personal"),
    ("identity_number", "联系人身份证号", "sensitive"),
)


@dataclass
class Declared:
    """The office, the case, and the unit that declared."""

    office: Office
    case_id: int
    lead: Actor

    def auditor(self) -> Actor:
        """Somebody who reads every case of the authority and has no task of any."""
        place = self.office.person("office").roles
        home = db.session.get_one(Organisation, next(iter(place)).organisation_id).code
        db.session.rollback()
        return self.office.actor(
            self.office.act(
                people.add_user, login="auditor", name="示例·审计", organisation=home, roles=["auditor"],
                password=PASSWORD,
            )
        )  # fmt: skip


@contextmanager
def declared(url: str, folder: Path, files: Sequence[tuple[str, str]] = FILES) -> Iterator[Declared]:
    """A declaration with files (field, name), sent in; on an empty database."""
    with whole(url, folder) as app:
        office = open_office(app, SAMPLE, NOW, _models(folder / "models"))
        call = {"key": "2025", "year": 2025, "title": "2025 年第一批", "opens_on": date(2025, 3, 1)}
        office.act(calls.open_call, SAMPLE, dates={"submission": date(2025, 4, 15)}, **call)
        case_id, lead = office.start("two-dates"), office.person("lead")
        task = office.open_task("submit", case_id).id
        for field, name in files:
            office.act(attachments.keep, task, field, attachments.examine(name, io.BytesIO(PDF)), by=lead)
        data = {
            "project_name": "智能底盘", "member_count": 12, "funds_wan": 1500, "truthful": True,
            "contact_mobile": MOBILE, "identity_number": IDENTITY,
        }  # fmt: skip
        office.complete(task, data, lead)
        office.tick()
        office.act(_receive, case_id)
        yield Declared(office, case_id, lead)


def _receive(work: UnitOfWork, case_id: int) -> None:
    """The sample's diagram gives no receipt, which is from when on the authority sees a case."""
    work.session.get_one(Case, case_id).submitted_at = work.now


def _models(target: Path) -> Path:
    shutil.copytree(DATA / "sample", target)
    path = target / "forms" / SAMPLE / "sample-declaration.form"
    form = json.loads(path.read_text("utf-8"))
    form["components"] += [
        {"type": "textfield", "id": f"field-{key}", "key": key, "label": label, "properties": {"classification": kind}}
        for key, label, kind in ADDED
    ]
    scan = {"type": "filepicker", "id": "field-scan", "key": SCAN[0], "label": "身份证扫描件", "accept": ".pdf"}
    form["components"].append({**scan, "properties": {"classification": "sensitive"}})
    path.write_text(json.dumps(form, ensure_ascii=False), "utf-8")
    return target
