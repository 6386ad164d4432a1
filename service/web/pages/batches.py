"""One act on the rows ticked in a list: what it will do and ask, and a result for each row."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import batches
from service.domain.errors import InvalidInput, NotFound
from service.domain.verbs import VERBS, reason_of
from service.queries import verbs
from service.store.session import db
from service.web.i18n import gettext, language
from service.web.schemas import MAX_ID
from service.web.security import moment, signed_in, who

pages = Blueprint("batches", __name__, url_prefix="/tasks/batch")

ASKS = {"claim": (), "transfer": ("person", "reason"), "urge": ("reason",)}


@pages.post("")
@signed_in
def act() -> ResponseReturnValue:
    """Ask what the act takes, or do it: each row on its own, so that one that is refused stops no other."""
    key = request.form.get("verb", "")
    if key not in ASKS:
        raise NotFound()
    chosen = _chosen()
    if ASKS[key] and ("find" in request.form or not request.form.get("go")):
        return _ask(key, chosen, "", 200)
    try:
        given = _given(key)
    except InvalidInput as refusal:
        return _ask(key, chosen, refusal.text(language()), 422)
    results = batches.run(key, [one.task.id for one in chosen], *given, actor=who(), now=moment())
    db.session.expire_all()
    named = {one.task.id: one for one in chosen}
    rows = [(named[row.key], row) for row in results]
    return render_template("pages/batch_done.html", section="tasks", verb=key, name=_name(key), rows=rows)


def _chosen() -> verbs.Chosen:
    """The tasks that were ticked; InvalidInput for none, for too many, and for what is no key."""
    keys = request.form.getlist("task")
    numbers = [int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) < 20 and int(key) <= MAX_ID]
    if not 0 < len(keys) <= batches.MOST_ROWS or len(numbers) != len(keys):
        raise InvalidInput(
            field=gettext("勾选的任务"),
            zh=f"请勾选 1 至 {batches.MOST_ROWS} 项",
            en=f"tick 1 to {batches.MOST_ROWS} rows",
        )
    found = verbs.chosen(db.session(), who(), numbers)
    if not found:
        raise NotFound()
    return found


def _given(key: str) -> tuple[object, ...]:
    """What the act takes, in its order."""
    reason = reason_of(VERBS[key], request.form.get("reason", "")) if "reason" in ASKS[key] else ""
    if "person" in ASKS[key]:
        person = request.form.get("person", "")
        if not (person.isascii() and person.isdecimal() and len(person) < 20):
            raise InvalidInput(field=gettext("人员"), zh="请选择交给谁", en="choose to whom")
        return (int(person), reason)
    return (reason,) if "reason" in ASKS[key] else ()


def _ask(key: str, chosen: verbs.Chosen, problem: str, status: int) -> ResponseReturnValue:
    name = request.form.get("person_name", "").strip()
    page = render_template(
        "pages/batch.html",
        section="tasks",
        verb=VERBS[key],
        name=_name(key),
        chosen=chosen,
        people=verbs.people(db.session(), who(), chosen, moment(), name),
        problem=problem,
        given=request.form,
    )
    return make_response(page, status)


def _name(key: str) -> str:
    return VERBS[key].en if language() == "en" else VERBS[key].zh
