"""One world judged three times: by the oracle, by the rule over facts, and by the lists' conditions in SQL."""

from __future__ import annotations

from random import Random

from sqlalchemy import select

from service.domain.access import has_remit, may
from service.domain.deadlines import local_date
from service.queries import inbox
from service.store.access import case_facts, kept_pool, visible
from service.store.cases import Case
from service.store.experts import Expert
from service.store.session import db
from service.store.task_ground import task_facts, task_ground
from service.store.users import actor_of
from tests.access import oracle
from tests.access.world import AT, make_world


def judge(seed: int) -> tuple[int, list[str]]:
    """How many accesses were judged, and each in which one of the three said something else."""
    session = db.session()
    world = make_world(session, Random(seed))  # noqa: S311 # a lot that can be drawn again
    judged, wrong = 0, []
    for person in world.people:
        actor = actor_of(session, person.row.id, local_date(AT))
        assert actor is not None
        listed = set(session.scalars(select(Case.id).where(visible(actor))))
        parts = {scope: {row.task_id for row in inbox.page(session, actor, scope, size=500).rows} for scope in SCOPES}
        kept = set(session.scalars(select(Expert.id).where(kept_pool(actor))))
        for other in (one for one in world.people if one.expert and one.pool):
            judged += 1
            keeps, ruled = oracle.keeps(person, other), has_remit(actor, "keep-pool", other.pool.row.path)
            if not keeps == ruled == (other.expert.id in kept):
                wrong.append(f"seed {seed}: {person} keeps {other}: {keeps=} {ruled=}")
        for dossier in world.dossiers:
            judged += 1
            expected = oracle.sees_case(person, dossier)
            ruled = may(actor, "see-case", case_facts(session, actor, dossier.row), AT)
            if not expected == ruled == (dossier.row.id in listed):
                wrong.append(f"seed {seed}: {person} {dossier}: {expected=} {ruled=} sql={dossier.row.id in listed}")
            for task in dossier.tasks:
                judged += 1
                ground = task_ground(session, task.row, person=actor.user_id, expert=actor.expert_id, form="", now=AT)
                seen = may(actor, "see-task", task_facts(task.row, ground), AT)
                where = [scope for scope in SCOPES if task.row.id in parts[scope]]
                wanted = [part] if (part := oracle.waits_for(person, dossier, task)) else []
                if seen != oracle.sees_task(person, dossier, task) or where != wanted:
                    wrong.append(f"seed {seed}: {person} {task}: {seen=} {where=} {wanted=}")
    session.rollback()
    return judged, wrong


SCOPES: tuple[inbox.Scope, ...] = ("mine", "groups", "done")
