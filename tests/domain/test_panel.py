"""The draw: repeatable, without those in conflict, every field covered; quorum and votes."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.panel import Candidate, Unit, conflict, draw, has_quorum, pool_digest, substitute, tally

FIELDS = ("技术", "产业", "财务", "法律", "管理")
POOL = [Candidate(n, FIELDS[n % 5], employer=f"大学{n}", employer_code=f"CODE{n}") for n in range(1, 31)]
pools = st.lists(
    st.builds(Candidate, id=st.integers(1, 60), field=st.sampled_from(FIELDS)), unique_by=lambda c: c.id, max_size=40
)


@given(pools, st.text(min_size=1, max_size=8), st.integers(1, 9), st.integers(0, 4), st.randoms())
def test_a_draw_can_be_repeated_whatever_the_order_of_the_pool(
    pool: list[Candidate], seed: str, seats: int, reserves: int, order: random.Random
) -> None:
    first = draw(pool, seed=seed, seats=seats, fields=FIELDS, reserves=reserves)
    order.shuffle(pool)
    assert draw(pool, seed=seed, seats=seats, fields=FIELDS, reserves=reserves) == first


@given(pools, st.text(min_size=1, max_size=8), st.integers(5, 9), st.integers(0, 4))
def test_a_draw_seats_nobody_twice_and_covers_what_it_can(
    pool: list[Candidate], seed: str, seats: int, reserves: int
) -> None:
    drawn = draw(pool, seed=seed, seats=seats, fields=FIELDS, reserves=reserves)
    seated = [key for key in drawn.seats if key is not None]
    assert len(drawn.seats) == seats
    assert len(seated) == min(seats, len(pool))
    assert len({*seated, *drawn.reserves}) == len(seated) + len(drawn.reserves)
    there = {one.field for one in pool}
    assert {one.field for one in pool if one.id in seated} >= there & set(FIELDS)
    assert set(drawn.uncovered) == set(FIELDS) - there


def test_every_expert_has_the_same_chance() -> None:
    pool = [Candidate(n, "技术") for n in range(10)]
    drawn = [draw(pool, seed=str(n), seats=3).seats for n in range(3000)]
    times = [sum(expert in seats for seats in drawn) for expert in range(10)]
    assert all(780 < count < 1020 for count in times), times  # 900 expected; five standard deviations


def test_another_seed_gives_another_panel() -> None:
    assert draw(POOL, seed="a", seats=5).seats != draw(POOL, seed="b", seats=5).seats


def test_who_belongs_to_a_unit_of_the_case_is_left_out_with_the_reason() -> None:
    units = [Unit("大学1"), Unit("别名", "CODE2"), Unit("某公司", "CODE99")]
    careful = Candidate(40, "技术", avoid=frozenset({"CODE99"}))
    drawn = draw([*POOL, careful], seed="s", seats=31, units=units)
    assert drawn.excluded == ((1, "own-unit"), (2, "own-unit"), (40, "declared"))
    assert not {1, 2, 40} & set(drawn.seats)
    assert drawn.seats[-3:] == (None, None, None)


def test_units_without_a_code_do_not_clash_with_experts_without_one() -> None:
    assert conflict(Candidate(1, "技术"), [Unit("", None)]) is None


def test_the_pool_is_told_by_its_digest() -> None:
    assert pool_digest(POOL) == pool_digest(reversed(POOL))
    assert pool_digest(POOL) != pool_digest(POOL[1:])
    assert draw(POOL, seed="s", seats=5).pool_digest == pool_digest(POOL)


def test_a_substitute_is_the_next_of_the_same_field() -> None:
    drawn = draw(POOL, seed="s", seats=5, fields=FIELDS)
    fields = {one.id: one.field for one in POOL}
    first = substitute(POOL, seed="s", field="财务", seated=[key for key in drawn.seats if key])
    assert first is not None
    assert fields[first] == "财务"
    assert first not in drawn.seats
    assert substitute(POOL, seed="s", field="财务", seated=[one.id for one in POOL]) is None
    legal_only = [one for one in POOL if one.field == "法律"]
    assert substitute(legal_only, seed="s", field="财务", seated=[]) in {one.id for one in legal_only}


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
