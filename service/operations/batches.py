"""A case that may be declared at any time comes into a batch by the day on which its papers arrived."""

from __future__ import annotations

from datetime import date
from typing import Any

from service.operations.context import OperationContext, OperationRefused
from service.store import calls
from service.store.cases import CaseEvent


def assign_batch(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Put the case into the first call whose date named `deadline` is not before the arrival of its papers.

    Where no such call is open yet the case goes on without one, and comes into the next as soon as that is opened.
    Reads the form `paper-receipt`: received_on. Source: Guizhou 2022 notice, 五; domain §4 R3.
    """
    name = inputs["deadline"]
    received = context.form("paper_receipt").get("received_on")
    if not received:
        raise OperationRefused(zh="收件登记没有写明送达日期", en="the receipt names no day of arrival")
    on = date.fromisoformat(str(received))
    call = calls.batch_of(context.session, context.case.programme, name, on)
    if call is None:
        context.session.add(CaseEvent(case_id=context.case.id, name=name, on_date=on, at=context.work.now))
        return {"batch": None}
    context.case.call_id = call.id
    return {"batch": call.title}
