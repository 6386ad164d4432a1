"""The lists of the pages as Excel workbooks, by the access and the filters of the page each belongs to."""

from __future__ import annotations

from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue

from service.commands import taking_out
from service.delivery import spreadsheet
from service.domain.errors import NotAllowed, NotFound
from service.domain.identity import SYSTEM
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import exports, schemas
from service.web.download import attachment
from service.web.i18n import local
from service.web.public import limits
from service.web.security import holds, moment, public, signed_in, who

pages = Blueprint("exports", __name__)


@pages.get("/exports/<name>.xlsx")
@signed_in
def workbook(name: str) -> ResponseReturnValue:
    """One list, all its pages; who took it out is in the audit trail."""
    found, actor = exports.LISTS.get(name), who()
    if found is None:
        raise NotFound()
    if found.roles and not holds(actor, *found.roles):
        raise NotAllowed(why_zh="这张表由管理这部分工作的人员导出。", why_en="This list belongs to other duties.")
    given = schemas.query(found.query)
    limits.count_own("export")
    rows = exports.rows(found, db.session(), actor, given)
    asked = request.query_string.decode("ascii", "replace")[:400]
    transact(taking_out.note_list, name, len(rows), asked, actor=actor, now=moment())
    content = spreadsheet.listing(str(found.title), exports.headings(found), rows, moment())
    return attachment(make_response(content), f"{_file_name(found)}.xlsx", spreadsheet.MEDIA_TYPE)


@pages.get("/register.xlsx")
@public
def register_workbook() -> ResponseReturnValue:
    """The public register with the page's filters, as Excel."""
    rows = _register_rows()
    content = spreadsheet.listing(str(exports.REGISTER.title), exports.headings(exports.REGISTER), rows, moment())
    return attachment(make_response(content), f"{_file_name(exports.REGISTER)}.xlsx", spreadsheet.MEDIA_TYPE)


@pages.get("/register.csv")
@public
def register_csv() -> ResponseReturnValue:
    """The same for programs."""
    rows = _register_rows()
    content = spreadsheet.comma_separated(exports.headings(exports.REGISTER), rows)
    return attachment(make_response(content), f"{_file_name(exports.REGISTER)}.csv", "text/csv; charset=utf-8")


def _register_rows() -> list[list[object]]:
    """Every entry that was asked for; an export counts as a search of its sender."""
    given = schemas.query(exports.REGISTER.query)
    limits.count("search")
    return exports.rows(exports.REGISTER, db.session(), SYSTEM, given)


def _file_name(found: exports.List) -> str:
    return f"{found.title} {local(moment()):%Y-%m-%d}"
