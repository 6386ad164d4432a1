"""Who may do what: one case for each part of the rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.access import CaseFacts, TaskFacts, may, why_not
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
CASE = CaseFacts(applicant_id=50, competent_path=COUNTY, authority_path=CITY, unit_codes=frozenset({"LEAD", "MEMBER"}))
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
        (staff("auditor", 9, "/9/"), True),
        (Actor(3, "专家", expert_id=3), False),
        (CLOCK, True),
    ],
    ids=["county", "city above", "sibling county", "applicant", "another unit", "auditor", "any expert", "clock"],
)
def test_a_case_is_seen_in_scope_only(actor: Actor, sees: bool) -> None:
    assert may(actor, "see-case", CASE, NOW) is sees
    if not sees:
        assert isinstance(why_not(actor, "see-case", CASE, NOW), NotFound)


def test_an_office_sees_nothing_before_it_was_submitted() -> None:
    draft = replace(CASE, submitted=False)
    assert not may(CLERK, "see-case", draft, NOW)
    assert may(APPLICANT, "see-case", draft, NOW)
    assert may(CLERK, "see-case", replace(draft, open_groups=frozenset({"local-clerk@5"})), NOW)


def test_an_expert_sees_an_assigned_case() -> None:
    expert = Actor(3, "专家", expert_id=3)
    assert may(expert, "see-case", replace(CASE, open_groups=frozenset({"expert:3"})), NOW)
    assert may(expert, "see-case", replace(CASE, worker_ids=frozenset({3})), NOW)


@pytest.mark.parametrize("code", ["MEMBER", None], ids=["of a member unit", "recused"])
def test_who_is_in_conflict_neither_sees_nor_acts(code: str | None) -> None:
    conflicted = staff("local-clerk", 5, COUNTY, code=code)
    case = CASE if conflicted.credit_code else replace(CASE, recused_user_ids=frozenset({7}))
    assert isinstance(why_not(conflicted, "see-case", case, NOW), NotFound)
    assert isinstance(why_not(conflicted, "work-on-task", replace(TASK, case=case), NOW), NotFound)
    recused = replace(case, recused_user_ids=frozenset({7}), worker_ids=frozenset({7}))
    assert not may(conflicted, "see-case", recused, NOW)


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
        ({"groups": frozenset({"local-clerk@6"}), "assignee_id": 7}, None),
        ({"status": "completed", "holder": "李强", "since": NOW}, TaskAlreadyCompleted),
        ({"assignee_id": 8, "holder": "李强", "since": NOW}, TaskAlreadyClaimed),
        ({"assignee_id": 7}, None),
        ({"over_at": NOW}, DeadlinePassed),
        ({"over_at": NOW + timedelta.resolution}, None),
        ({"acted_as": frozenset({"office-clerk"})}, NotAllowed),
        ({"acted_as": frozenset({"local-clerk"})}, None),
    ],
    ids=["free", "other group", "assigned", "done", "held", "own", "over", "last moment", "second role", "same role"],
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
