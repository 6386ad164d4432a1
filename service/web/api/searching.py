"""How a program asks for a list: `filter`, `sort` and `page` in the body, one envelope in the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from marshmallow import fields, validate

from service.domain.errors import InvalidInput
from service.queries.search import DEFAULT_PAGE, FARTHEST, LARGEST_PAGE, Condition, Found, Search
from service.web.api.bodies import Body

MOST_ORDERS: Final = 3
LONGEST_CURSOR: Final = 4000


class Sort(Body):
    """One field to sort by."""

    field = fields.String(required=True, validate=validate.Length(1, 80))
    order = fields.String(load_default="ASC", validate=validate.OneOf(["ASC", "DESC", "asc", "desc"]))


class Page(Body):
    """Which page: the first rows, those after or before a cursor, or those from a place on."""

    limit = fields.Integer(load_default=DEFAULT_PAGE, strict=True, validate=validate.Range(1, LARGEST_PAGE))
    skip = fields.Integer(data_key="from", load_default=0, strict=True, validate=validate.Range(0, FARTHEST))
    after = fields.String(load_default="", allow_none=True, validate=validate.Length(0, LONGEST_CURSOR))
    before = fields.String(load_default="", allow_none=True, validate=validate.Length(0, LONGEST_CURSOR))


class SearchBody(Body):
    """A search: what to keep, how to sort, which page."""

    filter = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    sort = fields.List(
        fields.Nested(Sort), load_default=list, allow_none=True, validate=validate.Length(0, MOST_ORDERS)
    )
    page = fields.Nested(Page, load_default=dict, allow_none=True)


PageEnd: Final = Body.from_dict(
    {
        "totalItems": fields.Integer(required=True),
        "hasMoreTotalItems": fields.Boolean(required=True),
        "startCursor": fields.String(required=True, allow_none=True),
        "endCursor": fields.String(required=True, allow_none=True),
    },
    name="PageEnd",
)


def read(body: Mapping[str, Any], *, ignored: tuple[str, ...] = ("tenantId",)) -> Search:
    """The search of a body loaded by SearchBody. An unknown operator is refused; `ignored` fields say nothing here."""
    wanted = dict(body.get("filter") or {})
    groups = wanted.pop("$or", [])
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise InvalidInput(field="filter.$or", zh="应为条件的列表", en="must be a list of conditions")
    page = body.get("page") or {}
    if page.get("after") and page.get("before"):
        raise InvalidInput(field="page", zh="after 和 before 只能给一个", en="takes after or before, not both")
    return Search(
        conditions=tuple(_conditions(wanted, ignored)),
        either=tuple(tuple(_conditions(group, ignored)) for group in groups),
        order=tuple((one["field"], one["order"].upper() == "DESC") for one in body.get("sort") or ()),
        limit=page.get("limit", DEFAULT_PAGE),
        skip=page.get("skip", 0),
        after=page.get("after") or "",
        before=page.get("before") or "",
    )


def _conditions(wanted: Mapping[str, Any], ignored: tuple[str, ...]) -> Iterator[Condition]:
    for name, value in wanted.items():
        if name in ignored or value is None:
            continue
        if not isinstance(value, dict):
            yield Condition(name, "eq", value)
            continue
        for operator, operand in value.items():
            if not operator.startswith("$"):
                raise InvalidInput(
                    field=f"filter.{name}", zh=f"没有比较方式 {operator}", en=f"does not know the operator {operator}"
                )
            if operand is not None:
                yield Condition(name, operator[1:], operand)


def envelope(found: Found, shape: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """The answer: the rows in their shape, and the page."""
    return {
        "items": [shape(row) for row in found.rows],
        "page": {
            "totalItems": found.total,
            "hasMoreTotalItems": found.more,
            "startCursor": found.start or None,
            "endCursor": found.end or None,
        },
    }
