"""The panel of experts: a draw anybody can repeat, substitutes, quorum and the count of votes.

Chance is sha256 over the seed and an entry's code, so that the draw can be checked with any tool, years later and
without this program. An entry stands for one expert in one draw alone: what is published names nobody.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

TWO_THIRDS: Final = Fraction(2, 3)
HALF: Final = Fraction(1, 2)
ELIGIBLE: Final = "ok"
# Why an entry is left out of a draw; the record names the reason and not the person.
REASONS: Final = ("own-unit", "declared", "absent", "declined", "set-aside")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert of the pool; `avoid` holds names and credit codes of units the expert declared.

    `barred` is one of REASONS where something other than a unit of the case keeps the expert out.
    """

    id: int
    field: str
    employer: str = ""
    employer_code: str | None = None
    avoid: frozenset[str] = frozenset()
    barred: str | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that takes part in the case: the applicant or a member."""

    name: str
    credit_code: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a sealed pool: a code that stands for an expert, the field, and why it is left out of the draw."""

    code: str
    field: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """What a draw gave, as codes. A seat is None where nobody was left; `uncovered` are fields without an expert."""

    seats: tuple[str | None, ...]
    reserves: tuple[str, ...]
    uncovered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The count of a vote."""

    approve: int
    reject: int
    abstain: int
    passed: bool


def sealed(pool: Collection[Candidate], units: Collection[Unit], codes: Mapping[int, str]) -> tuple[Entry, ...]:
    """The pool as it is published before a draw, ordered by code; `codes` gives each expert's code by id."""
    entries = (Entry(codes[one.id], one.field, one.barred or conflict(one, units)) for one in pool)
    return tuple(sorted(entries, key=lambda one: one.code))


def pool_text(entries: Iterable[Entry]) -> str:
    r"""A sealed pool as the text that its digest is taken of: code, field and `ok` or the reason, tabs between them.

    >>> pool_text([Entry("a1", "新材料"), Entry("b2", "光电", "absent")])
    'a1\t新材料\tok\nb2\t光电\tabsent\n'
    """
    return "".join(f"{one.code}\t{one.field}\t{one.reason or ELIGIBLE}\n" for one in entries)


def digest(text: str) -> str:
    """The sha256 of a text in UTF-8, as `sha256sum` writes it."""
    return hashlib.sha256(text.encode()).hexdigest()


def seed_of(secret: str, number: str) -> str:
    """The seed: what the service sealed before the witness came, and what the witness wrote without knowing it."""
    return f"{secret}/{number}"


def draw(entries: Collection[Entry], *, seed: str, seats: int, fields: Sequence[str] = (), reserves: int = 0) -> Draw:
    """Draw a panel: first one entry for each of the fields, then by lot from all that are left; reserves last.

    The same entries, seed and request always give the same panel, in whatever order the entries come.
    """
    lots = by_lot(entries, seed)
    chosen: list[Entry] = []
    uncovered: list[str] = []
    for field in list(dict.fromkeys(fields))[:seats]:
        first = next((one for one in lots if one.field == field and one not in chosen), None)
        if first is None:
            uncovered.append(field)
        else:
            chosen.append(first)
    rest = [one for one in lots if one not in chosen]
    chosen += rest[: seats - len(chosen)]
    left = [one.code for one in lots if one not in chosen]
    taken = tuple(one.code for one in chosen)
    return Draw(taken + (None,) * (seats - len(taken)), tuple(left[:reserves]), tuple(uncovered))


def by_lot(entries: Iterable[Entry], seed: str) -> list[Entry]:
    """Those who may be drawn, the smallest lot first."""
    return sorted((one for one in entries if one.reason is None), key=lambda one: (lot(seed, one.code), one.code))


def substitute(
    entries: Collection[Entry], *, reserves: Sequence[str], field: str, asked: Collection[str]
) -> str | None:
    """Who takes a vacant seat: the first reserve of the same field that was not asked yet, else the first of any field.

    None when the reserves are used up: then the panel is drawn again.
    """
    fields = {one.code: one.field for one in entries}
    left = [code for code in reserves if code not in asked]
    return next((code for code in left if fields.get(code) == field), next(iter(left), None))


def conflict(candidate: Candidate, units: Iterable[Unit]) -> str | None:
    """Why an expert may not judge these units: `own-unit` or `declared`; None where nothing stands against it."""
    for unit in units:
        same_code = unit.credit_code is not None and unit.credit_code == candidate.employer_code
        if same_code or (unit.name and unit.name == candidate.employer):
            return "own-unit"
        if {unit.name, unit.credit_code} & candidate.avoid:
            return "declared"
    return None


def lot(seed: str, code: str) -> str:
    """The lot of one entry, as hexadecimal text; the smallest is drawn first.

    >>> lot("2026-011", "7")[:16]
    '1f6c609300ce5c3f'
    """
    return digest(f"{seed}:{code}")


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
