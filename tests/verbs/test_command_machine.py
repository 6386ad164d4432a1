"""Every verb in every order through the real commands on a real database: rows and engine never disagree."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.commands import case_verbs, deputies, signing, task_verbs, user_tasks
from service.domain.deadlines import local_date
from service.domain.errors import Refusal
from service.domain.identity import Actor
from service.store.session import db
from service.store.signatures import OPEN as UNSIGNED
from service.store.signatures import Signature
from service.store.submissions import Submission
from service.store.user_tasks import COMPLETED, UserTask
from tests.support.invariants import check
from tests.support.office import Office, sqlite_office
from tests.verbs.conftest import BEGIN, PROGRAMME

PEOPLE = (("lead", 1), ("clerk", 1), ("clerk", 2), ("voter", 1), ("voter", 2), ("voter", 3), ("head", 1))
WHY = "随机办理"


class Desk:
    """People who try whatever comes to mind; what is refused must be refused with words, and change nothing."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office, self.random = office, random.Random(seed)  # noqa: S311 # reproducible choices, no secret
        self.case_id = office.start("matter")
        self.done = self.refused = 0
        self.acts: list[tuple[int, Callable[[], None]]] = [
            (8, self.complete), (2, self.claim), (2, self.release), (2, self.give), (2, self.back), (2, self.take_back),
            (3, self.ask), (3, self.sign), (2, self.unask), (1, self.copy), (1, self.urge), (1, self.due),
            (1, self.suspend), (3, self.resume), (1, self.deputy), (1, self.hand_over), (2, self.time),
        ]  # fmt: skip

    def step(self) -> None:
        """One try of one person."""
        weights = [weight for weight, _ in self.acts]
        self.random.choices([act for _, act in self.acts], weights)[0]()

    def try_(self, command: Any, *args: Any, by: Actor | None = None, **more: Any) -> None:
        try:
            self.office.act(command, *args, by=by or self.somebody(), **more)
            self.done += 1
        except Refusal:
            self.refused += 1

    def somebody(self) -> Actor:
        chosen = self.office.person(*self.random.choice(PEOPLE))
        return self.office.actor(chosen.user_id or 0)  # with what is lent today

    def whose(self, task: UserTask) -> Actor:
        """Most often somebody who has the task or may take it."""
        if self.random.random() < 0.2:
            return self.somebody()
        if task.assignee_id is not None:
            return self.office.actor(task.assignee_id)
        groups = set(self.office.groups_of(task.id))
        people = [self.office.person(*one) for one in PEOPLE]
        fit = [person for person in people if person.groups & groups]
        return self.random.choice(fit or [self.somebody()])

    def task(self) -> UserTask:
        """An open task of the case; where there is none, any."""
        found = self.office.open_tasks("", self.case_id) or self.office.rows(db.select(UserTask))
        return self.random.choice(found)

    def signature(self) -> Signature | None:
        asked = [one for one in self.office.rows(db.select(Signature)) if one.state == UNSIGNED]
        return self.random.choice(asked) if asked else None

    def complete(self) -> None:
        data, task = {"agree": self.random.choice(["agree", "disagree"])}, self.task()
        self.try_(user_tasks.complete, task.id, data=data, by=self.whose(task))

    def claim(self) -> None:
        task = self.task()
        self.try_(user_tasks.claim, task.id, by=self.whose(task))

    def release(self) -> None:
        task = self.task()
        self.try_(user_tasks.release, task.id, by=self.whose(task))

    def give(self) -> None:
        verb = self.random.choice([task_verbs.transfer, task_verbs.delegate])
        task = self.task()
        self.try_(verb, task.id, self.somebody().user_id, WHY, by=self.whose(task))
        task = self.task()
        self.try_(task_verbs.hand_back, task.id, by=self.whose(task))

    def back(self) -> None:
        target = self.random.choice(["apply", "check", "recheck", "countersign", "decide"])
        task, way = self.task(), self.random.choice(["walk", "resume"])
        self.try_(task_verbs.send_back, task.id, target, way, WHY, by=self.whose(task))

    def take_back(self) -> None:
        done = [one for one in self.office.rows(db.select(UserTask)) if one.status == COMPLETED]
        if done:
            one = self.random.choice(done)
            self.try_(task_verbs.take_back, one.id, WHY, by=self.office.actor(one.completed_by or 0))

    def ask(self) -> None:
        place = self.random.choice(["before", "after"])
        task = self.task()
        self.try_(signing.add_signer, task.id, self.somebody().user_id, place, WHY, by=self.whose(task))

    def sign(self) -> None:
        if one := self.signature():
            agrees = self.random.random() < 0.8
            self.try_(signing.sign, one.task_id, agrees, WHY, by=self.office.actor(one.user_id))

    def unask(self) -> None:
        if one := self.signature():
            if self.random.random() < 0.5:
                self.try_(signing.remove_signer, one.task_id, one.id, WHY, by=self.office.actor(one.asked_by))
            else:
                self.try_(
                    signing.replace_signer,
                    one.task_id,
                    one.id,
                    self.somebody().user_id,
                    WHY,
                    by=self.office.actor(one.asked_by),
                )

    def copy(self) -> None:
        self.try_(task_verbs.copy, self.task().id, self.somebody().user_id, WHY)

    def urge(self) -> None:
        self.try_(task_verbs.urge, self.task().id)

    def due(self) -> None:
        day = local_date(self.office.now) + timedelta(days=self.random.randint(-1, 5))
        self.try_(task_verbs.set_due, self.task().id, day, WHY, by=self.office.person("head"))

    def suspend(self) -> None:
        self.try_(case_verbs.suspend, self.case_id, WHY, by=self.office.person("clerk"))

    def resume(self) -> None:
        self.try_(case_verbs.resume, self.case_id, WHY, by=self.office.person("clerk"))

    def deputy(self) -> None:
        today = local_date(self.office.now)
        other = self.somebody().user_id
        self.try_(deputies.appoint, other, roles=["clerk"], from_on=today, to_on=today, by=self.office.person("clerk"))

    def hand_over(self) -> None:
        one = self.task()
        self.try_(deputies.hand_over, one.id, one.assignee_id or 0, self.somebody().user_id, WHY)

    def time(self) -> None:
        self.office.tick(self.office.now + timedelta(hours=self.random.randint(1, 40)))


def _play(run_folder: Path, seed: int, steps: int) -> Desk:
    with (
        tempfile.TemporaryDirectory() as folder,
        sqlite_office(run_folder, Path(folder), PROGRAMME, BEGIN, models="verbs") as office,
    ):
        desk = Desk(office, seed)
        for number in range(steps):
            desk.step()
            found = check()
            assert found.hold, (seed, number, found.breaches)
        completed = {one.id for one in office.rows(db.select(UserTask)) if one.status == COMPLETED}
        assert completed == {one.task_id for one in office.rows(db.select(Submission))}, "a submission was lost"
        return desk


@pytest.mark.parametrize("seed", range(2))
def test_rows_and_engine_agree_whatever_is_tried(run_folder: Path, seed: int) -> None:
    desk = _play(run_folder, seed, 50)
    assert desk.done > 10
    assert desk.refused > 5


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2, 52))
def test_rows_and_engine_agree_for_long(run_folder: Path, seed: int) -> None:
    _play(run_folder, seed, 120)
