"""Note an act in the audit trail, in the act's own transaction."""

from __future__ import annotations

from typing import Any

from service.domain.identity import Actor
from service.store import audit
from service.store.unit_of_work import UnitOfWork


def note(
    work: UnitOfWork,
    action: str,
    object_type: str,
    object_id: int | str,
    details: dict[str, Any] | None = None,
    *,
    case_id: int | None = None,
    actor: Actor | None = None,
) -> None:
    """Write what the actor did; `action` is past tense and kebab."""
    audit.record(
        work.session,
        actor or work.actor,
        action,
        at=work.now,
        object_type=object_type,
        object_id=object_id,
        case_id=case_id,
        details=details,
    )
