"""The named look-ups FEEL reads beside its case: bans, names in use, cases that wait, the pool of experts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.domain.register import STRUCK_OFF
from service.store.case_bases import PROMOTION, CaseBasis
from service.store.case_json import (
    Json,
    Path,
    asked_under,
    case_json,
    duty_json,
    expert_json,
    project_json,
    register_json,
)
from service.store.cases import Case
from service.store.dispatches import RECOMMENDED, Dispatch, DispatchItem
from service.store.experts import Expert
from service.store.instances import Instance
from service.store.meetings import MeetingItem
from service.store.neighbours import agreed_cases, departments, free_experts, taken_cases
from service.store.notices import Notice
from service.store.organisations import Organisation
from service.store.register import Ban, Duty, Project, RegisterEntry, Support
from service.store.submissions import Submission
from service.store.subscriptions import MESSAGE, Subscription
from service.store.trainings import submitted_in

WAITING_FOR_MEETING: Final = "meeting"
NOTICE_PUBLISHED: Final = "notice-published"
NOTICE_FORMS: Final = ("publicity", "joint-notice")
YUAN_IN_WAN: Final = 10_000


class Lookups(Mapping[str, Any]):
    """The look-ups that the paths under `lookup` may read, as JSON; `today` is the local date.

    Each is asked of the database when it is first read, and once: a form for reading offers nobody to choose from.
    """

    def __init__(self, session: Session, case: Case, paths: Collection[Path], today: date) -> None:
        asked = asked_under(paths, "lookup")
        self._loads = {name: load for name, load in LOOKUPS.items() if asked is None or name in asked}
        self._given = (session, case, today)
        self._found: Json = {"today": today.isoformat()}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = self._loads[name](*self._given)
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name == "today" or name in self._loads

    def __iter__(self) -> Iterator[str]:
        yield "today"
        yield from self._loads

    def __len__(self) -> int:
        return 1 + len(self._loads)


def _banned(session: Session, _case: Case, today: date) -> list[str]:
    """Units that may not apply today; the last day of a ban is one of its days."""
    statement = select(Ban.credit_code).where(Ban.from_on <= today, Ban.to_on >= today).distinct()
    return list(session.scalars(statement.order_by(Ban.credit_code)))


def _active_entries(session: Session, case: Case, _today: date) -> list[Json]:
    """What the register holds of the programme, what was struck off left out."""
    statement = select(RegisterEntry).where(
        RegisterEntry.programme == case.programme, RegisterEntry.state.not_in(STRUCK_OFF)
    )
    return [register_json(row) for row in session.scalars(statement.order_by(RegisterEntry.id))]


def _active_names(session: Session, case: Case, _today: date) -> list[str]:
    statement = select(RegisterEntry.name).where(
        RegisterEntry.programme == case.programme,
        RegisterEntry.state.not_in(STRUCK_OFF),
        RegisterEntry.case_id != case.id,
    )
    return list(session.scalars(statement.order_by(RegisterEntry.id)))


def _own_centres(session: Session, case: Case, _today: date) -> list[Json]:
    """Centres in force of other programmes that the applicant leads: what may be promoted, or relied on."""
    code = select(Organisation.credit_code).where(Organisation.id == case.applicant_id).scalar_subquery()
    statement = select(RegisterEntry).where(
        RegisterEntry.credit_code == code,
        RegisterEntry.programme != case.programme,
        RegisterEntry.state.not_in(STRUCK_OFF),
    )
    return [register_json(row) for row in session.scalars(statement.order_by(RegisterEntry.id))]


def _upper_cases(session: Session, case: Case, _today: date) -> list[Json]:
    """The cases that would promote the centre of this case, with what came of each."""
    statement = (
        select(Case, Organisation.name)
        .join(CaseBasis, CaseBasis.case_id == Case.id)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .where(CaseBasis.register_entry_id == case.register_entry_id, CaseBasis.kind == PROMOTION)
    )
    rows = session.execute(statement.order_by(Case.id))
    return [{**case_json(row, applicant), "outcome": row.outcome} for row, applicant in rows]


def _waiting_for_meeting(session: Session, case: Case, _today: date) -> list[Json]:
    """Cases of the same authority whose turn has come, those on an agenda left out until they are decided."""
    on_agenda = exists().where(MeetingItem.case_id == Case.id, MeetingItem.decision.is_(None))
    rows = session.execute(
        select(Case, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .where(
            Case.state == WAITING_FOR_MEETING,
            Case.authority_id == case.authority_id,
            Case.ended_at.is_(None),
            Case.id != case.id,
            ~on_agenda,
        )
        .order_by(Case.id)
    )
    return [case_json(row, applicant) for row, applicant in rows]


def _waiting_for_notice(session: Session, case: Case, _today: date) -> list[Json]:
    """Cases of the same programme and authority that wait to be named in a notice of several."""
    rows = session.execute(
        select(Case, Organisation.name)
        .join(Instance, Instance.case_id == Case.id)
        .join(Subscription, Subscription.instance_id == Instance.id)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .where(
            Subscription.kind == MESSAGE,
            Subscription.name == NOTICE_PUBLISHED,
            Case.programme == case.programme,
            Case.authority_id == case.authority_id,
            Case.ended_at.is_(None),
        )
        .order_by(Case.id)
    )
    return [case_json(row, applicant) for row, applicant in rows]


def _last_notice(session: Session, case: Case, _today: date) -> Json | None:
    """What was filled in for the newest notice of the same programme and authority: who receives objections stays."""
    statement = (
        select(Submission.data)
        .join(Notice, Notice.case_id == Submission.case_id)
        .join(Case, Case.id == Submission.case_id)
        .where(
            Submission.form.in_(NOTICE_FORMS),
            Case.programme == case.programme,
            Case.authority_id == case.authority_id,
            Case.id != case.id,
        )
        .order_by(Notice.id.desc(), Submission.id.desc())
        .limit(1)
    )
    return session.scalar(statement)


def _submitted_in_call(session: Session, case: Case, _today: date) -> list[Json]:
    """Cases of the same call that were declared and still run: whom a training is for."""
    found = submitted_in(session, case)
    wanted = [one.applicant_id for one in found]
    names = {row.id: row.name for row in session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))}
    return [case_json(one, names.get(one.applicant_id or 0)) for one in found]


def _waiting_for_dispatch(session: Session, case: Case, _today: date) -> list[Json]:
    """Cases of the same department and call that it recommends and has put into no other dispatch."""
    elsewhere = exists().where(
        DispatchItem.case_id == Case.id, Dispatch.id == DispatchItem.dispatch_id, Dispatch.case_id != case.id
    )
    rows = session.execute(
        select(Case, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .where(
            Case.state == RECOMMENDED,
            Case.programme == case.programme,
            Case.call_id == case.call_id,
            Case.competent_id == case.competent_id,
            Case.ended_at.is_(None),
            ~elsewhere,
        )
        .order_by(Case.id)
    )
    return [case_json(row, applicant) for row, applicant in rows]


def _expert_fields(session: Session, case: Case, _today: date) -> list[str]:
    mine = select(Expert.field).where(Expert.authority_id == case.authority_id, Expert.active)
    return list(session.scalars(mine.distinct().order_by(Expert.field)))


def _expert_pool(session: Session, case: Case, _today: date) -> list[Json]:
    """The experts whom the authority of the case keeps; another authority's are not drawn."""
    mine = select(Expert).where(Expert.authority_id == case.authority_id, Expert.active)
    rows = session.scalars(mine.order_by(Expert.id))
    return [expert_json(row) for row in rows]


def _running_projects(session: Session, case: Case, _today: date) -> list[Json]:
    """Government projects that the centre of this case carries and that have not been closed."""
    mine = Project.register_entry_id == case.register_entry_id
    rows = session.scalars(select(Project).where(mine, Project.closed_on.is_(None)).order_by(Project.id))
    return [project_json(row) for row in rows]


def _duties(session: Session, case: Case, _today: date) -> list[Json]:
    """What the centre of this case owed until now and what came of it, the oldest first."""
    mine = Duty.register_entry_id == case.register_entry_id
    rows = session.scalars(select(Duty).where(mine, Duty.state.not_in(("waiting", "void"))).order_by(Duty.due_on))
    return [duty_json(row) for row in rows]


def _supports(session: Session, case: Case, _today: date) -> list[Json]:
    """What the centre of this case was granted; amounts in 万元."""
    mine = Support.register_entry_id == case.register_entry_id
    rows = session.scalars(select(Support).where(mine).order_by(Support.id))
    return [
        {
            "kind": row.kind,
            "subject": row.subject,
            "amount_wan": None if row.amount_yuan is None else row.amount_yuan / YUAN_IN_WAN,
            "granted_on": row.granted_on.isoformat(),
        }
        for row in rows
    ]


LOOKUPS: Final[Mapping[str, Callable[[Session, Case, date], Any]]] = {
    "banned_credit_codes": _banned,
    "active_names": _active_names,
    "active_entries": _active_entries,
    "own_centres": _own_centres,
    "upper_cases": _upper_cases,
    "waiting_for_meeting": _waiting_for_meeting,
    "waiting_for_notice": _waiting_for_notice,
    "waiting_for_dispatch": _waiting_for_dispatch,
    "last_notice": _last_notice,
    "submitted_in_call": _submitted_in_call,
    "expert_fields": _expert_fields,
    "expert_pool": _expert_pool,
    "free_experts": free_experts,
    "departments": departments,
    "agreed_cases": agreed_cases,
    "taken_cases": taken_cases,
    "running_projects": _running_projects,
    "duties": _duties,
    "supports": _supports,
}
