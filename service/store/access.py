"""The rule of domain/access as conditions on rows, and the facts it asks about one case."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any, Final

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from service.domain.access import PARTY_ROLES, CaseFacts, Remit, Touch, judging_paths, remit_paths, role_of
from service.domain.identity import Actor
from service.store.cases import Case
from service.store.copies import Copy
from service.store.experts import Expert
from service.store.members import Member
from service.store.messages import Message
from service.store.organisations import Organisation
from service.store.panels import Panel, Seat
from service.store.session import INT64
from service.store.signatures import REMOVED, Signature
from service.store.unions import by_kind, columns_of
from service.store.user_tasks import TaskGroup, UserTask

KEPT_CONDITIONS: Final = 256  # people whose rule of access a process keeps, those who came last
DECIDED: Final = "filing"  # the state of a case whose decision has been made and is being filed
INVITED, ANSWERED, DECLINED = "invited", "answered", "declined"

# Other rows of tables that the statement around may name as well. One alias each for all statements: making one costs
# more than asking the database.
_UNIT, _MEMBER, _CASE, _GROUP = aliased(Organisation), aliased(Member), aliased(Case), aliased(TaskGroup)

_columns = partial(
    columns_of, types={"key": INT64, "name": String(), "other": String(), "own": Boolean(), "flag": Boolean()}
)


@lru_cache(maxsize=KEPT_CONDITIONS)
def visible(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Case`, the twin of `see-case`: own declarations, submitted ones by office, those worked on.

    It hangs on nothing but the actor, and is kept: to put it together takes longer than to find a page of cases by it.
    """
    # what a row itself tells stands first: databases ask no further once it holds
    return or_(visible_by_place(actor), visible_by_part(actor)) if actor.is_person else true()


def visible_by_place(actor: Actor) -> ColumnElement[bool]:
    """The part of a person's `visible` that a row itself tells: an own declaration, or one submitted to an office."""
    own = false() if actor.organisation_id is None else Case.applicant_id == actor.organisation_id
    return or_(read_by_office(actor), own)


def visible_by_part(actor: Actor) -> ColumnElement[bool]:
    """The other part of a person's `visible`: cases worked on, and those that somebody sent for reading or signing."""
    return _among(Case.id, _worked_on(actor))


def read_by_office(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Case`: it was submitted to an office of the actor's, who is in no conflict of interest."""
    scopes = judging_paths(actor)
    if not scopes:
        return false()
    submitted = or_(Case.submitted_at.is_not(None), Case.applicant_id.is_(None), Case.register_entry_id.is_not(None))
    return and_(_routed_below(scopes), submitted, ~_conflicts(actor, Case.id))


def stays_out(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Case`: the actor is in a conflict of interest."""
    return _conflicts(actor, Case.id)


def may_see(session: Session, actor: Actor, case_id: int) -> bool:
    """Whether the case exists for the actor."""
    return session.scalar(select(Case.id).where(Case.id == case_id, visible(actor))) is not None


def of_remit(actor: Actor, remit: Remit) -> ColumnElement[bool]:
    """A condition on `Case`: its authority is one for which the actor has the remit."""
    if not actor.is_person:
        return true()
    return Case.authority_id.in_(select(Organisation.id).where(below(remit_paths(actor, remit))))


def kept_pool(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Expert`: the pool is one the actor keeps. Another authority's does not exist for the actor."""
    if not actor.is_person:
        return true()
    return Expert.authority_id.in_(select(Organisation.id).where(below(remit_paths(actor, "keep-pool"))))


def below(paths: tuple[str, ...]) -> ColumnElement[bool]:
    """A condition on `Organisation`: it stands at or under one of the paths."""
    return or_(*(Organisation.path.startswith(path, autoescape=True) for path in paths)) if paths else false()


def administered(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Organisation`: at or under a place the actor administers, or a unit of a department there.

    A unit that no department answers for is anybody's who administers.
    """
    paths = remit_paths(actor, "administer")
    if not actor.is_person:
        return true()
    if not paths:
        return false()
    place = aliased(Organisation)
    departments = select(place.id).where(or_(*(place.path.startswith(path, autoescape=True) for path in paths)))
    free = and_(
        Organisation.kind.not_in(("authority", "competent")),
        Organisation.parent_id.is_(None),
        Organisation.competent_id.is_(None),
    )
    return or_(below(paths), Organisation.competent_id.in_(departments), free)


def fits_task(actor: Actor) -> ColumnElement[bool]:
    """A condition on `UserTask` that concerns the actor: no conflict of interest, or done for the own unit."""
    return _fits(_conflicting(actor), task_values(actor).get("party_groups"))


def fits_task_named(names: Collection[str]) -> ColumnElement[bool]:
    """`fits_task` with named parameters, for statements that are built once; `names` are the keys of `task_values`."""
    return _fits(_conflicting_named("units" in names, "expert" in names), bindparam("party_groups", expanding=True))


def task_values(actor: Actor) -> dict[str, Any]:
    """The values of `fits_task_named`; empty for an actor who is tied to nothing."""
    values: dict[str, Any] = {}
    if actor.related_units:
        values["units"] = sorted(actor.related_units)
    if actor.expert_id is not None:
        values["expert"] = actor.expert_id
    if values:
        values["party_groups"] = sorted(key for key in actor.groups if role_of(key) in PARTY_ROLES)
    return values


def addressed_to(actor: Actor) -> ColumnElement[bool]:
    """A condition on `Message`: to the person, or to one of the groups unless the case is one to stay out of."""
    groups = sorted(actor.groups)
    for_unit = [key for key in groups if role_of(key) in PARTY_ROLES]
    free = or_(Message.case_id.is_(None), ~_conflicts(actor, Message.case_id))
    by_office = and_(Message.group_key.in_(groups), free)
    return or_(Message.user_id == actor.user_id, Message.group_key.in_(for_unit), by_office)


def case_facts(session: Session, actor: Actor, case: Case) -> CaseFacts:
    """What `see-case` and the acts on a case ask, for this actor. One statement."""
    values = {
        "case_id": case.id,
        "applicant": case.applicant_id,
        "person": actor.user_id,
        "expert_id": actor.expert_id,
        "competent": case.competent_id,
        "authority": case.authority_id,
        "groups": sorted(actor.groups),
    }
    found = by_kind(session, _statement(), values)
    paths = {row.key: row.name for row in found.get("path", ())}
    touched: dict[int, list[Any]] = {}
    for row in found.get("touch", ()):
        touched.setdefault(row.key, []).append(row)
    return CaseFacts(
        applicant_id=case.applicant_id,
        competent_path=paths.get(case.competent_id),
        authority_path=paths.get(case.authority_id),
        units=units_in(found),
        seat=seat_in(found),
        touches=tuple(
            Touch(frozenset(row.name for row in rows if row.name), rows[0].own, rows[0].flag)
            for rows in touched.values()
        ),
        submitted=case.submitted_at is not None or case.applicant_id is None or case.register_entry_id is not None,
        ended=case.ended_at is not None,
        papers_sent=case.papers_sent_at is not None,
        decided=case.state == DECIDED,
        shown=bool(found.get("shown")),
    )


def units_in(found: Mapping[str, Sequence[Any]]) -> frozenset[str]:
    """The credit codes and names among the rows of `ground_parts`."""
    return frozenset(text for row in found.get("unit", ()) for text in (row.name, row.other) if text)


def seat_in(found: Mapping[str, Sequence[Any]]) -> Any:
    """The state of the person's newest seat among the rows of `ground_parts`; None without one."""
    seat = next(iter(found.get("seat", ())), None)
    if seat is None:
        return None
    return DECLINED if seat.name == DECLINED else (ANSWERED if seat.other else INVITED)


def ground_parts(columns: Any, case_id: Any, applicant: Any, person: Any, expert: Any) -> list[Select[Any]]:
    """The parts of a union that say whose units are in a case (`unit`) and the person's seat in it (`seat`)."""
    seat, panel = aliased(Seat), aliased(Panel)
    newest = (
        select(func.max(seat.id))
        .join(panel, panel.id == seat.panel_id)
        .where(panel.case_id == case_id, seat.expert_id == expert)
    )
    answered = (
        select(func.max(literal("answered")))
        .where(UserTask.case_id == case_id, UserTask.completed_by == person, UserTask.closed_at >= Panel.created_at)
        .correlate(Panel)
        .scalar_subquery()
    )
    return [
        select(*columns("unit", name=Organisation.credit_code, other=Organisation.name)).where(
            Organisation.id == applicant
        ),
        select(*columns("unit", name=Member.credit_code, other=Member.name)).where(Member.case_id == case_id),
        select(*columns("seat", name=Seat.state, other=answered))
        .join(Panel, Panel.id == Seat.panel_id)
        .where(Seat.id == newest.scalar_subquery()),
    ]


@cache
def _statement() -> CompoundSelect[Any]:
    names = ("case_id", "applicant", "person", "expert_id", "competent", "authority")
    case_id, applicant, person, expert, competent, authority = (bindparam(name, type_=INT64) for name in names)
    mine = func.coalesce(or_(UserTask.assignee_id == person, UserTask.completed_by == person), false())
    in_group = UserTask.id.in_(
        select(TaskGroup.task_id).where(TaskGroup.group_key.in_(bindparam("groups", expanding=True)), TaskGroup.open)
    )
    touch = _columns("touch", key=UserTask.id, name=TaskGroup.group_key, own=mine, flag=UserTask.status == "open")
    return union_all(
        *ground_parts(_columns, case_id, applicant, person, expert),
        select(*_columns("path", key=Organisation.id, name=Organisation.path)).where(
            Organisation.id.in_([competent, authority])
        ),
        select(*touch)
        .outerjoin(TaskGroup, TaskGroup.task_id == UserTask.id)
        .where(UserTask.case_id == case_id, or_(mine, in_group)),
        select(*_columns("shown", key=Case.id)).where(Case.id == case_id, Case.id.in_(_shown_to(person))),
    )


def _fits(conflicts: CTE | None, party_groups: Any) -> ColumnElement[bool]:
    if conflicts is None:
        return true()
    as_party = exists().where(_GROUP.task_id == UserTask.id, _GROUP.group_key.in_(party_groups))
    return or_(~_among(UserTask.case_id, conflicts), as_party, ~_judges(UserTask.id))


def _routed_below(scopes: tuple[str, ...]) -> ColumnElement[bool]:
    under = select(_UNIT.id).where(or_(*(_UNIT.path.startswith(path, autoescape=True) for path in scopes))).cte()
    return or_(Case.competent_id.in_(select(under.c.id)), Case.authority_id.in_(select(under.c.id)))


def _conflicts(actor: Actor, case_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    return _among(case_id, _conflicting(actor))


def _among(case_id: SQLColumnExpression[Any], cases: CTE | None) -> ColumnElement[bool]:
    return false() if cases is None else case_id.in_(select(cases.c.case_id))


@lru_cache(maxsize=KEPT_CONDITIONS)
def _conflicting(actor: Actor) -> CTE | None:
    """The cases to stay out of, found once a statement, however often it names them; None when there can be none."""
    return _out_of_bounds(sorted(actor.related_units) or None, actor.expert_id)


@cache
def _conflicting_named(units: bool, expert: bool) -> CTE | None:
    named_units: Any = bindparam("units", expanding=True)
    return _out_of_bounds(named_units if units else None, bindparam("expert", type_=INT64) if expert else None)


def _out_of_bounds(units: Any, expert: Any) -> CTE | None:
    """Cases of which one of the units, by credit code or name, is the applicant or a member; those the expert left."""
    found: list[Select[Any]] = []
    if units is not None:
        applied = select(_CASE.id.label("case_id")).join(_UNIT, _UNIT.id == _CASE.applicant_id)
        found.append(applied.where(_is_one_of(_UNIT, units)))
        found.append(select(_MEMBER.case_id).where(_is_one_of(_MEMBER, units)))
    if expert is not None:
        found.append(_left_by(expert))
    return union_all(*found).cte() if found else None


def _is_one_of(unit: Any, units: Any) -> ColumnElement[bool]:
    return or_(unit.credit_code.in_(units), unit.name.in_(units))


def _judges(task_id: Any) -> ColumnElement[bool]:
    """Whether the task has a group that does not speak for a unit."""
    for_unit = or_(*(_GROUP.group_key.startswith(f"{role}@") for role in sorted(PARTY_ROLES)))
    return exists().where(_GROUP.task_id == task_id, ~for_unit)


def _worked_on(actor: Actor) -> CTE:
    """Cases with a task, open or done, that is or was the actor's, or an open one of the actor's groups; those shown.

    In a conflict only tasks done for the own unit count; an expert's count once the invitation was answered.
    """
    roads = [
        select(UserTask.case_id).where(own == actor.user_id) for own in (UserTask.assignee_id, UserTask.completed_by)
    ]
    if groups := sorted(actor.groups):
        offered = select(UserTask.case_id).join(TaskGroup, TaskGroup.task_id == UserTask.id)
        roads.append(offered.where(TaskGroup.group_key.in_(groups), TaskGroup.open))
    concerned = [fits_task(actor)]
    if actor.expert_id is not None:
        beside = exists().where(_GROUP.task_id == UserTask.id, ~_GROUP.group_key.startswith("expert:"))
        concerned.append(or_(UserTask.case_id.not_in(_only_invited(actor)), beside))
    shown = _shown_to(actor.user_id).subquery().c.case_id
    sent = select(shown).where(~_conflicts(actor, shown))
    return union_all(*(road.where(*concerned) for road in roads), sent).cte()  # each by an index of its own


def _shown_to(person: Any) -> Select[int]:
    """Cases sent to the person for reading, or to sign in."""
    asked = select(UserTask.case_id).join(Signature, Signature.task_id == UserTask.id)
    asked = asked.where(Signature.user_id == person, Signature.state != REMOVED)
    sent = select(Copy.case_id).where(Copy.user_id == person)
    return select(union_all(sent, asked).subquery().c.case_id)


def _newest_seats(expert: Any) -> Select[Any]:
    seat, panel = aliased(Seat), aliased(Panel)
    return (
        select(func.max(seat.id))
        .join(panel, panel.id == seat.panel_id)
        .where(seat.expert_id == expert)
        .group_by(panel.case_id)
    )


def _left_by(expert: Any) -> Select[int]:
    """Cases in which the expert's newest seat was declined: for a conflict of interest, or for no time."""
    panel, seat = aliased(Panel), aliased(Seat)
    return (
        select(panel.case_id)
        .join(seat, seat.panel_id == panel.id)
        .where(seat.id.in_(_newest_seats(expert)), seat.state == DECLINED)
    )


def _only_invited(actor: Actor) -> Select[int]:
    """Cases in which the expert's newest seat waits for the answer to its invitation."""
    panel, seat, done = aliased(Panel), aliased(Seat), aliased(UserTask)
    answered = exists().where(
        done.case_id == panel.case_id, done.completed_by == actor.user_id, done.closed_at >= panel.created_at
    )
    return (
        select(panel.case_id)
        .join(seat, seat.panel_id == panel.id)
        .where(seat.id.in_(_newest_seats(actor.expert_id)), seat.state != DECLINED, ~answered)
    )
