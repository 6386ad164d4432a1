"""The verbs of a clerk for programs: what can be done with a task, each verb on a task or a case, and many at once."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from service.commands import batches
from service.commands import verbs as commands
from service.domain.errors import InvalidInput, NotFound
from service.domain.verbs import CASE_VERBS, LONGEST_REASON, VERBS, Verb
from service.queries import verbs
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.api.blueprint import ApiBlueprint, allows
from service.web.api.bodies import Body, Key, Text
from service.web.i18n import language
from service.web.security import moment, who

pages = ApiBlueprint("api_verbs", __name__, url_prefix="/api/v1", description="The verbs of a clerk.")

NAMED = {
    "person": "personKey",
    "signature": "signatureKey",
    "place": "place",
    "target": "target",
    "way": "way",
    "agrees": "agrees",
    "due_on": "dueOn",
}

Given = Body.from_dict(
    {
        "reason": Text(LONGEST_REASON, load_default=""),
        "personKey": Key(load_default=None, attribute="person"),
        "signatureKey": Key(load_default=None, attribute="signature"),
        "place": fields.String(load_default=None, validate=validate.OneOf(["before", "after"])),
        "target": Text(400, load_default=None),
        "way": fields.String(load_default=None, validate=validate.OneOf(["walk", "resume"])),
        "agrees": fields.Boolean(load_default=None),
        "dueOn": fields.Date(load_default=None, attribute="due_on"),
    },
    name="VerbGiven",
)
Batch = Body.from_dict(
    {
        "keys": fields.List(Key(), required=True, validate=validate.Length(1, batches.MOST_ROWS)),
        "reason": Text(LONGEST_REASON, load_default=""),
        "dueOn": fields.Date(load_default=None, attribute="due_on"),
        "personKey": Key(load_default=None, attribute="person"),
        "fromKey": Key(load_default=None, attribute="from_id"),
        "toKey": Key(load_default=None, attribute="to_id"),
    },
    name="VerbBatch",
)
Offered = Body.from_dict(
    {
        "verbs": fields.List(fields.Dict(), required=True),
        "hindrances": fields.List(fields.String(), required=True),
        "targets": fields.List(fields.Dict(), required=True),
    },
    name="VerbsOffered",
)
Results = Body.from_dict({"results": fields.List(fields.Dict(), required=True)}, name="VerbResults")


@pages.get("/user-tasks/<int:task_id>/verbs")
@pages.gives(200, Offered)
@allows("read")
def index(task_id: int) -> dict[str, Any]:
    """What the account can do with the task now besides its form, what stands in the way, and where it may go back."""
    session, actor = db.session(), who()
    found = verbs.of_task(session, actor, task_id, moment())
    goes_back = any(verb.key == "return" for verb in found.verbs)
    back = verbs.targets(session, found.loaded, found.standings) if goes_back else ()
    return {
        "verbs": [_shown(verb) for verb in found.verbs],
        "hindrances": [str(one) for one in found.hindrances],
        "targets": [
            {"target": one.key, "name": one.name, "by": list(one.who), "ways": sorted(one.ways)} for one in back
        ],
    }


@pages.post("/user-tasks/<int:task_id>/<verb>")
@pages.takes(Given)
@pages.gives(204)
@allows("work")
def on_task(given: dict[str, Any], task_id: int, verb: str) -> None:
    """Do a verb on a task; what it takes must be there."""
    if verb not in commands.TASK_ACTS:
        raise NotFound()
    transact(commands.do_task, verb, task_id, _needed(VERBS[verb], given), actor=who(), now=moment())


@pages.post("/cases/<int:case_id>/<verb>")
@pages.takes(Given)
@pages.gives(204)
@allows("operate")
def on_case(given: dict[str, Any], case_id: int, verb: str) -> None:
    """Suspend, resume or cancel a case."""
    if verb not in CASE_VERBS:
        raise NotFound()
    transact(commands.do_case, verb, case_id, given, actor=who(), now=moment())


@pages.post("/batches/<verb>")
@pages.takes(Batch)
@pages.gives(200, Results)
@allows("operate")
def on_many(given: dict[str, Any], verb: str) -> dict[str, Any]:
    """One verb on many tasks, cases or incidents: each in its own transaction, with a result a row."""
    reason = given["reason"]
    more: dict[str, tuple[Any, ...]] = {
        "set-due": (given["due_on"], reason),
        "retry": (),
        "claim": (),
        "transfer": (given["person"], reason),
        "hand-over": (given["from_id"], given["to_id"], reason),
    }
    needed = {"set-due": ("dueOn", "due_on"), "transfer": ("personKey", "person"), "hand-over": ("fromKey", "from_id")}
    if verb in needed and given[needed[verb][1]] is None:
        raise InvalidInput(field=needed[verb][0], zh="必填", en="is required")
    rows = batches.run(verb, given["keys"], *more.get(verb, (reason,)), actor=who(), now=moment())
    return {"results": [{"key": str(row.key), "done": row.done, "code": row.code, "detail": row.text} for row in rows]}


def _needed(verb: Verb, given: dict[str, Any]) -> dict[str, Any]:
    for name in verb.takes:
        if given[name] is None:
            raise InvalidInput(field=NAMED[name], zh="必填", en="is required")
    return given


def _shown(verb: Verb) -> dict[str, Any]:
    english = language() == "en"
    return {
        "verb": verb.key,
        "name": verb.en if english else verb.zh,
        "effect": verb.en_effect if english else verb.zh_effect,
        "reason": verb.reason,
        "takes": [NAMED[name] for name in verb.takes],
    }
