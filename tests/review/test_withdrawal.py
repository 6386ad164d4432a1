"""A withdrawal and the meeting's papers exclude each other, and who may withdraw holds the role that declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from service.commands import cases, people
from service.domain.errors import NotAllowed
from service.engine import OperationRequest
from service.operations.context import OperationContext, OperationRefused
from service.operations.meetings import send_papers
from service.programmes.compiled import compiled_of
from service.simulator.cast import PASSWORD
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from tests.support.office import Office

REQUEST = OperationRequest(1, "papers", "desk", "send-papers", {}, 3, None, {})


@dataclass(frozen=True)
class ReadBefore(OperationContext):
    """A meeting that has read its agenda and the waiting cases before this moment."""

    picked: str

    def form(self, name: str) -> Mapping[str, Any]:
        """The agenda as it was filled in."""
        assert name == "meeting_agenda"
        return {"case_ids": [self.picked]}

    def looked_up(self, name: str) -> Any:
        """The cases that waited then."""
        assert name == "waiting_for_meeting"
        return [{"case_id": self.picked}]


def send(work: UnitOfWork, host_id: int, case_id: int) -> dict[str, Any]:
    """Send the papers of a meeting that read the waiting cases before this moment."""
    host = work.session.get_one(Case, host_id)
    programme = compiled_of(work.session, host.deployment_id)
    return send_papers(ReadBefore(work, host, programme, REQUEST, str(case_id)), {"letter": "round-done"})


def end(work: UnitOfWork, case_id: int) -> None:
    work.session.get_one(Case, case_id).ended_at = work.now


def test_a_case_withdrawn_since_the_agenda_was_read_gets_no_papers(panel: Office) -> None:
    host, waiting, gone = panel.start("desk"), panel.start("desk"), panel.start("desk")
    assert panel.act(send, host, waiting)["items"] == 1
    panel.act(end, gone)
    with pytest.raises(OperationRefused, match="just been withdrawn"):
        panel.act(send, panel.start("desk"), gone)
    assert panel.rows(db.select(Case.papers_sent_at).where(Case.id == gone)) == [None]


def test_an_account_of_the_unit_without_its_role_does_not_withdraw(panel: Office) -> None:
    case_id = panel.start("panel")
    (unit,) = panel.rows(
        db.select(Organisation.code).join(Case, Case.applicant_id == Organisation.id).where(Case.id == case_id)
    )
    guest = panel.act(
        people.add_user, login="guest", name="无角色", organisation=unit, roles=[], password=PASSWORD,
    )  # fmt: skip
    with pytest.raises(NotAllowed, match="can withdraw it"):
        panel.act(cases.withdraw, case_id, "不报了", by=panel.actor(guest))
