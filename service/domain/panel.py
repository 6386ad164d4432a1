"""The panel of experts: a draw anybody can repeat, substitutes, quorum and the count of votes.

Chance is sha256 over the seed and the expert's id, so that the draw can be checked with any tool, years later and
without this program.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

TWO_THIRDS: Final = Fraction(2, 3)
HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert of the pool; `avoid` holds names and credit codes of units the expert declared."""

    id: int
    field: str
    employer: str = ""
    employer_code: str | None = None
    avoid: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that takes part in the case: the applicant or a member."""

    name: str
    credit_code: str | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """What a draw gave. A seat is None where nobody eligible was left; `uncovered` are fields without an expert."""

    seed: str
    pool_digest: str
    seats: tuple[int | None, ...]
    reserves: tuple[int, ...]
    excluded: tuple[tuple[int, str], ...]
    uncovered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The count of a vote."""

    approve: int
    reject: int
    abstain: int
    passed: bool


def draw(
    pool: Collection[Candidate],
    *,
    seed: str,
    seats: int,
    fields: Sequence[str] = (),
    reserves: int = 0,
    units: Collection[Unit] = (),
) -> Draw:
    """Draw a panel: first one expert for each of the fields, then by lot from all that are left.

    An expert in conflict with a unit of the case is left out, with the reason. The same pool, seed and request always
    give the same panel, in whatever order the pool comes.
    """
    reasons = {candidate.id: conflict(candidate, units) for candidate in pool}
    excluded = tuple(sorted((key, reason) for key, reason in reasons.items() if reason))
    lots = sorted((one for one in pool if not reasons[one.id]), key=lambda one: (lot(seed, one.id), one.id))
    chosen: list[Candidate] = []
    uncovered: list[str] = []
    for field in list(dict.fromkeys(fields))[:seats]:
        first = next((one for one in lots if one.field == field and one not in chosen), None)
        if first is None:
            uncovered.append(field)
        else:
            chosen.append(first)
    rest = [one for one in lots if one not in chosen]
    chosen += rest[: seats - len(chosen)]
    left = [one.id for one in lots if one not in chosen]
    taken = tuple(one.id for one in chosen)
    return Draw(
        seed=seed,
        pool_digest=pool_digest(pool),
        seats=taken + (None,) * (seats - len(taken)),
        reserves=tuple(left[:reserves]),
        excluded=excluded,
        uncovered=tuple(uncovered),
    )


def substitute(
    pool: Collection[Candidate],
    *,
    seed: str,
    field: str,
    seated: Collection[int],
    units: Collection[Unit] = (),
) -> int | None:
    """Who takes the seat of an expert that declined: the next by lot of the same field, else of any; None if nobody.

    `seated` are all that sit, declined or were replaced: nobody is asked twice.
    """
    lots = [one for one in pool if one.id not in seated and not conflict(one, units)]
    lots.sort(key=lambda one: (one.field != field, lot(seed, one.id), one.id))
    return lots[0].id if lots else None


def conflict(candidate: Candidate, units: Iterable[Unit]) -> str | None:
    """Why an expert may not judge these units: `own-unit` or `declared`; None where nothing stands against it."""
    for unit in units:
        same_code = unit.credit_code is not None and unit.credit_code == candidate.employer_code
        if same_code or (unit.name and unit.name == candidate.employer):
            return "own-unit"
        if {unit.name, unit.credit_code} & candidate.avoid:
            return "declared"
    return None


def lot(seed: str, expert_id: int) -> str:
    """The lot of one expert, as hexadecimal text; the smallest is drawn first.

    >>> lot("2026-011", 7)[:16]
    '1f6c609300ce5c3f'
    """
    return hashlib.sha256(f"{seed}:{expert_id}".encode()).hexdigest()


def pool_digest(pool: Iterable[Candidate]) -> str:
    """One sha256 over the ids and fields of a pool, published before the draw."""
    rows = sorted(f"{candidate.id}:{candidate.field}" for candidate in pool)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def has_quorum(present: int, appointed: int, share: Fraction = TWO_THIRDS) -> bool:
    """Whether enough of those appointed are present; the share itself is enough.

    >>> has_quorum(6, 9), has_quorum(5, 9)
    (True, False)
    """
    return appointed > 0 and Fraction(present, appointed) >= share


def tally(votes: Iterable[str], *, entitled: int | None = None, share: Fraction = HALF) -> Tally:
    """Count `approve`, `reject` and `abstain`; passed when more than the share of those entitled approve.

    Without `entitled` it is of those who voted; an abstention counts among them.

    >>> tally(["approve", "approve", "reject"]).passed, tally(["approve", "reject"]).passed
    (True, False)
    """
    counted = Counter(votes)
    unknown = set(counted) - {"approve", "reject", "abstain"}
    if unknown:
        raise ValueError(f"not a vote: {sorted(unknown)}")
    base = entitled if entitled is not None else counted.total()
    passed = base > 0 and Fraction(counted["approve"], base) > share
    return Tally(counted["approve"], counted["reject"], counted["abstain"], passed)
