"""The rule over facts and its twin in SQL say what an independent oracle says, over generated accesses."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import make_url, select, union_all

from service.domain.identity import Actor, Grant
from service.store.access import fits_task, visible
from service.store.cases import Case
from service.store.user_tasks import UserTask
from tests.access.judging import judge

ACCESSES = 2_000


def test_the_rule_and_the_lists_agree_with_the_oracle(
    store: Flask, record_property: Callable[[str, object], None]
) -> None:
    del store
    judged, seed = 0, 0
    while judged < ACCESSES:
        more, wrong = judge(seed)
        assert wrong == []
        judged, seed = judged + more, seed + 1
    record_property("figures", f"{judged} accesses in {seed} worlds, 0 wrong")


def test_a_statement_finds_the_cases_to_stay_out_of_once() -> None:
    tied = Actor(7, "示例", 5, frozenset({Grant("office", 5, "/5/")}), expert_id=3, interests=frozenset({"示例单位"}))
    asked = union_all(select(Case.id).where(visible(tied)), select(UserTask.case_id).where(fits_task(tied)))
    for url in ("sqlite://", "postgresql+psycopg://"):
        assert str(asked.compile(dialect=make_url(url).get_dialect()())).count("FROM members") == 1
