"""The member list becomes rows, so that the diagram can loop over its units."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from service.operations.context import OperationContext
from service.store.members import Member
from service.store.submissions import Submission


def record_members(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Write the member list of the newest declaration as rows, in its order; answers their ids, and who is to confirm.

    An earlier list of the same case is replaced: its confirmations belong to what was written then. With `keep` a unit
    about which nothing has changed keeps its row, and so its confirmation; the others are `unconfirmed`.
    """
    form, field = inputs.get("form", "declaration"), inputs.get("field", "members")
    declared = [dict(row) for row in context.form(form.replace("-", "_")).get(field) or []]
    source = context.session.scalar(
        select(Submission.id)
        .where(Submission.case_id == context.case.id, Submission.form == form)
        .order_by(Submission.id.desc())
        .limit(1)
    )
    standing = _standing(context, declared) if inputs.get("keep") else {}
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


def _standing(context: OperationContext, declared: list[dict[str, Any]]) -> dict[int, Member]:
    """By its place in the new list, each row that was confirmed and about which nothing has changed."""
    confirmed = {one["id"] for one in context.of_case("members") if one["confirmed"] is True}
    rows = context.session.scalars(select(Member).where(Member.case_id == context.case.id, Member.id.in_(confirmed)))
    free = list(rows)
    found: dict[int, Member] = {}
    for place, data in enumerate(declared):
        same = next((row for row in free if row.data == data), None)
        if same is not None:
            free.remove(same)
            found[place] = same
    return found
