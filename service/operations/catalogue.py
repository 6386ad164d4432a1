"""The closed catalogue of what a service task may name, with the inputs each takes; nothing else runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields
from marshmallow.validate import OneOf, Range

from service.domain.register import ACTIVE, STRUCK_OFF
from service.operations import (
    bases,
    batches,
    dispatches,
    letters,
    meetings,
    members,
    messages,
    notices,
    obligations,
    panels,
    register,
    trainings,
)
from service.operations.context import OperationContext, OperationRefused
from service.store.case_bases import APPROVAL, PROMOTION

Run = Callable[[OperationContext, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Operation:
    """One operation: its name in diagrams, what it is called, its inputs, and the names of what it answers."""

    type: str
    zh: str
    en: str
    run: Run
    inputs: Mapping[str, fields.Field[Any]]
    outputs: tuple[str, ...] = ()

    def load(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs, checked; what the operation does not know is passed on (letters read it as `input`)."""
        schema = Schema.from_dict(dict(self.inputs), name=self.type)
        try:
            loaded: dict[str, Any] = schema(unknown=INCLUDE).load(given)
        except ValidationError as error:
            wrong = "; ".join(f"{name}: {texts}" for name, texts in error.messages_dict.items())
            raise OperationRefused(
                zh=f"操作 {self.type} 的输入不完整：{wrong}", en=f"inputs of {self.type} are wrong: {wrong}"
            ) from None
        return loaded


def _text(*, required: bool = True) -> fields.String:
    return fields.String(required=required)


def _given() -> fields.String:
    return fields.String(required=False, allow_none=True)


_LETTER = {"letter": _text()}
CATALOGUE: Mapping[str, Operation] = {
    one.type: one
    for one in (
        Operation(
            "notify",
            "通知",
            "Notify",
            letters.notify,
            {**_LETTER, "groups": fields.List(fields.String(), allow_none=True)},
            ("told",),
        ),
        Operation(
            "issue-letter",
            "出具文书",
            "Issue a letter",
            letters.issue_letter,
            {**_LETTER, "role": _given()},
            ("paper", "number"),
        ),
        Operation("reprint", "重新打印", "Print anew", letters.reprint, {}, ("paper",)),
        Operation(
            "issue-receipt",
            "出具回执",
            "Issue a receipt",
            letters.issue_receipt,
            {"letter": _text(required=False)},
            ("receipt",),
        ),
        Operation(
            "record-members",
            "登记成员单位",
            "Record members",
            members.record_members,
            {"form": _text(required=False), "field": _text(required=False), "keep": fields.Boolean(required=False)},
            ("members", "unconfirmed"),
        ),
        Operation(
            "seal-pool", "封存专家库", "Seal the pool", panels.seal_pool, {}, ("panel", "pool_digest", "commitment")
        ),
        Operation("draw-experts", "抽取专家", "Draw experts", panels.draw_experts, {}, ("seats",)),
        Operation(
            "draw-substitute",
            "抽取候补专家",
            "Draw a substitute",
            panels.draw_substitute,
            {"seat": fields.Dict(required=True)},
            ("seat",),
        ),
        Operation("send-papers", "印发会议材料", "Send papers", meetings.send_papers, _LETTER, ("items", "number")),
        Operation(
            "announce-decisions", "送达审议结论", "Announce decisions", meetings.announce_decisions, {}, ("announced",)
        ),
        Operation("record-dispatch", "登记报送案件", "Record a dispatch", dispatches.record_dispatch, {}, ("items",)),
        Operation("send-dispatch", "一并报送", "Send a dispatch", dispatches.send_dispatch, {}, ("items",)),
        Operation(
            "announce-dispatch",
            "送达报送结果",
            "Announce a dispatch",
            dispatches.announce_dispatch,
            {"late": fields.Boolean(required=False)},
            ("announced",),
        ),
        Operation("record-sessions", "登记培训场次", "Record training", trainings.record_sessions, {}, ("sessions",)),
        Operation(
            "announce-training",
            "告知培训日期",
            "Announce training",
            trainings.announce_training,
            {},
            ("announced", "missed"),
        ),
        Operation(
            "assign-batch", "归入批次", "Assign to a batch", batches.assign_batch, {"deadline": _text()}, ("batch",)
        ),
        Operation(
            "publish-message",
            "发布消息",
            "Publish a message",
            messages.publish_message,
            {"keep_hours": fields.Integer(load_default=24, validate=Range(0, 720))},
        ),
        Operation(
            "publish-notice",
            "发布公示",
            "Publish a notice",
            notices.publish_notice,
            {"form": fields.String(load_default="publicity")},
            ("notice", "to_on"),
        ),
        Operation("tally-objections", "汇总异议", "Tally objections", notices.tally_objections, {}, ("open", "upheld")),
        Operation("announce", "发布消息", "Announce a message", notices.announce, {}),
        Operation(
            "check-name", "核对重名", "Check a name", register.check_name, {"full_name": _given()}, ("available",)
        ),
        Operation(
            "next-number", "取编号", "Next number", register.next_number, {"series": _text(required=False)}, ("number",)
        ),
        Operation(
            "register",
            "登记名录",
            "Enter the register",
            register.register,
            {
                "full_name": _text(),
                "filing_number": _text(),
                "standing": fields.String(load_default="operating", validate=OneOf(ACTIVE)),
                "succeeds": _given(),
            },
            ("entry",),
        ),
        Operation(
            "amend-register",
            "变更名录",
            "Amend the register",
            register.amend_register,
            {
                "full_name": _given(),
                "lead_credit_code": _given(),
                "members": fields.Boolean(required=False, allow_none=True),
                "contact": fields.Dict(required=False, allow_none=True),
                "note": _given(),
            },
            ("changed",),
        ),
        Operation(
            "record-standing",
            "登记运行状态",
            "Record the standing",
            register.record_standing,
            {"standing": fields.String(required=True, validate=OneOf(ACTIVE)), "note": _given()},
            ("standing",),
        ),
        Operation(
            "strike-off",
            "名录除名",
            "Strike off",
            register.strike_off,
            {"reason": fields.String(required=True, validate=OneOf(STRUCK_OFF)), "note": _given()},
            ("standing", "duties_ended"),
        ),
        Operation(
            "rest-on",
            "关联依托的名录",
            "Rest on an entry",
            bases.rest_on,
            {"number": _given(), "kind": fields.String(load_default=PROMOTION, validate=OneOf((PROMOTION, APPROVAL)))},
            ("entry",),
        ),
        Operation("start-duties", "启动后续义务", "Start duties", obligations.start_duties, {}, ("duties",)),
        Operation(
            "record-duty",
            "登记义务履行",
            "Record a duty's result",
            obligations.record_duty,
            {"result": fields.String(required=True, validate=OneOf(("fulfilled", "missed")))},
            ("on_time",),
        ),
        Operation(
            "record-event",
            "登记日期",
            "Record a day",
            obligations.record_event,
            {"event": _text(), "on": _text()},
            ("on",),
        ),
        Operation(
            "move-duty",
            "义务改期",
            "Move a duty",
            obligations.move_duty,
            {"on": _text(), "kind": _given()},
            ("due_on",),
        ),
        Operation("record-ban", "登记禁限期", "Record a ban", obligations.record_ban, {"reason": _given()}, ("until",)),
        Operation("record-project", "登记政府项目", "Record a project", obligations.record_project, {}, ("project",)),
        Operation("close-project", "登记项目结题", "Close a project", obligations.close_project, {}, ("running",)),
        Operation("record-support", "登记支持事项", "Record a support", obligations.record_support, {}, ("granted",)),
    )
}


def run_operation(context: OperationContext) -> dict[str, Any]:
    """Carry out the request; rows only, no commit. Raises OperationRefused for what a person can cure."""
    operation = CATALOGUE.get(context.request.type)
    if operation is None:
        raise OperationRefused(
            zh=f"目录中没有操作 {context.request.type}", en=f"there is no operation {context.request.type}"
        )
    return operation.run(context, operation.load(context.request.inputs))
