"""User tasks: the caller's own and the caller's groups', taken, given back and completed as at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask.typing import ResponseReturnValue
from marshmallow import fields

from service.commands import user_tasks as commands
from service.domain.errors import FormInvalid, InvalidInput, NotAllowed
from service.forms import FieldProblem
from service.queries import api_access, process_instances, programmes, work_lists
from service.queries.work_lists import TaskRow
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.api import searching
from service.web.api.blueprint import allows
from service.web.api.bodies import Body, Text
from service.web.api.searching import SearchBody
from service.web.security import moment, who
from service.web.v2.instances import TruncationQuery, Variable, variable_page
from service.web.v2.parts import (
    TENANT,
    V2Blueprint,
    element_key,
    instant,
    key,
    key_in_address,
    nothing,
    page_of,
    programme,
    shape,
    tags,
    text,
)

part: Final = V2Blueprint("user_tasks", __name__, "User tasks and their forms.")

UserTask = shape(
    "UserTask", userTaskKey=key(), elementInstanceKey=key(), elementId=text(), name=text(null=True), state=text(),
    assignee=text(null=True), candidateGroups=fields.List(fields.String()), candidateUsers=tags(),
    creationDate=instant(), completionDate=instant(), followUpDate=instant(), dueDate=instant(),
    externalFormReference=nothing(), customHeaders=fields.Dict(), formKey=key(null=True), priority=fields.Integer(),
    tags=tags(), businessId=nothing(), processName=text(null=True), processDefinitionId=text(),
    processDefinitionVersion=fields.Integer(), processDefinitionKey=key(null=True), processInstanceKey=key(),
    rootProcessInstanceKey=key(), tenantId=text(),
)  # fmt: skip
Form = shape("Form", formKey=key(), formId=text(), version=fields.Integer(), schema=text(), tenantId=text())


class SubmissionRefused(FormInvalid):
    """The submission has errors; each is named by its field."""

    code = "submission-refused"
    zh = "有 {count} 处需要改正：{zh}"
    en = "{count} entries need correcting: {en}"


class AssignmentBody(Body):
    """Who is to have the task: the caller."""

    assignee = Text(200, load_default="", allow_none=True)


class CompletionBody(Body):
    """The submission of the task's form, by the keys of its fields."""

    variables = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)


@part.post("/user-tasks/search")
@part.takes(SearchBody)
@part.gives(200, page_of(UserTask))
@allows("read")
def search(body: dict[str, Any]) -> dict[str, Any]:
    """Tasks that are or were the caller's, or may be taken by one of the caller's groups."""
    session = db.session()
    found = work_lists.tasks(session, who(), searching.read(body), programme())
    groups = work_lists.groups_of(session, [row.id for row in found.rows])
    return searching.envelope(found, lambda row: _task(row, groups.get(row.id, [])))


@part.get("/user-tasks/<key>")
@part.gives(200, UserTask)
@allows("read")
def show(key: str) -> dict[str, Any]:
    """One task."""
    row = _row(key)
    return _task(row, work_lists.groups_of(db.session(), [row.id]).get(row.id, []))


@part.get("/user-tasks/<key>/form")
@part.gives(200, Form)
@part.documents(responses={"204": {"description": "The task has no form."}})
@allows("read")
def form(key: str) -> ResponseReturnValue:
    """The form-js file of the task's form, in the version the case is pinned to."""
    row = _row(key)
    if row.form_id is None:
        return "", 204
    content = programmes.file_content(db.session(), row.deployment_id, row.form_path)
    return {
        "formKey": row.form_id, "formId": row.form, "version": row.version,
        "schema": content.decode("utf-8-sig"), "tenantId": TENANT,
    }  # fmt: skip


@part.post("/user-tasks/<key>/variables/search")
@part.takes(TruncationQuery, location="query")
@part.takes(SearchBody)
@part.gives(200, page_of(Variable))
@allows("read")
def search_variables(query: dict[str, Any], body: dict[str, Any], key: str) -> dict[str, Any]:
    """What the diagram maps into the task; nothing else of the case is a task's."""
    row, asked = _row(key), searching.read(body)
    rows = process_instances.local_variables(row.instance_id, element_key(row.instance_id, row.engine_task), row.inputs)
    kept = tuple(one for one in rows if process_instances.keeps(one, asked))
    return variable_page(kept, cut=query["truncate"])


@part.post("/user-tasks/<key>/assignment")
@part.takes(AssignmentBody)
@part.gives(204)
@allows("work")
def assign(body: dict[str, Any], key: str) -> ResponseReturnValue:
    """Take the task for oneself; who has it already keeps it, whatever allowOverride says."""
    row = _row(key)
    if not body["assignee"]:
        raise InvalidInput(field="assignee", zh="请填写办理人的账号", en="is needed: a login")
    if body["assignee"] != api_access.login_of(db.session(), who()):
        raise NotAllowed(
            why_zh="这里只能为自己认领任务；转给他人请用转办。",
            why_en="Here a task is taken for oneself; to hand it to somebody else is a transfer.",
        )
    transact(commands.claim, row.id, actor=who(), now=moment())
    return "", 204


@part.delete("/user-tasks/<key>/assignee")
@part.gives(204)
@allows("work")
def unassign(key: str) -> ResponseReturnValue:
    """Give the task back to its groups."""
    transact(commands.release, _row(key).id, actor=who(), now=moment())
    return "", 204


@part.post("/user-tasks/<key>/completion")
@part.takes(CompletionBody)
@part.gives(204)
@allows("work")
def complete(body: dict[str, Any], key: str) -> ResponseReturnValue:
    """Submit the task's form; it is judged as at the desk, and an unknown field is refused."""
    row = _row(key)
    try:
        transact(commands.complete, row.id, data=body["variables"] or {}, actor=who(), now=moment())
    except FormInvalid as refused:
        told: Sequence[FieldProblem] = refused.details["submission"].problems
        zh = "；".join(f"{one.control or one.label}：{one.zh}" for one in told)
        en = "; ".join(f"{one.control or one.label}: {one.en}" for one in told)
        raise SubmissionRefused(count=len(told), zh=zh, en=en) from refused
    return "", 204


def _row(key: str) -> TaskRow:
    return work_lists.task(db.session(), who(), key_in_address(key), programme())


def _task(row: TaskRow, groups: list[str]) -> dict[str, Any]:
    return {
        "userTaskKey": row.id, "elementInstanceKey": element_key(row.instance_id, row.engine_task),
        "elementId": row.element, "name": row.name or None, "state": row.state, "assignee": row.assignee,
        "candidateGroups": groups, "candidateUsers": [], "creationDate": row.opened_at,
        "completionDate": row.closed_at, "followUpDate": None, "dueDate": row.due_at, "externalFormReference": None,
        "customHeaders": {}, "formKey": row.form_id, "priority": row.priority, "tags": [], "businessId": None,
        "processName": row.title, "processDefinitionId": row.procedure, "processDefinitionVersion": row.version,
        "processDefinitionKey": row.definition_id, "processInstanceKey": row.instance_id,
        "rootProcessInstanceKey": row.instance_id, "tenantId": TENANT,
    }  # fmt: skip
