"""Who may do what: one case for each part of the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.domain.access import CaseFacts, TaskFacts, Touch, incompatible, may, reads_as_party, why_not
from service.domain.errors import (
    DeadlinePassed,
    NotAllowed,
    NotFound,
    TaskAlreadyClaimed,
    TaskAlreadyCompleted,
    WrongState,
)
from service.domain.identity import CLOCK, Actor, Grant

NOW = datetime(2025, 4, 1, 2, 0, tzinfo=UTC)
CITY, COUNTY, OTHER_COUNTY = "/1/", "/1/5/", "/1/6/"
CASE = CaseFacts(applicant_id=50, competent_path=COUNTY, authority_path=CITY, units=frozenset({"LEAD", "MEMBER"}))
TASK = TaskFacts(CASE, groups=frozenset({"local-clerk@5"}))


def staff(role: str, organisation: int, path: str, user: int = 7, code: str | None = None) -> Actor:
    return Actor(user, "王敏", organisation, frozenset({Grant(role, organisation, path)}), credit_code=code)


CLERK = staff("local-clerk", 5, COUNTY)
APPLICANT = staff("lead", 50, "/50/", user=8, code="LEAD")


@pytest.mark.parametrize(
    ("actor", "sees"),
    [
        (CLERK, True),
        (staff("office-clerk", 1, CITY), True),
        (staff("local-clerk", 6, OTHER_COUNTY), False),
        (APPLICANT, True),
        (staff("lead", 51, "/51/"), False),
        (staff("auditor", 1, CITY), True),
        (staff("auditor", 9, "/9/"), False),
        (Actor(3, "专家", expert_id=3), False),
        (CLOCK, True),
    ],
    ids=[
        "county",
        "city above",
        "sibling county",
        "applicant",
        "another unit",
        "auditor",
        "auditor elsewhere",
        "any expert",
        "clock",
    ],
)
def test_a_case_is_seen_in_scope_only(actor: Actor, sees: bool) -> None:
    assert may(actor, "see-case", CASE, NOW) is sees
    if not sees:
        assert isinstance(why_not(actor, "see-case", CASE, NOW), NotFound)


def test_an_office_sees_nothing_before_it_was_submitted() -> None:
    draft = replace(CASE, submitted=False)
    assert not may(CLERK, "see-case", draft, NOW)
    assert may(APPLICANT, "see-case", draft, NOW)
    assert may(CLERK, "see-case", replace(draft, touches=(Touch(frozenset({"local-clerk@5"})),)), NOW)
    assert not may(CLERK, "see-case", replace(draft, touches=(Touch(frozenset({"local-clerk@5"}), open=False),)), NOW)


@pytest.mark.parametrize(
    ("seat", "touch", "sees"),
    [
        (None, Touch(frozenset({"expert:3"})), True),
        (None, Touch(frozenset({"expert:3"}), own=True, open=False), True),
        ("invited", Touch(frozenset({"expert:3"})), False),
        ("invited", Touch(frozenset({"expert:3", "panel-chair@1"})), True),
        ("answered", Touch(frozenset({"expert:3"})), True),
        ("declined", Touch(frozenset({"expert:3"}), own=True, open=False), False),
    ],
    ids=["assigned", "done before", "only invited", "with another office", "declared no conflict", "declined"],
)
def test_an_expert_sees_an_assigned_case_after_declaring_no_conflict(seat: Any, touch: Touch, sees: bool) -> None:
    expert = Actor(3, "专家", expert_id=3)
    assert may(expert, "see-case", replace(CASE, seat=seat, touches=(touch,)), NOW) is sees


@pytest.mark.parametrize(
    ("tie", "facts"),
    [
        ({"credit_code": "MEMBER"}, {}),
        ({"interests": frozenset({"LEAD"})}, {}),
        ({"interests": frozenset({"示例大学"})}, {"units": frozenset({"LEAD", "示例大学"})}),
        ({"expert_id": 3}, {"seat": "declined"}),
    ],
    ids=["of a member unit", "declared relation", "joint project, by name", "left a seat"],
)
def test_who_is_in_conflict_neither_sees_nor_acts(tie: dict[str, Any], facts: dict[str, Any]) -> None:
    conflicted, case = replace(CLERK, **tie), replace(CASE, **facts)
    assert isinstance(why_not(conflicted, "see-case", case, NOW), NotFound)
    for action in ("see-task", "work-on-task"):
        assert isinstance(why_not(conflicted, action, replace(TASK, case=case), NOW), NotFound)  # type: ignore[arg-type]
    assert isinstance(why_not(conflicted, "receive-task", replace(TASK, case=case), NOW), NotAllowed)
    before = Touch(frozenset({"local-clerk@5"}), own=True, open=False)
    assert not may(conflicted, "see-case", replace(case, touches=(before,)), NOW)
    assert not may(conflicted, "keep-dates", replace(case, authority_path=COUNTY), NOW)


@pytest.mark.parametrize("role", ["designer", "administrator", "operator"])
def test_who_runs_the_service_reads_no_case(role: str) -> None:
    assert not may(staff(role, 1, CITY), "see-case", CASE, NOW)


def test_an_auditor_reads_and_acts_on_nothing() -> None:
    auditor = staff("auditor", 1, CITY)
    assert may(auditor, "see-case", CASE, NOW)
    assert not may(auditor, "keep-dates", CASE, NOW)
    assert not may(auditor, "see-objector", CASE, NOW)
    assert not may(auditor, "receive-task", replace(TASK, groups=frozenset({"office@1"})), NOW)


@pytest.mark.parametrize(
    ("receiver", "allowed"),
    [
        (CLERK_TWO := staff("local-clerk", 5, COUNTY, user=9), True),
        (staff("local-head", 5, COUNTY, user=9), True),
        (staff("local-clerk", 6, OTHER_COUNTY, user=9), False),
        (staff("lead", 50, "/50/", user=9, code="LEAD"), False),
        (Actor(9, "专家", expert_id=4), False),
        (staff("administrator", 5, COUNTY, user=9), False),
    ],
    ids=["same role", "same office", "sibling county", "the applicant", "an expert", "administrator"],
)
def test_a_task_is_handed_to_the_office_it_waits_in(receiver: Actor, allowed: bool) -> None:
    held = replace(TASK, assignee_id=7, holder="王敏")
    assert may(receiver, "receive-task", held, NOW) is allowed
    assert not may(receiver, "receive-task", replace(held, acted=frozenset({("office-check", "office")})), NOW)


def test_what_an_expert_or_a_unit_does_is_handed_to_nobody_else() -> None:
    for group in ("expert:3", "lead@5", "member@MEMBER"):
        assert not may(CLERK_TWO, "receive-task", replace(TASK, groups=frozenset({group})), NOW)


def test_a_party_reads_as_a_party_whatever_office_it_holds_elsewhere() -> None:
    office = staff("office", 1, CITY)
    assert not reads_as_party(office, CASE)
    assert reads_as_party(replace(office, organisation_id=50), CASE)
    assert reads_as_party(replace(office, expert_id=3), replace(CASE, seat="answered"))
    assert reads_as_party(replace(office, credit_code="MEMBER"), CASE)
    assert reads_as_party(APPLICANT, CASE)


@pytest.mark.parametrize(
    ("roles", "pair"),
    [
        (("office", "auditor"), None),
        (("designer", "administrator"), None),
        (("administrator", "auditor"), ("administrator", "auditor")),
        (("lead", "auditor"), ("lead", "auditor")),
        (("expert", "designer"), ("expert", "designer")),
    ],
)
def test_some_roles_are_kept_apart(roles: tuple[str, ...], pair: tuple[str, str] | None) -> None:
    assert incompatible(roles) == pair


def test_a_unit_works_on_its_own_case() -> None:
    own = replace(TASK, groups=frozenset({"lead@50"}))
    assert may(APPLICANT, "work-on-task", own, NOW)
    member = Actor(9, "成员", 60, credit_code="MEMBER")
    assert may(member, "work-on-task", replace(TASK, groups=frozenset({"member@MEMBER"})), NOW)


def test_an_expert_of_a_member_unit_does_not_judge_it() -> None:
    task = replace(TASK, groups=frozenset({"expert:3"}))
    assert may(Actor(3, "专家", expert_id=3), "work-on-task", task, NOW)
    assert not may(Actor(3, "专家", expert_id=3, credit_code="MEMBER"), "work-on-task", task, NOW)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, None),
        ({"groups": frozenset({"local-clerk@6"})}, NotFound),
        ({"groups": frozenset({"local-clerk@6"}), "assignee_id": 7}, NotAllowed),
        ({"groups": frozenset(), "assignee_id": 7}, None),
        ({"status": "completed", "holder": "李强", "since": NOW}, TaskAlreadyCompleted),
        ({"assignee_id": 8, "holder": "李强", "since": NOW}, TaskAlreadyClaimed),
        ({"assignee_id": 7}, None),
        ({"over_at": NOW}, DeadlinePassed),
        ({"over_at": NOW + timedelta.resolution}, None),
        ({"acted": frozenset({("office-check", "office-clerk")})}, NotAllowed),
        ({"acted": frozenset({("earlier", "local-clerk")})}, None),
        ({"acted": frozenset({("draft", "local-clerk")}), "not_by": frozenset({"draft"})}, NotAllowed),
    ],
    ids=[
        "free",
        "other group",
        "role lost",
        "assigned",
        "done",
        "held",
        "own",
        "over",
        "last moment",
        "second role",
        "same role",
        "kept apart",
    ],
)
def test_a_task_is_worked_on_by_its_own(change: dict[str, object], refusal: type[Exception] | None) -> None:
    found = why_not(CLERK, "work-on-task", replace(TASK, **change), NOW)  # type: ignore[arg-type]
    assert (type(found) if found else None) is refusal


def test_a_finished_task_is_still_seen_by_its_own() -> None:
    assert may(CLERK, "see-task", replace(TASK, status="completed"), NOW)
    assert not may(staff("local-clerk", 6, OTHER_COUNTY), "see-task", TASK, NOW)


def test_a_unit_withdraws_until_the_papers_are_sent() -> None:
    assert may(APPLICANT, "withdraw-case", CASE, NOW)
    assert isinstance(why_not(APPLICANT, "withdraw-case", replace(CASE, papers_sent=True), NOW), WrongState)
    assert isinstance(why_not(APPLICANT, "withdraw-case", replace(CASE, ended=True), NOW), WrongState)
    assert isinstance(why_not(CLERK, "withdraw-case", CASE, NOW), NotAllowed)


def test_who_objected_is_known_to_the_authority_alone() -> None:
    assert may(staff("office-clerk", 1, CITY), "see-objector", CASE, NOW)
    assert isinstance(why_not(CLERK, "see-objector", CASE, NOW), NotAllowed)
    assert isinstance(why_not(APPLICANT, "see-objector", CASE, NOW), NotAllowed)
    assert not may(staff("office-clerk", 1, CITY, code="MEMBER"), "see-objector", CASE, NOW)
