"""The inbox, and the general page of a task: its form, and everything a person does with it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import saved_filters as view_commands
from service.commands import task_verbs
from service.commands import user_tasks as commands
from service.delivery import spreadsheet
from service.domain.errors import Conflict, DeadlinePassed, FileRefused, FormInvalid, StaleDraft
from service.domain.identity import Actor
from service.queries import cases, inbox, programmes, task_page
from service.queries.frame import frame
from service.queries.paper_desk import is_receipt
from service.queries.saved_filters import saved_filters
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import filters, list_sheets, pairs, schemas, task_view, uploads
from service.web.download import attachment
from service.web.i18n import gettext, language
from service.web.menu import is_staff
from service.web.pages import paper_desk
from service.web.present import grouped
from service.web.security import moment, signed_in, who

pages = Blueprint("user_tasks", __name__, url_prefix="/tasks")


@pages.get("")
@signed_in
def index() -> ResponseReturnValue:
    """The inbox: mine, my groups', done; every filter stands in the address."""
    asked = schemas.query(schemas.InboxQuery)
    actor, session = who(), db.session()
    counted = g.frame = frame(session, actor)  # the menu shows the counts, too
    if "scope" not in request.args and not counted.mine and counted.groups:
        asked["scope"] = "groups"  # nothing is claimed: show what can be
    found = inbox.page(session, actor, asked["scope"], filters.of_inbox(asked), after=asked["after"])
    known = programmes.newest(session)
    # who is only invited has a task of a case, and not the case yet
    seen = cases.programmes(session, actor, known) | {row.programme for row in found.rows}
    return render_template(
        "pages/tasks.html",
        section="done" if asked["scope"] == "done" else "tasks",
        asked=asked,
        found=found,
        groups=grouped(found.rows, moment()) if asked["scope"] != "done" else [],
        counts=counted,
        programmes={key: one for key, one in known.items() if key in seen or key == asked["programme"]},
        due_counts=_due_counts(actor, asked),
        saved=saved_filters(session, actor),
        kept={name: value for name, value in asked.items() if value and name != "after"},
    )


@pages.post("/views")
@signed_in
def save_view() -> ResponseReturnValue:
    """Keep the filters that are set under a name."""
    asked = {name: value for name, value in schemas.form(schemas.InboxView).items() if value}
    name = asked.pop("name", "")
    transact(view_commands.save, name, asked, actor=who(), now=moment())
    flash(gettext("已存为视图“%(name)s”。", name=" ".join(name.split())))
    return redirect(f"/tasks?{urlencode(asked)}", 303)


@pages.post("/views/<int:filter_id>/forget")
@signed_in
def forget_view(filter_id: int) -> ResponseReturnValue:
    """Forget a saved view; no task is touched."""
    transact(view_commands.forget, filter_id, actor=who(), now=moment())
    flash(gettext("视图已删去，任务没有变化。"))
    return redirect("/tasks", 303)


@pages.get("/<int:task_id>")
@signed_in
def show(task_id: int) -> ResponseReturnValue:
    """The task: its form with this person's draft, and the case beside it."""
    return task_view.page(task_id, who())


@pages.post("/<int:task_id>")
@signed_in
def act(task_id: int) -> ResponseReturnValue:
    """Whatever button of the form was pressed: a row more or less, a draft, or the submission itself."""
    actor = who()
    entered = pairs.of_form(request.form.items(multi=True))
    try:
        entered += uploads.keep_all(task_id, actor)
    except FileRefused as refusal:
        return task_view.kept(task_id, actor, entered, refusal)
    if request.form.get(pairs.IMPORT):
        return _import(task_id, actor, entered, request.form[pairs.IMPORT])
    if request.form.get(pairs.ADD):
        return _redraw(task_id, actor, pairs.with_row(entered, request.form[pairs.ADD]), request.form[pairs.ADD])
    if request.form.get(pairs.REMOVE):
        name = request.form[pairs.REMOVE]
        return _redraw(task_id, actor, pairs.without_row(entered, name), name.rpartition("[")[0])
    if request.form.get(pairs.DRAFT):
        return _redraw(task_id, actor, entered, "")
    if task_page.load(db.session(), actor, task_id, moment()).delegated:
        return _hand_back(task_id, actor, entered)
    return _complete(task_id, actor, entered)


@pages.post("/<int:task_id>/draft")
@signed_in
def autosave(task_id: int) -> ResponseReturnValue:
    """Keep what is entered; the answer is the new revision, and the fields anew where others came or went."""
    actor = who()
    entered = pairs.of_form(request.form.items(multi=True))
    transact(commands.save_draft, task_id, entered, _revision(), actor=actor, now=moment())
    return task_view.saved(task_id, actor, request.form.get(pairs.SHAPE, ""))


@pages.get("/<int:task_id>/lists/<name>.xlsx")
@signed_in
def list_sheet(task_id: int, name: str) -> ResponseReturnValue:
    """A list of the form as a workbook to fill in, with the rows that there are."""
    title, content = list_sheets.workbook(task_id, who(), name)
    return attachment(make_response(content), title, spreadsheet.MEDIA_TYPE)


@pages.post("/<int:task_id>/claim")
@signed_in
def claim(task_id: int) -> ResponseReturnValue:
    """Take the task from the group."""
    transact(commands.claim, task_id, actor=who(), now=moment())
    flash(gettext("已认领。同组的人会看到由您办理。"))
    return redirect(f"/tasks/{task_id}", 303)


@pages.post("/<int:task_id>/release")
@signed_in
def release(task_id: int) -> ResponseReturnValue:
    """Give the task back to the group."""
    transact(commands.release, task_id, actor=who(), now=moment())
    flash(gettext("已放回，任务回到组里；草稿还在。"))
    return redirect("/tasks?scope=groups", 303)


def _import(task_id: int, actor: Actor, entered: list[pairs.Pair], name: str) -> ResponseReturnValue:
    """Put the rows of a sheet in the place of a list; with one mistake none of them."""
    try:
        found = list_sheets.imported(task_id, actor, name, entered)
    except FileRefused as refusal:
        return task_view.kept(task_id, actor, entered, refusal)
    if found.problems:
        return task_view.refused_sheet(task_id, actor, entered, tuple(list_sheets.told(one) for one in found.problems))
    flash(gettext("已导入 %(count)d 行，作为草稿保存。", count=found.count) + found.note)
    return _redraw(task_id, actor, found.pairs, name)


def _due_counts(actor: Actor, asked: dict[str, Any]) -> dict[str, int]:
    """How many tasks each of the dates leaves of what is asked for otherwise."""
    if asked["scope"] == "done":
        return {}
    ranges = {code: filters.of_inbox({**asked, "due": code}) for code in ("over", "today", "soon")}
    return {code: inbox.count(db.session(), actor, asked["scope"], given) for code, given in ranges.items()}


def _redraw(task_id: int, actor: Actor, entered: list[pairs.Pair], anchor: str) -> ResponseReturnValue:
    """Save and show the page again, at the place that changed."""
    try:
        transact(commands.save_draft, task_id, entered, _revision(), actor=actor, now=moment())
    except StaleDraft as refusal:
        return task_view.kept(task_id, actor, entered, refusal)
    if not anchor:
        flash(gettext("草稿已保存"))
        return redirect(f"/tasks/{task_id}", 303)
    return redirect(f"/tasks/{task_id}#{task_view.anchor_of(anchor)}", 303)


def _hand_back(task_id: int, actor: Actor, entered: list[pairs.Pair]) -> ResponseReturnValue:
    """What a delegate has entered goes to the owner of the task."""
    try:
        transact(commands.save_draft, task_id, entered, _revision(), actor=actor, now=moment())
    except StaleDraft as refusal:
        return task_view.kept(task_id, actor, entered, refusal)
    transact(task_verbs.hand_back, task_id, actor=actor, now=moment())
    flash(gettext("已交回，您填写的内容作为草稿交给委派人。"))
    return redirect("/tasks", 303)


def _complete(task_id: int, actor: Actor, entered: list[pairs.Pair]) -> ResponseReturnValue:
    key = request.form.get(pairs.REQUEST, "")[:80] or None
    try:
        done = transact(commands.complete, task_id, pairs=entered, request_key=key, actor=actor, now=moment())
    except FormInvalid as refusal:
        return task_view.judged(task_id, actor, entered, refusal)
    except (Conflict, DeadlinePassed) as refusal:
        return task_view.kept(task_id, actor, entered, refusal)
    if is_receipt(db.session(), task_id):
        return paper_desk.back(task_id)  # to the next in the line
    flash(_what_next(done))
    following = cases.first_open_task(db.session(), actor, done.case_id)
    if following is not None:
        return redirect(f"/tasks/{following}", 303)
    # who has just declined a seat has no part in the case any more
    still = cases.is_seen(db.session(), actor, done.case_id)
    return redirect(f"/cases/{done.case_id}" if still else "/tasks", 303)


def _what_next(done: commands.Completion) -> str:
    if done.incidents:
        return gettext("“%(name)s”已办结。后面的自动步骤遇到问题，管理员已收到，您不用重办。", name=done.task_name)
    if done.ended:
        return gettext("“%(name)s”已办结，整件办理完毕。", name=done.task_name)
    if done.next_names == (done.task_name,) and not is_staff(who()):  # checked and sent back: nothing is handed in
        return gettext("“%(name)s”核对后退回本页，还没有报出。请看页面上列出的问题。", name=done.task_name)
    if done.next_names:
        joint = ", " if language() == "en" else "、"
        return gettext("“%(name)s”已办结。接下来：%(next)s", name=done.task_name, next=joint.join(done.next_names))
    return gettext("“%(name)s”已办结。", name=done.task_name)


def _revision() -> int:
    given = request.form.get(pairs.REVISION, "0")
    return int(given) if given.isdecimal() and len(given) < 10 else 0
