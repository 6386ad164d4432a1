"""Several small tables read in one statement: each a part of a union, told apart by its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CompoundSelect, cast, literal, null
from sqlalchemy.orm import Session

Types = Mapping[str, Any]


def columns_of(kind: str, types: Types, **given: Any) -> list[Any]:
    """The columns of one part: those given, and typed nulls for what its table has not."""
    return [
        literal(kind).label("kind"),
        *(given.get(name, cast(null(), typed)).label(name) for name, typed in types.items()),
    ]


def by_kind(session: Session, statement: CompoundSelect[Any], values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The rows of a union of parts, by kind; their order is not kept.

    The statement is built once, with bound parameters: putting one together costs more than running it.
    """
    found: dict[str, list[Any]] = {}
    for row in session.execute(statement, values):
        found.setdefault(row.kind, []).append(row)
    return found
