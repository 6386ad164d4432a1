"""The draw: repeatable, without those in conflict, every field covered; quorum and votes."""

from __future__ import annotations

import hashlib
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.panel import (
    REASONS,
    Candidate,
    Entry,
    Unit,
    conflict,
    digest,
    draw,
    has_quorum,
    pool_text,
    sealed,
    seed_of,
    substitute,
    tally,
)

FIELDS = ("技术", "产业", "财务", "法律", "管理")
POOL = [Entry(f"{n:08x}", FIELDS[n % 5]) for n in range(1, 31)]
entries = st.lists(
    st.builds(
        Entry,
        code=st.integers(1, 60).map("{:08x}".format),
        field=st.sampled_from(FIELDS),
        reason=st.sampled_from([None, None, None, *REASONS]),
    ),
    unique_by=lambda one: one.code,
    max_size=40,
)
seeds = st.text(min_size=1, max_size=8)


@given(entries, seeds, st.integers(1, 9), st.integers(0, 4), st.randoms())
def test_a_draw_can_be_repeated_whatever_the_order_of_the_pool(
    pool: list[Entry], seed: str, seats: int, reserves: int, order: random.Random
) -> None:
    first = draw(pool, seed=seed, seats=seats, fields=FIELDS, reserves=reserves)
    order.shuffle(pool)
    assert draw(pool, seed=seed, seats=seats, fields=FIELDS, reserves=reserves) == first


@given(entries, seeds, st.integers(5, 9), st.integers(0, 4))
def test_a_draw_seats_nobody_twice_and_covers_what_it_can(
    pool: list[Entry], seed: str, seats: int, reserves: int
) -> None:
    drawn = draw(pool, seed=seed, seats=seats, fields=FIELDS, reserves=reserves)
    seated = [code for code in drawn.seats if code is not None]
    eligible = [one for one in pool if one.reason is None]
    assert len(drawn.seats) == seats
    assert len(seated) == min(seats, len(eligible))
    assert len(drawn.reserves) == min(reserves, len(eligible) - len(seated))
    assert len({*seated, *drawn.reserves}) == len(seated) + len(drawn.reserves)
    there = {one.field for one in eligible}
    assert {one.field for one in eligible if one.code in seated} >= there & set(FIELDS)
    assert set(drawn.uncovered) == set(FIELDS) - there


@given(entries, seeds, st.integers(0, 6))
def test_nobody_who_is_left_out_is_drawn_or_asked(pool: list[Entry], seed: str, reserves: int) -> None:
    drawn = draw(pool, seed=seed, seats=5, reserves=reserves)
    left_out = {one.code for one in pool if one.reason}
    assert not left_out & {*drawn.seats, *drawn.reserves}


def test_every_expert_has_the_same_chance() -> None:
    pool = [Entry(str(n), "技术") for n in range(10)]
    drawn = [draw(pool, seed=str(n), seats=3).seats for n in range(3000)]
    times = [sum(str(expert) in seats for seats in drawn) for expert in range(10)]
    assert all(780 < count < 1020 for count in times), times  # 900 expected; five standard deviations


def test_another_number_of_the_witness_gives_another_panel() -> None:
    first, second = (draw(POOL, seed=seed_of("sealed", number), seats=5) for number in ("1", "2"))
    assert first.seats != second.seats


def test_who_may_not_judge_is_entered_with_the_reason() -> None:
    units = [Unit("大学1"), Unit("别名", "CODE2"), Unit("某公司", "CODE99")]
    pool = [
        Candidate(1, "技术", employer="大学1"),
        Candidate(2, "技术", employer_code="CODE2"),
        Candidate(3, "技术", avoid=frozenset({"CODE99"})),
        Candidate(4, "技术", barred="absent"),
        Candidate(5, "技术", employer="大学1", barred="declined"),
        Candidate(6, "技术"),
    ]
    found = sealed(pool, units, {one.id: f"c{one.id}" for one in pool})
    assert [(one.code, one.reason) for one in found] == [
        ("c1", "own-unit"), ("c2", "own-unit"), ("c3", "declared"), ("c4", "absent"), ("c5", "declined"), ("c6", None),
    ]  # fmt: skip
    assert {one.reason for one in found if one.reason} <= set(REASONS)


def test_units_without_a_code_do_not_clash_with_experts_without_one() -> None:
    assert conflict(Candidate(1, "技术"), [Unit("", None)]) is None


def test_the_pool_is_told_by_the_digest_of_its_text() -> None:
    text = pool_text(POOL)
    assert digest(text) == hashlib.sha256(text.encode()).hexdigest()
    assert text.count("\n") == len(POOL)
    assert digest(pool_text(POOL[1:])) != digest(text)
    assert pool_text([Entry("a", "技术")]) != pool_text([Entry("a", "技术", "absent")])


def test_a_substitute_is_a_reserve_of_the_same_field_and_else_the_next() -> None:
    reserves = ["00000005", "00000003", "00000008", "0000000a"]  # fields: 技术, 法律, 法律, 技术
    assert substitute(POOL, reserves=reserves, field="法律", asked=()) == "00000003"
    assert substitute(POOL, reserves=reserves, field="法律", asked={"00000003"}) == "00000008"
    assert substitute(POOL, reserves=reserves, field="财务", asked={"00000005"}) == "00000003"
    assert substitute(POOL, reserves=reserves, field="法律", asked=set(reserves)) is None
    assert substitute(POOL, reserves=(), field="法律", asked=()) is None


def test_quorum_of_nobody_is_none() -> None:
    assert not has_quorum(0, 0)
    assert has_quorum(3, 5, Fraction(3, 5))


def test_votes() -> None:
    assert tally([]).passed is False
    counted = tally(["approve", "abstain", "approve", "reject"])
    assert (counted.approve, counted.reject, counted.abstain, counted.passed) == (2, 1, 1, False)
    assert tally(["approve"] * 3, entitled=7).passed is False
    assert tally(["approve"] * 4, entitled=7).passed is True
    with pytest.raises(ValueError, match="maybe"):
        tally(["maybe"])
