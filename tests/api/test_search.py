"""Lists as programs ask for them: filters, orders and cursors, the same on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import InvalidInput
from service.domain.identity import SYSTEM
from service.queries.search import FARTHEST, LARGEST_PAGE, Field, Found, Listing, Search, run
from service.store.outbox import OutboxEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.web.api.searching import SearchBody, read

LISTING = Listing(
    {
        "key": Field(OutboxEntry.id, "key"),
        "kind": Field(OutboxEntry.kind),
        "state": Field(OutboxEntry.state, only=("pending", "done", "dead")),
        "error": Field(OutboxEntry.last_error, nullable=True),
        "tries": Field(OutboxEntry.tries, "number"),
        "createdAt": Field(OutboxEntry.created_at, "instant"),
        "doneAt": Field(OutboxEntry.done_at, "instant", nullable=True),
    },
    OutboxEntry.id,
)


@pytest.fixture
def rows(store: Flask, now: datetime) -> Iterator[list[int]]:
    """Twelve entries; every third has an error, every fourth an instant of being done."""
    del store
    yield transact(_fill, actor=SYSTEM, now=now)
    db.session.remove()


def _fill(work: UnitOfWork) -> list[int]:
    made = [
        OutboxEntry(
            kind="mail" if number % 2 else "a_b%c",
            payload={},
            dedupe_key=f"k{number}",
            state="pending",
            tries=number % 3,
            created_at=work.now + timedelta(minutes=number),
            next_try_at=work.now,
            last_error=f"error {number}" if number % 3 == 0 else None,
            done_at=work.now + timedelta(hours=number) if number % 4 == 0 else None,
        )
        for number in range(12)
    ]
    work.session.add_all(made)
    work.session.flush()
    return [row.id for row in made]


def ask(**body: Any) -> Found:
    """What a program's body finds."""
    session: Session = db.session()
    return run(session, LISTING, select(OutboxEntry.id), read(SearchBody().load(body)))


def places(rows: list[int], found: Found) -> list[int]:
    """The places of the found rows among those that were made."""
    return [rows.index(row.id) for row in found.rows]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, list(range(12))),
        ({"kind": "mail"}, [1, 3, 5, 7, 9, 11]),
        ({"kind": {"$like": "a_b%?"}}, [0, 2, 4, 6, 8, 10]),
        ({"kind": {"$like": "a?b*"}}, [0, 2, 4, 6, 8, 10]),
        ({"kind": {"$like": "a\\?b*"}}, []),
        ({"kind": {"$neq": "mail"}, "tries": {"$gte": 1, "$lt": 2}}, [4, 10]),
        ({"error": {"$exists": True}}, [0, 3, 6, 9]),
        ({"error": {"$neq": "error 3"}}, [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]),
        ({"error": {"$in": ["error 0", "error 9"]}}, [0, 9]),
        ({"error": {"$notIn": ["error 0", "error 9"]}}, [1, 2, 3, 4, 5, 6, 7, 8, 10, 11]),
        ({"createdAt": {"$gt": "2025-04-01T10:09:00+08:00"}}, [10, 11]),
        ({"$or": [{"tries": 0, "kind": "mail"}, {"error": "error 6"}]}, [3, 6, 9]),
        ({"tenantId": "<default>", "kind": None, "tries": 2}, [2, 5, 8, 11]),
        ({"error": {"$in": []}}, []),
    ],
)
def test_a_filter_keeps_what_it_says(rows: list[int], wanted: dict[str, Any], expected: list[int]) -> None:
    found = ask(filter=wanted)
    assert places(rows, found) == expected
    assert found.total == len(expected)


@pytest.mark.parametrize("order", [(), ("error",), ("doneAt", "tries"), ("kind", "createdAt")])
@pytest.mark.parametrize("down", ["ASC", "DESC"])
def test_cursors_visit_every_row_once_forwards_and_backwards(
    rows: list[int], order: tuple[str, ...], down: str
) -> None:
    sort = [{"field": name, "order": down} for name in order]
    whole = places(rows, ask(sort=sort))
    assert sorted(whole) == list(range(12))
    seen: list[int] = []
    page = ask(sort=sort, page={"limit": 5})
    while page.rows:
        seen += places(rows, page)
        last = page
        page = ask(sort=sort, page={"limit": 5, "after": page.end})
    assert seen == whole
    assert places(rows, ask(sort=sort, page={"limit": 5, "before": last.start})) == whole[5:10]


def test_nulls_come_after_everything_else_on_every_database(rows: list[int]) -> None:
    assert places(rows, ask(sort=[{"field": "doneAt"}]))[:4] == [0, 4, 8, 1]
    assert places(rows, ask(page={"from": 10})) == [10, 11]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filter": {"payload": "x"}}, "filter.payload"),
        ({"filter": {"kind": 1}}, "filter.kind"),
        ({"filter": {"kind": "a\0b"}}, "filter.kind"),
        ({"filter": {"kind": ["mail"]}}, "filter.kind"),
        ({"filter": {"kind": "x" * 501}}, "filter.kind"),
        ({"filter": {"key": 7}}, "filter.key"),
        ({"filter": {"key": "٣"}}, "filter.key"),
        ({"filter": {"key": "9" * 19}}, "filter.key"),
        ({"filter": {"state": "PENDING"}}, "filter.state"),
        ({"filter": {"tries": True}}, "filter.tries"),
        ({"filter": {"tries": 1e300}}, "filter.tries"),
        ({"filter": {"createdAt": "2025-04-01T10:00:00"}}, "filter.createdAt"),
        ({"filter": {"createdAt": "0001-01-01T00:00:00+14:00"}}, "filter.createdAt"),
        ({"filter": {"kind": {"$gt": "a"}}}, "filter.kind"),
        ({"filter": {"kind": {"$eval": "a"}}}, "filter.kind"),
        ({"filter": {"kind": {"eq": "a"}}}, "filter.kind"),
        ({"filter": {"kind": {"$in": ["a"] * 101}}}, "filter.kind"),
        ({"filter": {"error": {"$exists": "yes"}}}, "filter.error"),
        ({"filter": {"$or": {"kind": "a"}}}, "filter.$or"),
        ({"filter": {"$or": [{"kind": "a"}] * 51}}, "filter"),
        ({"sort": [{"field": "payload"}]}, "sort.payload"),
        ({"page": {"after": "nonsense"}}, "page"),
        ({"page": {"after": "W10="}}, "page"),
        ({"page": {"after": "x", "before": "y"}}, "page"),
    ],
)
def test_what_is_not_known_is_refused_by_its_place(rows: list[int], body: dict[str, Any], field: str) -> None:
    del rows
    with pytest.raises(InvalidInput) as refused:
        ask(**body)
    assert refused.value.details["field"] == field


def test_a_cursor_belongs_to_its_order(rows: list[int]) -> None:
    del rows
    cursor = ask(sort=[{"field": "kind"}], page={"limit": 2}).end
    with pytest.raises(InvalidInput):
        ask(sort=[{"field": "tries"}], page={"after": cursor})


@pytest.mark.parametrize(
    "body",
    [
        {"page": {"limit": 0}},
        {"page": {"limit": LARGEST_PAGE + 1}},
        {"page": {"limit": "10"}},
        {"page": {"from": -1}},
        {"page": {"from": FARTHEST + 1}},
        {"page": {"after": "x" * 4001}},
        {"sort": [{"field": "kind", "order": "up"}]},
        {"sort": [{"field": "kind"}] * 4},
        {"filter": []},
    ],
)
def test_pages_and_orders_have_bounds(body: dict[str, Any]) -> None:
    assert SearchBody().validate(body)


def test_a_search_is_plain_values(now: datetime) -> None:
    del now
    assert read({}) == Search()
