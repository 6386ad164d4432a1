"""Filters, orders and pages a list as a program asks for it: only by fields the list names, the same on every database.

A page is found by the values of its edge row, so page 500 costs what page 1 costs. A null sorts after everything else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from service.domain.errors import InvalidInput
from service.store.session import INT64, UTCDateTime

Kind: TypeAlias = Literal["key", "text", "number", "instant", "truth"]

LARGEST_PAGE: Final = 1000
DEFAULT_PAGE: Final = 100
FARTHEST: Final = 10_000  # how far `from` may skip, and up to where a total is counted
MOST_CONDITIONS: Final = 50
MOST_VALUES: Final = 100
LONGEST_TEXT: Final = 500
_LAST: Final[dict[str, Any]] = {
    "text": "\U0010ffff", "key": 2**63 - 1, "number": 2**63 - 1, "instant": datetime(9999, 12, 31, tzinfo=UTC),
    "truth": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a list may be narrowed and sorted by; `only` are the values it can have, where they are few."""

    column: SQLColumnExpression[Any]
    kind: Kind = "text"
    nullable: bool = False
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison as it was asked: `op` is eq, neq, exists, in, notIn, like, gt, gte, lt or lte."""

    field: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for. `either` are groups of conditions of which one must hold; `order` is (field, descending)."""

    conditions: tuple[Condition, ...] = ()
    either: tuple[tuple[Condition, ...], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int = DEFAULT_PAGE
    skip: int = 0
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One page, how many rows there are up to FARTHEST, whether there are more, and the cursors of its two ends."""

    rows: tuple[Any, ...]
    total: int
    more: bool
    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class Listing:
    """A list that can be searched: its fields, and the key that makes its order complete."""

    fields: Mapping[str, Field]
    key: SQLColumnExpression[int]
    required: Mapping[str, str] = field(default_factory=dict)


def run(session: Session, listing: Listing, statement: Select[*tuple[Any, ...]], search: Search) -> Found:
    """One page of `statement`, which already holds what the actor may see. Two statements.

    Raises InvalidInput for a field, operator, value or cursor the list does not have.
    """
    narrowed = statement.where(*where(listing, search))
    counted = select(func.count()).select_from(narrowed.with_only_columns(listing.key).limit(FARTHEST + 1).subquery())
    total = session.execute(counted).scalar_one()
    order = _order(listing, search)
    backwards = bool(search.before)
    page = narrowed.add_columns(*(column.label(f"_edge{place}") for place, (column, _, _) in enumerate(order)))
    cursor = search.before or search.after
    if cursor:
        page = page.where(_beyond(order, _read_cursor(cursor, order, search), backwards=backwards))
    page = page.order_by(*(column.desc() if down != backwards else column.asc() for column, down, _ in order))
    found = session.execute(page.offset(search.skip).limit(search.limit)).all()
    rows = tuple(reversed(found) if backwards else found)
    start, end = (_cursor(row[-len(order) :], search) for row in (rows[0], rows[-1])) if rows else ("", "")
    return Found(rows, min(total, FARTHEST), total > FARTHEST, start, end)


def where(listing: Listing, search: Search) -> list[ColumnElement[bool]]:
    """The conditions of a search as SQL."""
    asked = len(search.conditions) + sum(len(group) for group in search.either)
    if asked > MOST_CONDITIONS:
        raise InvalidInput(
            field="filter",
            zh=f"条件不能超过 {MOST_CONDITIONS} 个",
            en=f"must not have more than {MOST_CONDITIONS} conditions",
        )
    found = [_compare(listing, one) for one in search.conditions]
    if search.either:
        found.append(or_(*(and_(true(), *(_compare(listing, one) for one in group)) for group in search.either)))
    return found


def _compare(listing: Listing, one: Condition) -> ColumnElement[bool]:
    known = listing.fields.get(one.field)
    if known is None:
        zh = f"不能按它筛选；可用的有：{'、'.join(listing.fields)}"
        en = f"is no field to filter by; there are: {', '.join(listing.fields)}"
        raise InvalidInput(field=f"filter.{one.field}", zh=zh, en=en)
    make = _OPERATORS.get(one.op)
    if make is None or (one.op in _ORDERED and known.kind not in ("number", "instant")):
        raise InvalidInput(
            field=f"filter.{one.field}", zh=f"这一项没有比较方式 ${one.op}", en=f"does not know the operator ${one.op}"
        )
    return make(known, one)


def _equal(known: Field, one: Condition) -> ColumnElement[bool]:
    made: ColumnElement[bool] = known.column == _value(known, one, one.value)
    return made


def _unequal(known: Field, one: Condition) -> ColumnElement[bool]:
    return or_(known.column.is_(None), known.column != _value(known, one, one.value))


def _exists(known: Field, one: Condition) -> ColumnElement[bool]:
    if not isinstance(one.value, bool):
        raise _wrong(one, "应为 true 或 false", "must be true or false")
    return known.column.is_not(None) if one.value else known.column.is_(None)


def _among(known: Field, one: Condition) -> ColumnElement[bool]:
    if not isinstance(one.value, list) or len(one.value) > MOST_VALUES:
        raise _wrong(one, f"应为至多 {MOST_VALUES} 个值的列表", f"must be a list of at most {MOST_VALUES} values")
    return known.column.in_([_value(known, one, value) for value in one.value])


def _not_among(known: Field, one: Condition) -> ColumnElement[bool]:
    return or_(known.column.is_(None), not_(_among(known, one)))


def _like(known: Field, one: Condition) -> ColumnElement[bool]:
    """`*` is any text and `?` one character, each literal after a backslash."""
    if known.kind != "text" or not isinstance(one.value, str) or len(one.value) > LONGEST_TEXT or "\0" in one.value:
        raise _wrong(one, "只能与文字比较", "can only be compared with a text")
    pattern, literally = "", False
    for letter in one.value:
        if not literally and letter == "\\":
            literally = True
            continue
        wild = {"*": "%", "?": "_"}.get(letter) if not literally else None
        pattern += wild or (f"\\{letter}" if letter in "%_\\" else letter)
        literally = False
    return known.column.like(pattern, escape="\\")


def _ordered(compare: Callable[[Any, Any], Any]) -> Callable[[Field, Condition], ColumnElement[bool]]:
    def make(known: Field, one: Condition) -> ColumnElement[bool]:
        made: ColumnElement[bool] = compare(known.column, _value(known, one, one.value))
        return made

    return make


_OPERATORS: Final[dict[str, Callable[[Field, Condition], ColumnElement[bool]]]] = {
    "eq": _equal,
    "neq": _unequal,
    "exists": _exists,
    "in": _among,
    "notIn": _not_among,
    "like": _like,
    "gt": _ordered(lambda column, value: column > value),
    "gte": _ordered(lambda column, value: column >= value),
    "lt": _ordered(lambda column, value: column < value),
    "lte": _ordered(lambda column, value: column <= value),
}
_ORDERED: Final = ("gt", "gte", "lt", "lte")


def _value(known: Field, one: Condition, value: Any) -> Any:
    """The value as the column has it."""
    if known.only and value not in known.only:
        raise _wrong(one, f"只能是：{'、'.join(known.only)}", f"must be one of: {', '.join(known.only)}")
    made = _READ[known.kind](value)
    if made is None:
        raise _wrong(one, *_SHOULD_BE[known.kind])
    return made


def key_of(value: Any) -> int | None:
    """The number of a key, which is a decimal string; None for anything else."""
    if not isinstance(value, str) or not (value.isascii() and value.isdecimal() and len(value) <= 19):
        return None
    number = int(value)
    return number if number < 2**63 else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and len(value) <= LONGEST_TEXT and "\0" not in value else None


def _number(value: Any) -> int | float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return value if plain and abs(value) < 2**63 else None


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "key": key_of, "text": _text, "number": _number, "instant": _instant, "truth": _truth,
}  # fmt: skip
_SHOULD_BE: Final = {
    "key": ("应为以十进制文字写的键", "must be a key written as a decimal string"),
    "text": (f"应为不超过 {LONGEST_TEXT} 字的文字", f"must be a text of at most {LONGEST_TEXT} characters"),
    "number": ("应为数字", "must be a number"),
    "instant": ("应为带时区的 ISO 8601 时间", "must be an ISO 8601 instant with a zone"),
    "truth": ("应为 true 或 false", "must be true or false"),
}


def _wrong(one: Condition, zh: str, en: str) -> InvalidInput:
    return InvalidInput(field=f"filter.{one.field}", zh=zh, en=en)


Order: TypeAlias = Sequence[tuple[SQLColumnExpression[Any], bool, Kind]]


def _order(listing: Listing, search: Search) -> Order:
    """The columns of the order, without nulls, and the key last, so that no two rows are equal."""
    found: list[tuple[SQLColumnExpression[Any], bool, Kind]] = []
    for name, down in search.order:
        known = listing.fields.get(name)
        if known is None:
            zh = f"不能按它排序；可用的有：{'、'.join(listing.fields)}"
            en = f"is no field to sort by; there are: {', '.join(listing.fields)}"
            raise InvalidInput(field=f"sort.{name}", zh=zh, en=en)
        column = known.column
        if known.nullable:
            typed = UTCDateTime() if known.kind == "instant" else INT64 if known.kind in ("key", "number") else None
            column = func.coalesce(column, literal(_LAST[known.kind], typed))
        found.append((column, down, known.kind))
    return [*found, (listing.key, found[-1][1] if found else False, "key")]


def _beyond(order: Order, edge: Sequence[Any], *, backwards: bool) -> ColumnElement[bool]:
    """Rows after the edge in this order: equal in the first columns and beyond in the next."""
    ways: list[ColumnElement[bool]] = []
    for place, (column, down, _) in enumerate(order):
        same = [other == value for (other, _, _), value in zip(order[:place], edge, strict=False)]
        further = column < edge[place] if down != backwards else column > edge[place]
        ways.append(and_(*same, further))
    return or_(*ways)


def _fingerprint(search: Search) -> str:
    return hashlib.sha256(repr(search.order).encode()).hexdigest()[:8]


def _cursor(edge: Sequence[Any], search: Search) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in edge]
    return base64.urlsafe_b64encode(json.dumps([_fingerprint(search), *plain]).encode()).decode()


def _read_cursor(cursor: str, order: Order, search: Search) -> list[Any]:
    """The edge row of a cursor that was given out for this order."""
    try:
        fingerprint, *edge = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        values = [
            str(value) if kind == "key" and isinstance(value, int) else value
            for value, (_, _, kind) in zip(edge, order, strict=True)
        ]
        made = [_READ[kind](value) for value, (_, _, kind) in zip(values, order, strict=True)]
    except (ValueError, TypeError, RecursionError):  # the cursor is the caller's text, whatever it decodes to
        made, fingerprint = [None], ""
    if fingerprint != _fingerprint(search) or any(value is None for value in made):
        raise InvalidInput(
            field="page", zh="翻页位置无效，或不属于这个排序", en="the cursor is not valid for this order"
        )
    return made
