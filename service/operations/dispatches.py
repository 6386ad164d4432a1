"""A dispatch over many cases: write down which, send them in one act, and tell each case what became of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.operations.context import OperationContext, OperationRefused
from service.store import outbox
from service.store.cases import Case, numbers_of
from service.store.dispatches import PICKED, SENT, Dispatch, DispatchItem

RESULTS = ("received", "returned")


def record_dispatch(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Write down the cases that were picked, in their order; an earlier choice of the same dispatch is replaced.

    Reads the form `dispatch-cases`: case_ids. Only cases that wait for a dispatch of this department can be in it.
    """
    wanted = list(dict.fromkeys(int(case_id) for case_id in context.form("dispatch_cases").get("case_ids") or []))
    waiting = {int(row["case_id"]): row for row in context.looked_up("waiting_for_dispatch")}
    strangers = "、".join(numbers_of(context.session, [case_id for case_id in wanted if case_id not in waiting]))
    if strangers or not wanted:
        raise OperationRefused(
            zh=f"所选案件已不在等待报送之列：{strangers}" if strangers else "没有选择案件",
            en=f"cases that no longer wait for a dispatch: {strangers}" if strangers else "no case was picked",
        )
    dispatch = _dispatch(context) or Dispatch(case_id=context.case.id)
    context.session.add(dispatch)
    context.session.flush()
    context.session.execute(delete(DispatchItem).where(DispatchItem.dispatch_id == dispatch.id))
    context.session.add_all(
        DispatchItem(dispatch_id=dispatch.id, case_id=case_id, position=position, result=PICKED)
        for position, case_id in enumerate(wanted, start=1)
    )
    return {"items": len(wanted)}


def send_dispatch(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Letter, table and materials are sent: every case in the dispatch hears `dispatched`, after this transaction.

    A case that was withdrawn since it was picked is marked so and goes no further.
    """
    dispatch = _dispatch(context)
    if dispatch is None:
        raise OperationRefused(zh="还没有登记报送案件", en="no cases were written down for this dispatch")
    dispatch.sent_at = context.work.now
    ended = _ended(context.session, dispatch)
    items = _items(context.session, dispatch)
    for item in items:
        item.result = "withdrawn" if item.case_id in ended else SENT
        _tell(context, item, "dispatched", {})
    return {"items": sum(item.result == SENT for item in items)}


def announce_dispatch(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Tell each case what the authority found (`dispatch-checked`); or, with `late`, that it was not sent in time.

    Reads the form `dispatch-receipt`: items with number (of the case), result (received, returned), reason. A case
    that is returned holds up none of the others.
    """
    dispatch, late = _dispatch(context), bool(inputs.get("late"))
    if dispatch is None:
        if late:
            return {"announced": 0}
        raise OperationRefused(zh="还没有登记报送案件", en="no cases were written down for this dispatch")
    recorded = {} if late else _recorded(context, dispatch)
    items = [item for item in _items(context.session, dispatch) if item.result == (PICKED if late else SENT)]
    missing = [item.position for item in items if not late and _result(recorded, item) not in RESULTS]
    if missing:
        raise OperationRefused(zh=f"第 {missing} 件没有核收结果", en=f"items {missing} have no result")
    for item in items:
        item.result, item.reason = ("late", None) if late else (_result(recorded, item), _reason(recorded, item))
        told = {"dispatch_result": item.result, "reason": item.reason}
        _tell(context, item, "dispatched" if late else "dispatch-checked", told)
    return {"announced": len(items)}


def _dispatch(context: OperationContext) -> Dispatch | None:
    return context.session.scalar(select(Dispatch).where(Dispatch.case_id == context.case.id))


def _recorded(context: OperationContext, dispatch: Dispatch) -> dict[int, Any]:
    """The rows of the receipt by the keys of the cases whose numbers they name."""
    rows = {row.get("number"): row for row in context.form("dispatch_receipt").get("items") or []}
    mine = select(DispatchItem.case_id).where(DispatchItem.dispatch_id == dispatch.id)
    found = context.session.execute(select(Case.id, Case.number).where(Case.id.in_(mine)))
    return {case_id: rows[number] for case_id, number in found if number in rows}


def _items(session: Session, dispatch: Dispatch) -> list[DispatchItem]:
    mine = select(DispatchItem).where(DispatchItem.dispatch_id == dispatch.id)
    return list(session.scalars(mine.order_by(DispatchItem.position)))


def _ended(session: Session, dispatch: Dispatch) -> set[int]:
    mine = select(DispatchItem.case_id).where(DispatchItem.dispatch_id == dispatch.id)
    return set(session.scalars(select(Case.id).where(Case.id.in_(mine), Case.ended_at.is_not(None))))


def _tell(context: OperationContext, item: DispatchItem, name: str, variables: dict[str, Any]) -> None:
    if item.result == "withdrawn":
        return
    payload = {"case_id": item.case_id, "name": name, "variables": {"dispatch_result": item.result, **variables}}
    outbox.add(context.session, "message", payload, dedupe_key=f"{name}:{item.id}", now=context.work.now)


def _result(recorded: dict[int, Any], item: DispatchItem) -> str:
    return str((recorded.get(item.case_id) or {}).get("result") or "")


def _reason(recorded: dict[int, Any], item: DispatchItem) -> str | None:
    reason = recorded[item.case_id].get("reason")
    return str(reason) if reason else None
