"""What a person's act survives: rows that cannot be written, a file that is read twice."""

from __future__ import annotations

import io
from datetime import date

from sqlalchemy import text

from service.commands import attachments, calls, incidents
from service.domain.errors import StaleRevision
from service.domain.identity import Actor
from service.queries import cases
from service.store import access
from service.store.attachments import Attachment
from service.store.audit import AuditEntry
from service.store.incidents import Incident
from service.store.panels import Panel, Seat
from service.store.session import db
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from tests.support.office import Office
from tests.support.page_form import PDF
from tests.support.panel import SCORE, experts

DECLARATION = {"project_name": "示例项目", "member_count": 8, "funds_wan": 120.5, "truthful": True}


def refuse_messages() -> None:
    """From now on no message to anybody can be written, as under a broken constraint."""
    db.session.execute(
        text("CREATE TRIGGER no_messages BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'no'); END")
    )
    db.session.commit()


def test_an_act_is_kept_where_the_operation_after_it_breaks_a_constraint(panel: Office) -> None:
    case_id = panel.start("desk")
    refuse_messages()
    clerk = panel.person("clerk")
    done = [panel.complete(task.id, SCORE, clerk) for task in panel.open_tasks("piece", case_id)]
    assert [one.incidents for one in done] == [0, 0, 0, 1]
    (incident,) = panel.rows(db.select(Incident))
    assert (incident.element, incident.code, incident.state) == ("tell", "operation-failed", "open")
    kept = [incident.zh, incident.en, *(str(entry.details) for entry in panel.rows(db.select(AuditEntry)))]
    assert "数据库拒绝了（IntegrityError）" in incident.zh
    assert not [one for one in kept if "INSERT" in one or "parameters" in one], "no statement and no values"
    db.session.execute(text("DROP TRIGGER no_messages"))
    db.session.commit()
    assert panel.act(incidents.retry, incident.id)
    assert len(panel.open_tasks("piece", case_id)) == 4


def test_an_incident_is_told_to_whose_act_it_followed_and_to_nobody_later(two_dates: Office) -> None:
    two_dates.act(
        calls.open_call, two_dates.programme, key="2022-1", year=2022, title="2022年第一批", opens_on=date(2022, 3, 20),
        dates={"submission": date(2022, 4, 15)},
    )  # fmt: skip
    two_dates.start("two-dates")
    refuse_messages()
    (remind,) = two_dates.rows(db.select(Timer.due_at).where(Timer.element == "remind"))
    two_dates.tick(remind)
    assert two_dates.count(Incident, Incident.element == "remind-send", Incident.state == "open") == 1
    done = two_dates.complete(two_dates.open_task("submit").id, DECLARATION, two_dates.person("lead"))
    assert two_dates.count(Incident, Incident.element == "remind-send", Incident.state == "open") == 1
    assert done.incidents == 0


def test_a_file_is_whole_when_its_transaction_is_tried_again(panel: Office) -> None:
    panel.start("panel")
    (expert, *_), task = experts(panel), panel.open_tasks("score")[0]
    tries = []

    def keep(work: UnitOfWork, file: attachments.Examined) -> str:
        tries.append(1)
        code = attachments.keep(work, task.id, "report", file)
        if len(tries) == 1:
            raise StaleRevision(instance=1, revision=1)
        return code

    code = panel.act(keep, attachments.examine("报告.pdf", io.BytesIO(PDF)), by=expert)
    (kept,) = panel.rows(db.select(Attachment))
    assert (len(tries), kept.code, kept.size) == (2, code, len(PDF))


def test_who_declines_a_seat_sees_nothing_of_the_case_any_more(panel: Office) -> None:
    case_id = panel.start("panel")
    declining, staying, *_ = experts(panel)
    for task, expert in zip(panel.open_tasks("score"), (declining, staying), strict=False):
        panel.complete(task.id, SCORE, expert)
    panel.act(seat, case_id, declining.expert_id, "invited")
    assert sees(declining, case_id)
    panel.act(seat, case_id, declining.expert_id, "declined")
    panel.act(seat, case_id, staying.expert_id, "invited")
    assert not sees(declining, case_id)
    assert sees(staying, case_id)


def test_an_expert_drawn_again_sees_the_case_again(panel: Office) -> None:
    case_id = panel.start("panel")
    (expert, *_), task = experts(panel), panel.open_tasks("score")[0]
    panel.complete(task.id, SCORE, expert)
    panel.act(seat, case_id, expert.expert_id, "declined")
    panel.act(seat, case_id, expert.expert_id, "invited")
    assert sees(expert, case_id)


def seat(work: UnitOfWork, case_id: int, expert_id: int, state: str) -> None:
    """A panel of the case with one seat."""
    drawn = Panel(case_id=case_id, seed="", pool_digest="", created_at=work.now)
    work.session.add(drawn)
    work.session.flush()
    work.session.add(Seat(panel_id=drawn.id, position=1, expert_id=expert_id, state=state))


def sees(actor: Actor, case_id: int) -> bool:
    """Whether the case stands in the actor's list, and its page can be asked for."""
    listed = [row.case_id for row in cases.page(db.session(), actor).rows]
    found = access.may_see(db.session(), actor, case_id)
    db.session.remove()
    assert found == (case_id in listed)
    return found
