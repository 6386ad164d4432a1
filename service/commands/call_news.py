"""Tell departments and units what the dates of a call bring: that it is open, about to close, extended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from service.commands.telling import Words
from service.commands.trail import note
from service.domain import deadlines
from service.domain.deadlines import local_date
from service.domain.errors import NotFound
from service.domain.identity import group_at
from service.domain.written import written
from service.operations.recipients import tell_groups
from service.programmes.compiled import compiled_of
from service.programmes.manifest import Manifest
from service.store import calendars, calls, deployments
from service.store.calls import INTAKE, Call
from service.store.organisations import Organisation, authority_path
from service.store.unit_of_work import UnitOfWork
from service.store.users import Grant, is_valid

OPENED, CLOSING = "opened", "closing"
AT_ONCE: Final = 200  # groups told by one statement


@dataclass(frozen=True, slots=True, order=True)
class Occasion:
    """Something to tell one department (None: units declare to the authority itself) at an instant."""

    at: datetime
    kind: str
    department: int | None
    last: date | None


def tell(work: UnitOfWork, call_id: int) -> bool:
    """Tell what the call has to tell by now, each once; whether there was anything.

    Of several reminders that a stopped clock has missed only the newest is told.
    Source: domain §7 `call-lifecycle`, §11.
    """
    call = work.session.scalar(select(Call).where(Call.id == call_id).with_for_update())
    if call is None or call.news_at is None or call.news_at > work.now:
        return False
    manifest = _manifest(work, call)
    due = [one for one in _occasions(work, call, manifest) if call.news_at <= one.at <= work.now]
    newest = {one.department: one for one in due if one.kind == CLOSING}  # in order of time: the last one stays
    told = [one for one in due if one.kind == OPENED] + [
        one for one in newest.values() if one.last is not None and local_date(work.now) <= one.last
    ]
    for one in told:
        _tell_one(work, call, manifest, one)
    _look_again(work, call, since=work.now + datetime.resolution)
    if told:
        kinds = sorted({one.kind for one in told})
        note(work, "call-news-told", "call", call.id, {"title": call.title, "kinds": kinds, "told": len(told)})
    return bool(told)


def schedule(work: UnitOfWork, call: Call) -> None:
    """Set when the clock looks at a new call first."""
    _look_again(work, call, since=None)


def reschedule(work: UnitOfWork, call: Call) -> None:
    """The same for a call whose dates have moved: what was told stays told, what waits is told."""
    waits = call.news_at is not None and call.news_at <= work.now
    _look_again(work, call, since=call.news_at if waits else work.now + datetime.resolution)


def _look_again(work: UnitOfWork, call: Call, *, since: datetime | None) -> None:
    occasions = _occasions(work, call, _manifest(work, call))
    call.news_at = min((one.at for one in occasions if since is None or one.at >= since), default=None)


def tell_extended(work: UnitOfWork, call: Call, name: str, until: date, why: str) -> None:
    """Tell the departments that a date of the call is later now; units with a case of it are told case by case."""
    manifest = _manifest(work, call)
    keys = [key for department in _departments(work, manifest) for key in _offices(manifest, department)]
    rule = manifest.deadlines[name]
    title = f"批次延期：“{call.title}”的{rule.name}延至 {written(until)}"
    english = (
        f"Call extended: “{rule.name_en or rule.name}” of “{call.title}” until {written(until, 'en')}",
        f"Reason: {why}",
    )
    once = f"call-extended:{call.id}:{name}:{until}"
    tell_groups(work, keys, title, f"原因：{why}", case_id=None, once=once, english=english)
    reschedule(work, call)


def _occasions(work: UnitOfWork, call: Call, manifest: Manifest) -> list[Occasion]:
    calendar, rule = calendars.load(work.session), manifest.deadlines.get(INTAKE)
    opens_on, found = call.opens_on or local_date(work.now), []
    for department in _departments(work, manifest):
        last = calls.dates_for(call.dates, department).get(INTAKE)
        found.append(Occasion(deadlines.reminders(opens_on, (0,), calendar)[0], OPENED, department, last))
        if last is not None and rule is not None:
            reminded = deadlines.reminders(last, rule.reminders, calendar)
            # on the first day the opening says until when
            found += [Occasion(at, CLOSING, department, last) for at in reminded if local_date(at) > opens_on]
    return sorted(found, key=lambda one: (one.at, one.department or 0))


def _tell_one(work: UnitOfWork, call: Call, manifest: Manifest, one: Occasion) -> None:
    keys = _offices(manifest, one.department)
    end = manifest.deadlines[INTAKE].end if INTAKE in manifest.deadlines else "24:00"
    if one.kind == OPENED:
        keys = [*keys, *_units(work, manifest, one.department)]
    words = _opening(call, manifest, one, end) if one.kind == OPENED else _closing(call, one, end)
    once = f"call-{one.kind}:{call.id}:{one.at.isoformat()}"
    for first in range(0, len(keys), AT_ONCE):
        some = keys[first : first + AT_ONCE]
        tell_groups(work, some, *words["zh"], case_id=None, once=once, english=words["en"])


def _opening(call: Call, manifest: Manifest, one: Occasion, end: str) -> Words:
    closes = f"{_end(one, end)}截止" if one.last else "常年受理"
    until = f"until {_end(one, end, 'en')}" if one.last else "at any time"
    return {
        "zh": (f"批次开放：“{call.title}”", f"{manifest.name}开始受理申报，{closes}。"),
        "en": (f"Call opened: “{call.title}”", f"{manifest.name_en or manifest.name}: declarations are taken {until}."),
    }


def _closing(call: Call, one: Occasion, end: str) -> Words:
    return {
        "zh": (
            f"批次提醒：“{call.title}”将于 {_end(one, end)} 截止申报",
            "请提醒本地区正在填报的单位按期提交；截止以后未提交的草稿失效。",
        ),
        "en": (
            f"Call reminder: declarations for “{call.title}” close on {_end(one, end, 'en')}",
            "Please remind the units of your area that are filling in: a draft that is not submitted by then lapses.",
        ),
    }


def _end(one: Occasion, end: str, language: str = "zh") -> str:
    return written(deadlines.end_of(one.last, end), language) if one.last else ""


def _manifest(work: UnitOfWork, call: Call) -> Manifest:
    deployment = deployments.newest(work.session, call.programme)
    if deployment is None:
        raise NotFound()
    return compiled_of(work.session, deployment).manifest


def _departments(work: UnitOfWork, manifest: Manifest) -> Sequence[int | None]:
    """The departments below the authority where somebody holds a role of the recommending department."""
    roles = manifest.department_roles
    if not roles:
        return [None]
    path = authority_path(work.session, manifest.authority) or ""
    held = select(Grant.organisation_id).where(Grant.role.in_(roles), is_valid(local_date(work.now)))
    below = Organisation.path.startswith(path, autoescape=True)
    found = select(Organisation.id).where(below, Organisation.id.in_(held)).order_by(Organisation.id)
    return work.session.scalars(found).all()


def _offices(manifest: Manifest, department: int | None) -> list[str]:
    if department is None:
        return []
    return [group_at(role, department) for role in sorted(manifest.department_roles)]


def _units(work: UnitOfWork, manifest: Manifest, department: int | None) -> Iterator[str]:
    """Registered units that declare by way of the department, or to the authority itself, with somebody to declare."""
    for role in manifest.roles.values():
        if role.holder != "applicant":
            continue
        held = select(Grant.organisation_id).where(Grant.role == role.key, is_valid(local_date(work.now)))
        units = select(Organisation.id).where(Organisation.id.in_(held))
        if department is not None:
            units = units.where(Organisation.competent_id == department)
        yield from (group_at(role.key, unit) for unit in work.session.scalars(units.order_by(Organisation.id)))
