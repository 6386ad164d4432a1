"""A centre goes up from one programme to the next: both cases name each other, and the lower hears what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from flask import current_app
from sqlalchemy import select

from service.app import create_throw_away
from service.commands import cases, deployments
from service.domain.deadlines import ZONE
from service.domain.identity import SYSTEM
from service.programmes.compiled import compiled_of
from service.programmes.folder import read_folder
from service.queries.case_links import links
from service.settings import ROOT
from service.simulator.cast import PASSWORD, Cast, Lead, Units
from service.simulator.driver import Driver
from service.simulator.play import enrol, open_call, stage
from service.simulator.story import Story, StoryStep
from service.store.cases import Case
from service.store.register import RegisterChange, RegisterEntry
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.users import User
from tests.support.page_form import shown, token_on
from tests.support.telling import STARTING, declaration_of, story_of

CITY, PROVINCE = "changchun-manufacturing-innovation-centre", "jilin-manufacturing-innovation-centre"
pytestmark = pytest.mark.proof  # two programmes are published and a declaration is played to its end


def _driver(story: Story, lead: Lead, prefix: str) -> Driver:
    now = datetime.combine(story.starts_on, time(9), ZONE).astimezone(UTC)
    published = transact(
        deployments.publish, read_folder(ROOT, story.programme), story.programme, actor=SYSTEM, now=now
    )
    manifest = compiled_of(db.session(), published.deployment_id).manifest
    db.session.rollback()
    driver = Driver(Cast(manifest, lead=lead, now=now, units=Units(prefix=prefix)), story.programme, now)
    if story.call is not None:
        open_call(story.programme, story.call, now)
    return driver


def _declaring(story: Story, number: str) -> Iterator[StoryStep]:
    """The steps of the declaration, which names where the centre comes from."""
    for step in story.steps:
        yield replace(step, data={**step.data, "promoted_from": number}) if step.task == STARTING else step


@pytest.fixture
def played() -> Iterator[tuple[Driver, Driver, Story, str]]:
    """The city's centre nominated, its unit about to declare to the province: drivers of both, the upper story."""
    upper, lower = story_of(PROVINCE, "cultivated"), story_of(CITY, "promoted-to-province")
    declared = declaration_of(upper)["lead"]
    lead = Lead(name=declared["name"], credit_code=declared["credit_code"])
    assert lower.centre is not None
    with stage(create_throw_away):
        above = _driver(upper, lead, "")
        below = _driver(replace(lower, starts_on=upper.starts_on), lead, "city-")
        below.entry_id = enrol(CITY, lower.centre, lead.credit_code, below.now)
        below.start("promotion", "office")
        for step in lower.steps[:-1]:
            below.play(replace(step, data={**step.data, "held_on": "2025-04-20"}) if "held_on" in step.data else step)
        above.start(upper.procedure, "lead")
        yield above, below, upper, lower.centre.number


def _told(entry_id: int | None) -> list[str]:
    found = db.session.scalars(select(RegisterChange.kind).where(RegisterChange.register_entry_id == entry_id))
    return list(found)


def _page(driver: Driver, role: str, case_id: int) -> str:
    """What somebody in the role reads on the page of a case."""
    person = driver.cast.of_role(role, driver.now)
    login = db.session.get_one(User, person.user_id).login
    db.session.rollback()
    client = current_app.test_client()
    fields = {"csrf_token": token_on(client.get("/sign-in").text), "login": login, "password": PASSWORD}
    assert client.post("/sign-in", data=fields).status_code == 303
    return shown(client.get(f"/cases/{case_id}").text)


def test_the_province_lists_the_centre_and_the_city_registers_its_promotion(
    played: tuple[Driver, Driver, Story, str],
) -> None:
    above, below, story, number = played
    for step in _declaring(story, number):
        above.play(step)
    above.tick()
    lower, upper = below.case_ids["promotion"], above.case_ids[story.procedure]
    assert db.session.get_one(Case, upper).outcome == "cultivated"
    assert db.session.get_one(Case, lower).outcome == "promoted"
    assert db.session.get_one(RegisterEntry, below.entry_id).state == "promoted"
    assert _told(below.entry_id) == ["enrolled", "put-forward", "promoted-above", "struck-off"]
    seen = links(db.session(), SYSTEM, upper)
    assert seen.entry is not None
    assert (seen.entry.number, [one.case_id for one in seen.below]) == (number, [lower])
    assert [one.case_id for one in links(db.session(), SYSTEM, lower).above] == [upper]


def test_a_withdrawn_declaration_leaves_the_centre_with_the_city(played: tuple[Driver, Driver, Story, str]) -> None:
    above, below, story, number = played
    steps = list(_declaring(story, number))
    sent = next(place for place, step in enumerate(steps) if step.task == "签署并提交")
    for step in steps[: sent + 1]:
        above.play(step)
    upper, lower = above.case_ids[story.procedure], below.case_ids["promotion"]
    city = below.cast.of_role("office", above.now)
    assert [(one.case_id, one.state) for one in links(db.session(), city, lower).above] == [(None, "")]
    db.session.rollback()
    for role in ("lead", "local-head"):
        page = _page(above, role, upper)
        assert "晋升来源" in page
        assert number in page
    assert "上级案件JZ" in _page(below, "office", lower)
    lead = above.cast.of_role("lead", above.now)
    transact(cases.withdraw, upper, "示例撤回", actor=lead, now=above.now)
    above.tick()
    assert db.session.get_one(Case, lower).outcome == "not_promoted"
    assert db.session.get_one(RegisterEntry, below.entry_id).state == "operating"
    assert _told(below.entry_id)[-1] == "not-promoted"
