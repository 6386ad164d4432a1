"""What the lead unit does while its members confirm: remind those who are missing, and take a link back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue

from service.commands import task_links, task_verbs
from service.domain.errors import NotFound, WrongState
from service.queries import case_page
from service.queries.members import members
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.i18n import gettext
from service.web.security import moment, signed_in, who

pages = Blueprint("members", __name__, url_prefix="/cases/<int:case_id>/members")


@pages.post("/remind")
@signed_in
def remind(case_id: int) -> ResponseReturnValue:
    """Urge every unit that can answer and has not; each gets a fresh link. Who was urged today is passed over."""
    facts = case_page.facts(db.session(), who(), case_id)
    if facts.applicant is None or facts.applicant.organisation_id != who().organisation_id:
        raise NotFound()
    waiting = [row.task.id for row in members(db.session(), case_id) if row.task is not None and not row.mute]
    told = sum(_urged(task_id) for task_id in waiting)
    if rest := len(waiting) - told:
        flash(gettext("已提醒 %(told)d 家；另 %(rest)d 家今天提醒过，明天可以再催。", told=told, rest=rest))
    else:
        flash(gettext("已提醒 %(told)d 家，有邮箱的另发了新链接。", told=told))
    return redirect(f"/cases/{case_id}#members", 303)


@pages.post("/<int:task_id>/revoke")
@signed_in
def revoke(case_id: int, task_id: int) -> ResponseReturnValue:
    """Take the link of one unit back; a reminder sends another."""
    case_page.facts(db.session(), who(), case_id)
    transact(task_links.revoke, case_id, task_id, actor=who(), now=moment())
    flash(gettext("链接已作废。需要时再提醒一次，会发出新链接。"))
    return redirect(f"/cases/{case_id}#members", 303)


def _urged(task_id: int) -> bool:
    try:
        transact(task_verbs.urge, task_id, actor=who(), now=moment())
    except WrongState:
        return False
    return True
