"""The member list becomes rows, so that the diagram can loop over its units."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from service.operations.context import OperationContext
from service.store.members import Member
from service.store.submissions import Submission


def record_members(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Write the member list of the newest declaration as rows, in its order; answers their ids.

    An earlier list of the same case is replaced: its confirmations belong to what was written then.
    """
    form, field = inputs.get("form", "declaration"), inputs.get("field", "members")
    declared = context.form(form.replace("-", "_")).get(field) or []
    source = context.session.scalar(
        select(Submission.id)
        .where(Submission.case_id == context.case.id, Submission.form == form)
        .order_by(Submission.id.desc())
        .limit(1)
    )
    context.session.execute(delete(Member).where(Member.case_id == context.case.id))
    rows = [
        Member(
            case_id=context.case.id,
            position=position,
            name=str(row.get("name") or ""),
            credit_code=row.get("credit_code"),
            kind=row.get("kind"),
            role=row.get("role"),
            data=dict(row),
            submission_id=source,
        )
        for position, row in enumerate(declared, start=1)
    ]
    context.session.add_all(rows)
    context.session.flush()
    return {"members": [row.id for row in rows]}
