"""The field's own lists: the public register and notices for everybody, cases for who may see them."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields, validate

from service.queries import cases, notices, register
from service.queries.paging import Page
from service.store.session import db
from service.web.api.blueprint import OPEN, ApiBlueprint, allows
from service.web.api.bodies import Key, Query, Text
from service.web.public import limits
from service.web.security import who

part: Final = ApiBlueprint("api_lists", __name__, url_prefix="/api/v1", description="Register, notices, cases.")
LARGEST_PAGE: Final = 100


class ListQuery(Query):
    """A page of a list: what it may be narrowed by, and the cursor of the page before."""

    programme = Text(80, load_default="")
    after = Text(40, load_default="")
    limit = fields.Integer(load_default=25, validate=validate.Range(1, LARGEST_PAGE))


class SearchQuery(ListQuery):
    """And a text to look for."""

    q = Text(80, load_default="")


class RegisterQuery(SearchQuery):
    """And the standing of an entry."""

    state = Text(40, load_default="")


class CasesQuery(SearchQuery):
    """And whether the case runs still."""

    state = fields.String(load_default="", validate=validate.OneOf(["", "running", "ended"]))


class PageQuery(Query):
    """A list that has only pages."""

    after = Text(40, load_default="")
    limit = fields.Integer(load_default=25, validate=validate.Range(1, LARGEST_PAGE))


def _rows(called: str, /, **parts: fields.Field[Any]) -> Any:
    """The envelope of a list: rows, and the cursor of the next page, null on the last."""
    for part_ in parts.values():
        part_.required = True
    row = Query.from_dict(dict(parts), name=called)
    page: dict[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(row), required=True),
        "next": fields.String(allow_none=True, required=True),
    }
    return Query.from_dict(page, name=f"{called}List")


Entries: Final = _rows(
    "RegisterEntry", number=fields.String(), name=fields.String(), programme=fields.String(), state=fields.String(),
    applicant=fields.String(), entered_on=fields.Date(),
)  # fmt: skip
Notices: Final = _rows(
    "Notice", number=fields.String(), title=fields.String(), programme=fields.String(), authority=fields.String(),
    from_on=fields.Date(), to_on=fields.Date(), state=fields.String(),
)  # fmt: skip
Cases: Final = _rows(
    "Case", key=Key(attribute="case_id"), number=fields.String(allow_none=True), title=fields.String(),
    programme=fields.String(), procedure=fields.String(), state=fields.String(), outcome=fields.String(allow_none=True),
    applicant=fields.String(), started_at=fields.AwareDateTime(), submitted_at=fields.AwareDateTime(allow_none=True),
    ended_at=fields.AwareDateTime(allow_none=True), due_at=fields.AwareDateTime(allow_none=True),
)  # fmt: skip


@part.get("/register")
@part.takes(RegisterQuery, location="query")
@part.gives(200, Entries)
@allows(OPEN)
def list_register(asked: dict[str, Any]) -> dict[str, Any]:
    """The public register, revoked entries too, the newest first."""
    if asked["q"]:
        limits.count("search")
    given = {name: asked[name] for name in ("programme", "state", "after")}
    return _page(register.page(db.session(), text=asked["q"], size=asked["limit"], **given))


@part.get("/notices")
@part.takes(PageQuery, location="query")
@part.gives(200, Notices)
@allows(OPEN)
def list_notices(asked: dict[str, Any]) -> dict[str, Any]:
    """Published notices, the newest first."""
    return _page(notices.page(db.session(), asked["after"], asked["limit"]))


@part.get("/cases")
@part.takes(CasesQuery, location="query")
@part.gives(200, Cases)
@allows("read")
def list_cases(asked: dict[str, Any]) -> dict[str, Any]:
    """The cases the account may see, the newest first."""
    running = {"": None, "running": True, "ended": False}[asked["state"]]
    filters = cases.CaseFilters(asked["q"], asked["programme"], running)
    return _page(cases.page(db.session(), who(), filters, after=asked["after"], size=asked["limit"]))


def _page(found: Page[Any]) -> dict[str, Any]:
    return {"items": found.rows, "next": found.next or None}
