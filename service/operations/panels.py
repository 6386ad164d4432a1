"""Draw the experts of a panel by lot, and a substitute for a seat; the record lets anybody repeat the draw."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import select

from service.domain import panel as lots
from service.operations.context import OperationContext, OperationRefused
from service.store.experts import Expert
from service.store.panels import Panel, Seat
from service.store.relations import Relation, is_tied


def draw_experts(context: OperationContext, _inputs: dict[str, Any]) -> dict[str, Any]:
    """Draw the seats that `expert-plan` asks for, before the witness that `expert-draw` names.

    Reads expert_plan: size, fields; expert_draw: witness, seed. The seed is what they named and a random part made
    here, so that neither side chooses the lots; the whole of it is recorded. Experts of the applicant, of a member, or
    who avoid one of them are left out, with the reason in the record. A panel drawn again replaces the earlier one.
    """
    plan, act = context.form("expert_plan"), context.form("expert_draw")
    pool = _pool(context)
    drawn = lots.draw(
        pool,
        seed=f"{act.get('seed') or ''}/{secrets.token_hex(16)}",
        seats=int(plan.get("size") or 0),
        fields=tuple(plan.get("fields") or ()),
        units=_units(context),
    )
    if not any(drawn.seats):
        raise OperationRefused(zh="专家库中没有可以抽取的专家", en="the pool has no expert who may sit")
    panel = Panel(
        case_id=context.case.id,
        seed=drawn.seed,
        pool_digest=drawn.pool_digest,
        record={
            "size": len(drawn.seats),
            "fields": list(plan.get("fields") or ()),
            "uncovered": list(drawn.uncovered),
            "excluded": [{"expert_id": expert, "reason": reason} for expert, reason in drawn.excluded],
            "pool": [candidate.id for candidate in pool],
            "witness": act.get("witness"),
            "drawn_by": context.work.actor.name,
        },
        created_at=context.work.now,
    )
    context.session.add(panel)
    context.session.flush()
    seats = [
        Seat(panel_id=panel.id, position=position, expert_id=expert, chair=position == 1, state="invited")
        for position, expert in enumerate(drawn.seats, start=1)
        if expert is not None
    ]
    context.session.add_all(seats)
    context.session.flush()
    return {"seats": [_item(seat) for seat in seats]}


def draw_substitute(context: OperationContext, inputs: dict[str, Any]) -> dict[str, Any]:
    """The next expert by lot for a seat whose expert declined or did not answer; `seat` is null when nobody is left."""
    seat = context.session.get(Seat, int(inputs["seat"]["id"]))
    if seat is None:
        raise OperationRefused(zh="没有这个席位", en="there is no such seat")
    panel = context.session.get_one(Panel, seat.panel_id)
    seated = context.session.scalars(select(Seat.expert_id).where(Seat.panel_id == panel.id))
    field = context.session.scalar(select(Expert.field).where(Expert.id == seat.expert_id)) or ""
    found = lots.substitute(
        _pool(context),
        seed=panel.seed,
        field=field,
        seated={expert for expert in seated if expert is not None},
        units=_units(context),
    )
    seat.state = "declined"
    if found is None:
        return {"seat": None}
    follower = Seat(panel_id=panel.id, position=seat.position, expert_id=found, chair=seat.chair, state="invited")
    context.session.add(follower)
    context.session.flush()
    seat.replaced_by = follower.id
    return {"seat": _item(follower)}


def _item(seat: Seat) -> dict[str, Any]:
    return {"id": seat.id, "expert_id": seat.expert_id}


def _pool(context: OperationContext) -> list[lots.Candidate]:
    rows = context.session.scalars(select(Expert).where(Expert.active).order_by(Expert.id)).all()
    declared: dict[int, set[str]] = {}
    for user_id, unit in context.session.execute(select(Relation.user_id, Relation.unit).where(is_tied(context.today))):
        declared.setdefault(user_id, set()).add(unit)
    return [
        lots.Candidate(
            row.id,
            row.field,
            row.employer,
            row.employer_credit_code,
            frozenset({*row.avoid, *declared.get(row.user_id or 0, ())}),
        )
        for row in rows
    ]


def _units(context: OperationContext) -> list[lots.Unit]:
    applicant = context.view.get("applicant") or {}
    members = context.view.get("members") or []
    return [lots.Unit(row.get("name") or "", row.get("credit_code")) for row in (applicant, *members)]
