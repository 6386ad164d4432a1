"""A declaration that waits for its form, and a way to say that nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from service.commands import people
from service.domain.identity import SYSTEM
from service.simulator.cast import PASSWORD
from service.store.cases import Case
from service.store.instances import Instance
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.user_tasks import OPEN, TaskGroup, UserTask
from tests.support.page_form import File, Pair, filled, flattened
from tests.support.stage import Person, Stage, at
from tests.support.telling import STARTING, Played, Telling, prepared_for, usual_of

PROGRAMME = "changchun-innovation-consortium"
DRAFTED = "the draft of a declaration"
# what a refused act may leave: the text that was typed, the file that was sent, the session's own marks
KEPT = frozenset({"drafts", "attachments", "sessions", "audit_entries", "throttles"})


@dataclass(frozen=True)
class State:
    """What must not move: how many rows every table has, where each case and instance is, whose each task is."""

    counts: tuple[tuple[str, int], ...]
    cases: tuple[Any, ...]
    instances: tuple[Any, ...]
    tasks: tuple[Any, ...]
    groups: tuple[Any, ...]


def state_of(stage: Stage) -> State:
    """The state as it stands."""
    tables = [table for table in db.metadata.sorted_tables if table.name not in KEPT]
    counts = tuple((table.name, stage.rows(select(func.count()).select_from(table))[0]) for table in tables)
    return State(
        counts,
        tuple(stage.rows(select(Case.id, Case.state, Case.outcome, Case.title))),
        tuple(stage.rows(select(Instance.id, Instance.revision, Instance.state))),
        tuple(stage.rows(select(UserTask.id, UserTask.status, UserTask.assignee_id, UserTask.due_at))),
        tuple(stage.rows(select(TaskGroup.task_id, TaskGroup.group_key))),
    )


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Databases of stories that were played so far."""
    return Played(tmp_path_factory.mktemp("played"))


@pytest.fixture
def telling(run_folder: Path, tmp_path: Path, played: Played) -> Iterator[Telling]:
    """The consortium's service with nothing in it yet."""
    story = usual_of(PROGRAMME)
    stage = Stage.on_copy(prepared_for(story, run_folder), tmp_path, PROGRAMME, at(story.starts_on))
    yield Telling(stage, story, played)
    stage.close()


@pytest.fixture
def stage(telling: Telling) -> Stage:
    """The service of the test."""
    return telling.stage


@pytest.fixture
def lead(stage: Stage) -> Person:
    """Somebody of the lead unit."""
    return stage.person("lead")


@dataclass(frozen=True)
class Desk:
    """A lead unit with its declaration open, everything in it right so far, and the files that belong to it."""

    telling: Telling
    stage: Stage
    lead: Person
    task: int
    good: list[Pair]
    files: list[File]

    def submit(self, given: Sequence[Pair], files: Sequence[File] = ()) -> TestResponse:
        """Fill in the page and press its button."""
        return self.lead.submit(self.task, given, files)

    def sent(self, by: Person, given: Sequence[Pair], task: int = 0) -> list[Pair]:
        """What a browser holds that has the page open, ready to be posted now or later."""
        return [*filled(by.open_task(task or self.task).pairs(), given), ("_submit", "1")]

    def colleague(self) -> Person:
        """A second person of the lead unit."""
        with self.stage.app.app_context():
            transact(
                people.add_user, login="colleague", name="示例·同事", organisation="lead", roles=("lead",),
                password=PASSWORD, actor=SYSTEM, now=self.stage.now,
            )  # fmt: skip
        return self.stage.person("colleague")


@pytest.fixture
def desk(telling: Telling) -> Desk:
    """The declaration is open; its rows and conditional fields are on the page, in a draft made once a process."""
    played = telling.played.kept
    if DRAFTED in played:
        telling.stage.take_up(played[DRAFTED][0])
        telling.stage.now, telling.stage.cases = played[DRAFTED][1], dict(played[DRAFTED][2])
    else:
        telling.play_until(STARTING, done=False)
        ((task_id, person),) = telling.turns(STARTING, "lead")
        telling.written(task_id, person, STARTING)
        target = telling.played.folder / "drafted.sqlite3"
        telling.stage.keep(target)
        played[DRAFTED] = (target, telling.stage.now, dict(telling.stage.cases))
    ((task_id, person),) = telling.turns(STARTING, "lead")
    good, files = flattened(telling.data_of(STARTING))
    return Desk(telling, telling.stage, person, task_id, good, files)


def open_ids(stage: Stage, name: str = "") -> list[int]:
    """The open tasks of this name."""
    statement = select(UserTask.id).where(UserTask.status == OPEN)
    return stage.rows(statement.where(UserTask.name == name) if name else statement)
