"""Fills a development database: accounts of every role and fictional cases waiting at each stage, dated from today."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load
from sqlalchemy import func, select

from service.commands import people
from service.domain.deadlines import ZONE, local_date
from service.domain.errors import Conflict
from service.domain.identity import SYSTEM
from service.programmes.compiled import compiled_of
from service.programmes.folder import programme_keys
from service.programmes.manifest import Manifest
from service.simulator.cast import DEMONSTRATION, PASSWORD, Cast, Lead, Units, read_units
from service.simulator.driver import Driver
from service.simulator.play import open_call
from service.simulator.story import Story, StoryCall, StoryStep, laid_over, read_story
from service.store import deployments
from service.store.cases import Case
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.users import User

AT_AN_AUTHORITY = ("authority", "competent", "named")
STAFF = (
    ("designer", "示例·流程设计", ("designer",)),
    ("admin", "示例·系统管理", ("administrator", "operator")),
    ("auditor", "示例·审计", ("auditor",)),
)
# Keeps the people and the profile of the unit of the first case.
UNIT_ADMINISTRATOR = ("unit", "示例·本单位管理员", ("unit-administrator",))


class NotPublished(Conflict):
    """The demonstration plays programmes that are not there yet."""

    code = "not-published"
    zh = "没有填入演示数据：这些专项还没有发布。请先运行 shenbao deploy {keys}"
    en = "Nothing was filled in: these programmes are not published. Run first: shenbao deploy {keys}"


@dataclass(frozen=True, kw_only=True)
class DemonstrationCase:
    """A case of the demonstration: a story played up to where task `until` is open, begun so many days ago."""

    story: str
    until: str = ""
    days_ago: int
    lead: str
    credit_code: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DemonstrationCall:
    """A call of the demonstration: opened so many days ago, its dates so many days from today."""

    key: str
    title: str
    days_ago: int
    dates: Mapping[str, int]


class _CallSchema(Schema):
    class Meta:
        unknown = RAISE

    key = fields.String(required=True)
    title = fields.String(required=True)
    days_ago = fields.Integer(required=True)
    dates = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> DemonstrationCall:
        return DemonstrationCall(**data)


class _CaseSchema(Schema):
    class Meta:
        unknown = RAISE

    story = fields.String(required=True)
    until = fields.String()
    days_ago = fields.Integer(required=True)
    lead = fields.String(required=True)
    credit_code = fields.String(required=True)
    data = fields.Dict(keys=fields.String())

    @post_load
    def build(self, data: dict[str, Any], **_kwargs: Any) -> DemonstrationCase:
        return DemonstrationCase(**data)


class _FileSchema(Schema):
    class Meta:
        unknown = RAISE

    cast = fields.Dict(keys=fields.String(), values=fields.String())
    calls = fields.List(fields.Nested(_CallSchema), load_default=[], data_key="call")
    cases = fields.List(fields.Nested(_CaseSchema), required=True, data_key="case")


def demonstrate(models: Path, now: datetime, say: Callable[[str], Any]) -> None:
    """Fill an empty database with what each programme's `demonstration.toml` lists; a filled one is left alone.

    Raises NotPublished, before anything is filled in: a programme that is left out now could not be added later.
    """
    if not db.session.scalar(select(func.count(Case.id))):
        paths = {key: models / "bpmn" / key / DEMONSTRATION for key in programme_keys(models)}
        listed = {key: path for key, path in paths.items() if path.exists()}
        newest = {key: deployments.newest(db.session(), key) for key in listed}
        published = {key: deployment_id for key, deployment_id in newest.items() if deployment_id is not None}
        if missing := newest.keys() - published.keys():
            raise NotPublished(keys=" ".join(sorted(missing)))
        for key, deployment_id in published.items():
            _programme(key, deployment_id, listed[key], now)
    _print_accounts(say)


def _programme(key: str, deployment_id: int, path: Path, now: datetime) -> None:
    manifest = compiled_of(db.session(), deployment_id).manifest
    db.session.rollback()
    listed, units = _FileSchema().load(tomllib.loads(path.read_text(encoding="utf-8"))), read_units(path.parent)
    for call in listed["calls"]:
        _open(key, call, now)
    for number, case in enumerate(listed["cases"], start=1):
        lead = Lead(f"{units.prefix}lead{number:02d}", case.lead, case.credit_code)
        _play(key, manifest, read_story(path.parent / case.story), case=case, lead=lead, units=units, now=now)
    _staff(manifest, units.prefix, now)


def _open(key: str, call: DemonstrationCall, now: datetime) -> None:
    today = local_date(now)
    opens_on = today - timedelta(days=call.days_ago)
    dates = {name: today + timedelta(days=count) for name, count in call.dates.items()}
    opened_at = datetime.combine(opens_on, time(9, 0), ZONE).astimezone(UTC)
    open_call(key, StoryCall(key=call.key, title=call.title, opens_on=opens_on, dates=dates), opened_at)


def _play(
    key: str,
    manifest: Manifest,
    story: Story,
    *,
    case: DemonstrationCase,
    lead: Lead,
    units: Units,
    now: datetime,
) -> None:
    begins = local_date(now) - timedelta(days=case.days_ago)
    starts_at = min(datetime.combine(begins, time(9, 0), ZONE).astimezone(UTC), now - timedelta(hours=6))
    cast = Cast(manifest, lead=lead, now=starts_at, units=units)
    driver = Driver(cast, key, starts_at, not_after=now, shift=begins - story.starts_on)
    driver.start(story.procedure, manifest.procedures[story.procedure].start)
    for step in story.steps:
        if driver.is_open(case.until) or driver.now >= now:
            break
        driver.play(_adapted(step, case))
    for name, role in manifest.roles.items():  # whose turn is next has an account, too
        if role.holder in AT_AN_AUTHORITY:
            cast.of_role(name, now)


def _adapted(step: StoryStep, case: DemonstrationCase) -> StoryStep:
    """The step with the case's own names laid over the story's."""
    own = {**case.data, "lead": {"name": case.lead, "credit_code": case.credit_code}}
    return replace(step, data=laid_over(step.data, own))


def _staff(manifest: Manifest, prefix: str, now: datetime) -> None:
    homes = {**dict.fromkeys(STAFF, manifest.authority), UNIT_ADMINISTRATOR: f"{prefix}lead01"}
    for (account, name, roles), organisation in homes.items():
        login = f"{prefix}{account}"
        if db.session.scalar(select(User.id).where(User.login == login)) is None:
            transact(
                people.add_user,
                login=login,
                name=name,
                organisation=organisation,
                roles=roles,
                password=PASSWORD,
                email=f"{login}@example.invalid",
                actor=SYSTEM,
                now=now,
            )


def _print_accounts(say: Callable[[str], Any]) -> None:
    rows = db.session.execute(select(User.login, User.name).order_by(User.id)).all()
    db.session.rollback()
    say(f"演示账号（口令都是 {PASSWORD}） / demonstration accounts, all with that password:")
    for login, name in rows:
        say(f"  {login:<18} {name}")
