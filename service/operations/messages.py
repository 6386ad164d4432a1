"""Operations that give a message to other cases, by name and correlation key."""

from __future__ import annotations

from typing import Any

from service.operations.context import OperationContext, OperationRefused
from service.store import outbox


def publish_message(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """Publish the message that this element names, after the commit, to cases and procedures of the same authority.

    What is mapped in besides `keep_hours` goes with it. It reaches who waits for its key, begins what it may begin, and
    is kept for so many hours.
    """
    message = context.request.message
    if message is None:
        raise OperationRefused(zh="元素没有写明消息", en="the element names no message")
    payload: dict[str, Any] = {
        "name": message["name"],
        "key": message["key"],
        "variables": {name: value for name, value in context.request.inputs.items() if name != "keep_hours"},
        "kept_hours": inputs["keep_hours"],
        "authority_id": context.case.authority_id,
    }
    dedupe = f"publish:{context.case.id}:{context.request.task}"
    outbox.add(context.session, "message", payload, dedupe_key=dedupe, now=context.work.now)
    return {}
