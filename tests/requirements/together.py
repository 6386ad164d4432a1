"""Plays many stories of one programme: what several begin with once, and an end with other models where they matter."""

from __future__ import annotations

import copy
import hashlib
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, update

from service.app import create_throw_away
from service.commands import deployments
from service.domain.errors import Refusal
from service.domain.identity import SYSTEM
from service.programmes.folder import read_folder
from service.settings import ROOT
from service.simulator.cast import Units, read_units
from service.simulator.driver import Driver
from service.simulator.play import begin, finish, judge, lead_of, stage
from service.simulator.story import Expectation, Story, StoryStep, read_story
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.instances import Instance
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact

EMPTY = "empty"
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Told:
    """A story and its beginnings: one mark for what stands before its first step, one more after each step."""

    path: Path
    story: Story
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """A story, and the place from which it goes on with other models: so many steps done, or none of it (-1)."""

    path: Path
    done: int


def play_together(key: str, paths: Sequence[Path]) -> Iterator[tuple[Path, str, Sequence[int]]]:
    """Each story, why it did not come true or nothing, and the last audit entry before its first step and after each.

    The database of the story is at hand until the next is asked for.
    """
    stories = [_told(path) for path in paths]
    with _playing(key, _partings(stories)) as play:
        for told in sorted(stories, key=lambda one: one.marks):
            wrong = play.through(told)
            yield told.path, wrong, [play.entries.get(mark, 0) for mark in told.marks]


def true_otherwise(key: str, trials: Mapping[str, Sequence[Trial]], changed: Mapping[str, Files]) -> set[str]:
    """The parts whose change, from the place of each trial on, leaves every story true that is tried with it."""
    stories = {path: _told(path) for path in {trial.path for tried in trials.values() for trial in tried}}
    wanted = {stories[one.path].marks[one.done] for tried in trials.values() for one in tried if one.done >= 0}
    with _playing(key, wanted) as play:
        for told in sorted(stories.values(), key=lambda one: one.marks):
            assert not play.through(told), told.path
        return {
            part
            for part, tried in trials.items()
            if all(play.otherwise(stories[trial.path], trial.done, changed[part]) for trial in tried)
        }


@contextmanager
def _playing(key: str, kept: set[str]) -> Iterator[_Play]:
    folders: list[Path] = []

    def create(folder: Path) -> Flask:
        folders.append(folder)
        return create_throw_away(folder)

    with stage(create):
        at = folders[0]
        files, units = read_folder(ROOT, key), read_units(ROOT / "bpmn" / key)
        play = _Play(files, units, at, at.with_name(f"{at.name}-kept"), {EMPTY, *kept})
        play.keep(EMPTY, None)
        try:
            yield play
        finally:
            shutil.rmtree(play.copies)


def _told(path: Path) -> Told:
    story = read_story(path)
    marks = [_mark(replace(story, title="", rows=(), steps=(), expect=Expectation()), lead_of(story))]
    for step in story.steps:
        marks.append(_mark(marks[-1], step))
    return Told(path, story, tuple(marks))


def _mark(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _partings(stories: Sequence[Told]) -> set[str]:
    """The marks after which stories go on differently, or one ends and another goes on."""
    after: dict[str, set[str]] = defaultdict(set)
    for told in stories:
        for mark, following in zip(told.marks, (*told.marks[1:], ""), strict=True):
            after[mark].add(following)
    return {mark for mark, following in after.items() if len(following) > 1}


@dataclass
class _Play:
    """One database, and copies of it as it stood at the marks that are `wanted`."""

    files: dict[str, bytes]
    units: Units
    folder: Path
    copies: Path
    wanted: set[str]
    drivers: dict[str, Driver | None] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)

    def through(self, told: Told) -> str:
        """Play the story from the last place another has come through; why it did not come true, or nothing."""
        try:
            known = max((count for count, mark in enumerate(told.marks) if mark in self.drivers), default=-1)
            driver = self.take_up(told.marks[known] if known >= 0 else EMPTY)
            if driver is None:
                driver, known = begin(told.story, self.files, self.units)[0], 0
                self.keep(told.marks[0], driver)
            for mark, step in list(zip(told.marks[1:], told.story.steps, strict=True))[known:]:
                driver.play(step)
                self.keep(mark, driver)
            return _end(told.story, driver)
        except Refusal as refused:
            db.session.rollback()
            return refused.text("zh")

    def otherwise(self, told: Told, done: int, changed: Files) -> bool:
        """Whether the story comes true with these models from there on; models that are refused let none come true."""
        files = {**self.files, **changed}
        try:
            driver = self.take_up(told.marks[done] if done >= 0 else EMPTY)
            if driver is None:
                driver = begin(told.story, files, self.units)[0]
            else:
                transact(_move_over, files, told.story.programme, actor=SYSTEM, now=driver.now)
            return not _played(told.story, driver, told.story.steps[max(done, 0) :])
        except Refusal:
            db.session.rollback()
            return False

    def keep(self, mark: str, driver: Driver | None) -> None:
        """Note the last entry of the trail, and copy the database where the mark is wanted."""
        self.entries[mark] = db.session.scalar(select(func.max(AuditEntry.id))) or 0
        db.session.rollback()
        if mark in self.wanted and mark not in self.drivers:
            _let_go()
            shutil.copytree(self.folder, self.copies / mark)
            self.drivers[mark] = _twin(driver)

    def take_up(self, mark: str) -> Driver | None:
        """Go on from a copy; there is no driver yet in the empty one."""
        _let_go()
        shutil.rmtree(self.folder)
        shutil.copytree(self.copies / mark, self.folder)
        return _twin(self.drivers[mark])


def _played(story: Story, driver: Driver, steps: Iterable[StoryStep]) -> str:
    for step in steps:
        driver.play(step)
    return _end(story, driver)


def _end(story: Story, driver: Driver) -> str:
    """What did not end as the story says, or nothing."""
    finish(story, driver)
    said: list[str] = []
    judge(story, driver, said.append)
    return "；".join(line for line in said if line.startswith("✗"))


def _move_over(work: UnitOfWork, files: dict[str, bytes], programme: str) -> None:
    """Publish other models, and let the running cases go on by them."""
    published = deployments.publish(work, files, programme)
    work.session.execute(update(Case).values(deployment_id=published.deployment_id))
    work.session.execute(update(Instance).values(deployment_id=published.deployment_id))


def _let_go() -> None:
    db.session.remove()
    db.engine.dispose()


def _twin(driver: Driver | None) -> Driver | None:
    """A driver that stands where this one stands and goes its own way."""
    if driver is None:
        return None
    twin = copy.copy(driver)
    twin.cast, twin.case_ids = copy.copy(driver.cast), dict(driver.case_ids)
    return twin
