"""The member list becomes rows, so that the diagram can loop over its units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import delete, select

from service.operations.context import OperationContext
from service.store.attachments import Attachment
from service.store.case_view import MEMBER_CONFIRMATION
from service.store.members import Member
from service.store.submissions import Submission


def record_members(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Write the member list of the newest declaration as rows, in its order; answers their ids, and who is to confirm.

    An earlier list of the same case is replaced: its confirmations belong to what was written then. With `keep` a unit
    keeps its row, and so its confirmation, where neither its own line has changed nor a document that its form shows of
    the declaration: a confirmation is of that agreement. The others are `unconfirmed`.
    """
    form, field = inputs.get("form", "declaration"), inputs.get("field", "members")
    declared = [dict(row) for row in context.form(form.replace("-", "_")).get(field) or []]
    source = context.session.scalar(
        select(Submission.id)
        .where(Submission.case_id == context.case.id, Submission.form == form)
        .order_by(Submission.id.desc())
        .limit(1)
    )
    standing = _standing(context, form, declared) if inputs.get("keep") else {}
    kept = [row.id for row in standing.values()]
    context.session.execute(delete(Member).where(Member.case_id == context.case.id, Member.id.not_in(kept)))
    rows = [standing.get(place) or Member(case_id=context.case.id) for place in range(len(declared))]
    for position, (row, data) in enumerate(zip(rows, declared, strict=True), start=1):
        row.position, row.data, row.submission_id = position, data, source
        row.name, row.credit_code = str(data.get("name") or ""), data.get("credit_code")
        row.kind, row.role = data.get("kind"), data.get("role")
    context.session.add_all(rows)
    context.session.flush()
    return {"members": [row.id for row in rows], "unconfirmed": [row.id for row in rows if row.id not in kept]}


def _standing(context: OperationContext, form: str, declared: list[dict[str, Any]]) -> dict[int, Member]:
    """By its place in the new list, each row that was confirmed and about which nothing has changed."""
    confirmed = {one["id"] for one in context.of_case("members") if one["confirmed"] is True}
    if not confirmed:
        return {}
    contents, paths = _contents(context), _read_by_members(context, form)

    def documents_of(declaration: Any) -> list[str]:
        found = (one for path in paths for one in _values(declaration, path))
        return list(dict.fromkeys(contents[one] for one in found if isinstance(one, str) and one in contents))

    now = documents_of(context.form(form.replace("-", "_")))
    rows = context.session.execute(
        select(Member, Submission.data)
        .outerjoin(Submission, Submission.id == Member.submission_id)
        .where(Member.case_id == context.case.id, Member.id.in_(confirmed))
    )
    free = [row for row, then in rows if documents_of(then) == now]
    found: dict[int, Member] = {}
    for place, data in enumerate(declared):
        same = next((row for row in free if _by_content(row.data, contents) == _by_content(data, contents)), None)
        if same is not None:
            free.remove(same)
            found[place] = same
    return found


def _read_by_members(context: OperationContext, form: str) -> list[tuple[str, ...]]:
    """Where in a declaration stands what the members' form shows of it."""
    asked, section = context.programme.forms.get(MEMBER_CONFIRMATION), ("case", form.replace("-", "_"))
    return sorted(path[2:] for path in (asked.paths if asked is not None else ()) if path[:2] == section)


def _values(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What stands at a path, in each row of a list on the way."""
    if isinstance(value, list):
        for one in value:
            yield from _values(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        yield from _values(value.get(path[0]), path[1:])


def _contents(context: OperationContext) -> dict[str, str]:
    """What each file of the case holds, by its code: the same file uploaded again is no change."""
    files = select(Attachment.code, Attachment.sha256).where(Attachment.case_id == context.case.id)
    return {code: sha256 for code, sha256 in context.session.execute(files)}


def _by_content(value: Any, contents: Mapping[str, str]) -> Any:
    """A value of a form with each file's code replaced by what the file holds; a copy beside its like is left out."""
    if isinstance(value, Mapping):
        return {key: _by_content(one, contents) for key, one in value.items()}
    if isinstance(value, list):
        rows = [_by_content(one, contents) for one in value]
        return [one for place, one in enumerate(rows) if one not in rows[:place]]
    return contents.get(value, value) if isinstance(value, str) else value
