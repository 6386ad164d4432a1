"""The receipt desk: scan or type a code, land on its receipt, and be back for the next in the line."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import paper_desk as commands
from service.domain.access import is_office
from service.domain.errors import NotAllowed
from service.queries import paper_desk
from service.queries.paper_desk import LONGEST, Scan
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.i18n import gettext, moment_text
from service.web.security import moment, signed_in, who
from service.web.task_view import anchor_of

COUNT = "copies_received"  # where a clerk begins, everything before it being filled in

pages = Blueprint("paper_desk", __name__, url_prefix="/paper")


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """The field for the code, what was received last, what is still expected."""
    _refuse_others()
    return _page("", "", 200)


@pages.post("")
@signed_in
def scan() -> ResponseReturnValue:
    """Go to the receipt the code belongs to, or say why there is none."""
    _refuse_others()
    actor, entered = who(), request.form.get("code", "")[:LONGEST]
    found = paper_desk.scan(db.session(), actor, entered)
    if found.found != "open" or found.task_id is None:
        return _page(entered, _told(found), 422)
    transact(commands.begin_receipt, found.task_id, found.code, actor=actor, now=moment())
    if found.older:
        flash(gettext("这是旧版本：提交的内容后来更正过。登记为缺陷，请申报单位打印最新的版本。"))
    return redirect(f"/tasks/{found.task_id}#{anchor_of(COUNT)}", 303)


def back(task_id: int) -> ResponseReturnValue:
    """To the desk after a receipt was filled in: what came of it, and what can be printed."""
    last = next((one for one in paper_desk.received(db.session(), who()) if one.task_id == task_id), None)
    if last is not None and last.accepted:
        flash(gettext("已经收齐：%(title)s，%(num)d 份。回执可以打印。", title=last.title, num=last.copies))
    elif last is not None:
        flash(gettext("已经登记：%(title)s。%(paper)s可以打印。", title=last.title, paper=last.paper_title))
    return redirect("/paper", 303)


def _refuse_others() -> None:
    """The desk is an authority's: papers may come before anything is expected, and are told so."""
    if not any(is_office(grant.role) for grant in who().roles):
        raise NotAllowed(why_zh="这一页由接收纸质材料的人员使用。", why_en="This page is for those who receive papers.")


def _page(entered: str, problem: str, status: int) -> ResponseReturnValue:
    session, actor = db.session(), who()
    page = render_template(
        "pages/paper_desk.html",
        section="paper",
        entered=entered,
        problem=problem,
        received=paper_desk.received(session, actor),
        expected=paper_desk.expected(session, actor),
        total=paper_desk.count_expected(session, actor),
    )
    return make_response(page, status)


def _told(found: Scan) -> str:
    """What a clerk reads who cannot go on: which case, why, and what to do."""
    which = " ".join(part for part in (found.number, found.title) if part)
    at = moment_text(found.at) if found.at is not None else ""
    return {
        "blank": gettext("请扫描任意一页的二维码，或者输入页脚的版本码、案件编号"),
        "unknown": gettext("没有这个码：%(code)s。请再扫一次；仍然没有的，看是不是别的单位接收的材料", code=found.code),
        "other-paper": gettext(
            "这是“%(paper)s”的码，不是申报材料的版本码（%(which)s）。请扫申报材料的任意一页",
            paper=found.paper,
            which=which,
        ),
        "taken": gettext("%(which)s：%(who)s 正在登记", which=which, who=found.holder),
        "received": gettext("%(which)s：材料已于 %(at)s 接收，不用再登记", which=which, at=at),
        "late": gettext("%(which)s：%(at)s 已经办结，不再接收材料", which=which, at=at),
        "not-yet": gettext("%(which)s：还没有到送交纸质材料的环节", which=which),
    }[found.found]
