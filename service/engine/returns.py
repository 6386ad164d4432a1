"""Sending back: one branch leaves an open task for another step, and knows who sent it and where to resume.

Where a designer wants a return, a flow is drawn; this is for the return that nobody drew. Only the branch that is left
is closed, so joins beside it still get their tokens.
"""

from __future__ import annotations

from service.domain.errors import WrongCommand
from service.engine.model import ACTIVITIES, GATEWAYS
from service.engine.spiff import NodeSpec, Token

TARGETS = ACTIVITIES | GATEWAYS | {"intermediateCatchEvent", "intermediateThrowEvent"}


def send_back(token: Token, target: str, by: str, resume: bool) -> None:
    """Close the branch of an open task, and begin at `target`, in the same scope or in one around it.

    With `resume`, the target leads back to where the branch was left instead of along its flows. Raises WrongCommand.
    """
    left, spec = _leaving(token, target)
    frame = left.workflow
    back = _front(left.task_spec, left.task_spec.node.id)
    before = frame.task_tree.child(_front(spec, target))
    before.internal_data["returned"] = {
        "by": by,
        "from": left.task_spec.node.id,
        **({"resume": back.name} if resume else {}),
    }
    if left.above.task_spec.group:
        for other in left.above.children:
            if other is not left and not other.fired:
                other.cancel()
    left.cancel()
    before.task_spec._update(before)


def _leaving(token: Token, target: str) -> tuple[Token, NodeSpec]:
    """The token of the scope that holds the target: the task itself, or an activity around it."""
    at = token
    while True:
        if "turn" in at.internal_data:
            at = at.above  # the loop begins anew
        spec = at.workflow.spec.task_specs.get(target)
        if spec is not None and spec.name == spec.node.id and spec.node.kind in TARGETS and not spec.node.by_event:
            return at, spec
        if at.workflow.owner is None:
            raise WrongCommand(
                zh=f"从这项任务不能退回到“{target}”。", en=f"this task cannot be sent back to “{target}”."
            )
        at = at.workflow.owner


def _front(spec: NodeSpec, node_id: str) -> NodeSpec:
    """What stands before a node: the host of its boundary events, or itself."""
    specs = spec.process.task_specs
    return specs.get(f"{node_id}~host", specs[node_id])
