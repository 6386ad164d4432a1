"""Seal the pool, draw the experts of a panel by lot, and a substitute for a seat; the record lets anybody repeat it."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from service.domain import panel as lots
from service.operations.context import OperationContext, OperationRefused
from service.store.case_view import EXPERT_INVITATION
from service.store.experts import Absence, Expert
from service.store.panels import Panel, Seat
from service.store.relations import Relation, is_tied
from service.store.submissions import Submission

RESERVES_A_SEAT = 1  # reserves for each seat where the plan names no number


def seal_pool(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Fix who can be drawn and a secret nobody is shown, and record the digests of both, before the witness comes.

    Reads expert_plan: size, fields, reserves, avoid. Entered with the reason, and not drawn, is who belongs to a unit
    of the case or avoids one, is absent today or on the day of the review, was set aside by the plan, or left a seat
    of this case. Every expert stands in the record under a code of this draw alone.
    """
    plan = context.form("expert_plan")
    pool = _pool(context, plan)
    codes = dict(zip((one.id for one in pool), _codes(len(pool)), strict=True))
    entries = lots.sealed(pool, _units(context), codes)
    secret, seats = secrets.token_hex(16), int(plan.get("size") or 0)
    reserves = plan.get("reserves")
    panel = Panel(
        case_id=context.case.id,
        seed="",
        pool_digest=lots.digest(lots.pool_text(entries)),
        record={
            "size": seats,
            "fields": list(plan.get("fields") or ()),
            "reserves_wanted": seats * RESERVES_A_SEAT if reserves is None else int(reserves),
            "pool": [{"entry": one.code, "field": one.field, "reason": one.reason} for one in entries],
            "experts": {codes[one.id]: one.id for one in pool},
            "secret": secret,
            "commitment": lots.digest(secret),
            "operator": context.work.actor.name,
        },
        created_at=context.work.now,
    )
    context.session.add(panel)
    context.session.flush()
    return {"panel": panel.id, "pool_digest": panel.pool_digest, "commitment": panel.record["commitment"]}


def draw_experts(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Draw the seats and reserves from the sealed pool with the number of the witness, who signed in to write it.

    Reads draw_witness: number. The seed is the sealed secret and that number: who knew the one did not know the other.
    """
    number = str(context.form("draw_witness").get("number") or "").strip()
    panel = context.session.scalar(
        select(Panel).where(Panel.case_id == context.case.id).order_by(Panel.id.desc()).limit(1)
    )
    if panel is None or panel.seed or "secret" not in panel.record:
        raise OperationRefused(
            zh="专家库还没有封存，请退回“双人随机抽取专家”重新办理",
            en="the pool has not been sealed; return to the operator's step of the draw",
        )
    record = dict(panel.record)
    seed = lots.seed_of(record["secret"], number)
    drawn = lots.draw(
        _entries(record), seed=seed, seats=record["size"], fields=record["fields"], reserves=record["reserves_wanted"]
    )
    if not any(drawn.seats):
        raise OperationRefused(zh="专家库中没有可以抽取的专家", en="the pool has no expert who may sit")
    panel.seed = seed
    panel.record = record | {
        "number": number,
        "witness": context.work.actor.name,
        "drawn_at": context.work.now.isoformat(),
        "seats": list(drawn.seats),
        "reserves": list(drawn.reserves),
        "uncovered": list(drawn.uncovered),
        "replacements": [],
    }
    seats = [
        Seat(
            panel_id=panel.id,
            position=position,
            expert_id=record["experts"][code],
            chair=position == 1,
            state="invited",
        )
        for position, code in enumerate(drawn.seats, start=1)
        if code is not None
    ]
    context.session.add_all(seats)
    context.session.flush()
    return {"seats": [_item(seat) for seat in seats]}


def draw_substitute(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """The next reserve for a seat whose expert declined or did not answer; `seat` is null when none is left.

    The record tells a recusal from a refusal and from a silence.
    """
    seat = context.session.get(Seat, int(inputs["seat"]["id"]))
    if seat is None:
        raise OperationRefused(zh="没有这个席位", en="there is no such seat")
    panel = context.session.get_one(Panel, seat.panel_id)
    record = dict(panel.record)
    entries = _entries(record)
    code_of = {expert: code for code, expert in record["experts"].items()}
    leaving = code_of[seat.expert_id]
    asked = context.session.scalars(select(Seat.expert_id).where(Seat.panel_id == panel.id)).all()
    field = next(one.field for one in entries if one.code == leaving)
    found = lots.substitute(
        entries, reserves=record["reserves"], field=field, asked={code_of[one] for one in asked if one is not None}
    )
    replaced = {
        "position": seat.position,
        "from": leaving,
        "to": found,
        "reason": _left_because(context, panel, seat),
        "at": context.work.now.isoformat(),
    }
    panel.record = record | {"replacements": [*record["replacements"], replaced]}
    seat.state = "declined"
    if found is None:
        return {"seat": None}
    follower = Seat(
        panel_id=panel.id,
        position=seat.position,
        expert_id=record["experts"][found],
        chair=seat.chair,
        state="invited",
    )
    context.session.add(follower)
    context.session.flush()
    seat.replaced_by = follower.id
    return {"seat": _item(follower)}


def _left_because(context: OperationContext, panel: Panel, seat: Seat) -> str:
    """`recused` where a conflict was declared, `declined` where there is no time, `no-answer` where none came."""
    user_id = select(Expert.user_id).where(Expert.id == seat.expert_id).scalar_subquery()
    answer = context.session.scalar(
        select(Submission.data)
        .where(
            Submission.case_id == panel.case_id,
            Submission.form == EXPERT_INVITATION,
            Submission.submitted_by == user_id,
            Submission.submitted_at >= panel.created_at,
        )
        .order_by(Submission.id.desc())
        .limit(1)
    )
    if answer is None:
        return "no-answer"
    return "declined" if answer.get("accepted") == "no" else "recused"


def _item(seat: Seat) -> dict[str, Any]:
    return {"id": seat.id, "expert_id": seat.expert_id}


def _codes(count: int) -> list[str]:
    """So many different codes, of eight hexadecimal digits."""
    codes: set[str] = set()
    while len(codes) < count:
        codes.add(secrets.token_hex(4))
    return list(codes)


def _entries(record: dict[str, Any]) -> list[lots.Entry]:
    return [lots.Entry(row["entry"], row["field"], row["reason"]) for row in record["pool"]]


def _pool(context: OperationContext, plan: Any) -> list[lots.Candidate]:
    mine = select(Expert).where(Expert.authority_id == context.case.authority_id, Expert.active)
    rows = context.session.scalars(mine.order_by(Expert.id)).all()
    declared: dict[int, set[str]] = {}
    for user_id, unit in context.session.execute(select(Relation.user_id, Relation.unit).where(is_tied(context.today))):
        declared.setdefault(user_id, set()).add(unit)
    barred = _barred(context, plan)
    return [
        lots.Candidate(
            row.id,
            row.field,
            row.employer,
            row.employer_credit_code,
            frozenset({*row.avoid, *declared.get(row.user_id or 0, ())}),
            barred.get(row.id),
        )
        for row in rows
    ]


def _barred(context: OperationContext, plan: Any) -> dict[int, str]:
    """Who is kept out by something other than a unit of the case, with the reason."""
    day = plan.get("review_on")
    review = date.fromisoformat(day[:10]) if day else context.today
    away = context.session.scalars(
        select(Absence.expert_id).where(
            or_(*[(Absence.from_on <= on) & (Absence.to_on >= on) for on in {context.today, review}])
        )
    )
    left = context.session.scalars(
        select(Seat.expert_id).join(Panel).where(Panel.case_id == context.case.id, Seat.state == "declined")
    )
    return (
        {int(expert): "set-aside" for expert in plan.get("avoid") or ()}
        | {expert: "absent" for expert in away}
        | {expert: "declined" for expert in left if expert is not None}
    )


def _units(context: OperationContext) -> list[lots.Unit]:
    applicant = context.of_case("applicant") or {}
    members = context.of_case("members")
    return [lots.Unit(row.get("name") or "", row.get("credit_code")) for row in (applicant, *members)]
