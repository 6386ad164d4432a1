"""Five experts who submit at the same moment, and clerks at one desk; for the races and the proofs."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from service.commands import user_tasks
from service.commands.user_tasks import Completion
from service.domain.identity import Actor
from service.store.experts import Expert
from service.store.unit_of_work import UnitOfWork
from tests.support.office import DATA, Office
from tests.support.races import race

MODELS: Path = DATA / "panel"
PROGRAMME = "sample-panel"
SCORE = {"score": 90}
EXPERTS = 5


def experts(office: Office) -> list[Actor]:
    """The five who sit on every panel, in the order of their seats."""
    seated = office.rows(select(Expert.user_id).order_by(Expert.id).limit(EXPERTS))
    return [office.actor(user_id) for user_id in seated]


class Round:
    """One panel on which all five submit at once: what each got, how long each waited, how often each was tried."""

    def __init__(self, app: Flask, office: Office, people: list[Actor]) -> None:
        self.case_id = office.start("panel")
        tasks = office.open_tasks("score", self.case_id)
        self.tries = 0
        self.seconds: list[float] = []
        acts = [partial(self._submit, office, task.id, by) for task, by in zip(tasks, people, strict=True)]
        self.results = race(app, acts)

    def _submit(self, office: Office, task_id: int, by: Actor) -> Completion:
        begun = time.perf_counter()
        done: Completion = office.act(self._counted, task_id, by=by)
        self.seconds.append(time.perf_counter() - begun)
        return done

    def _counted(self, work: UnitOfWork, task_id: int) -> Completion:
        self.tries += 1
        return user_tasks.complete(work, task_id, data=SCORE)
