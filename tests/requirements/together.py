"""Plays many stories of one programme; what several of them begin with is played once and taken up again."""

from __future__ import annotations

import copy
import hashlib
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask

from service.app import create_throw_away
from service.domain.errors import Refusal
from service.programmes.folder import read_folder
from service.settings import ROOT
from service.simulator.cast import Units, read_units
from service.simulator.driver import Driver
from service.simulator.play import begin, finish, judge, stage
from service.simulator.story import Expectation, Story, read_story
from service.store.session import db


@dataclass(frozen=True)
class Told:
    """A story and its beginnings: one mark for what stands before its first step, one more after each step."""

    path: Path
    story: Story
    marks: tuple[str, ...]


def play_together(key: str, paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Each story and why it did not come true, or nothing; its database is at hand until the next is asked for."""
    stories = [_told(path) for path in paths]
    folders: list[Path] = []

    def create(folder: Path) -> Flask:
        folders.append(folder)
        return create_throw_away(folder)

    with stage(create):
        at = folders[0]
        play = _Play(read_folder(ROOT, key), read_units(ROOT / "bpmn" / key), at, at.with_name(f"{at.name}-kept"))
        play.keep("")
        play.partings = _partings(stories)
        try:
            for told in sorted(stories, key=lambda one: one.marks):
                yield told.path, play.through(told)
        finally:
            shutil.rmtree(play.kept_in)


def _told(path: Path) -> Told:
    story = read_story(path)
    marks = [_mark("", replace(story, title="", rows=(), steps=(), expect=Expectation()), story.steps[:0])]
    for step in story.steps:
        marks.append(_mark(marks[-1], step))
    return Told(path, story, tuple(marks))


def _mark(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _partings(stories: Sequence[Told]) -> set[str]:
    """The marks after which stories go on differently, or one ends and another goes on."""
    after: dict[str, set[str]] = defaultdict(set)
    for told in stories:
        for mark, following in zip(told.marks, (*told.marks[1:], "end"), strict=True):
            after[mark].add(following)
    return {mark for mark, following in after.items() if len(following) > 1}


@dataclass
class _Play:
    """One database, and copies of it as it stood where stories part."""

    files: dict[str, bytes]
    units: Units
    folder: Path
    kept_in: Path
    partings: set[str] = field(default_factory=set)
    drivers: dict[str, Driver | None] = field(default_factory=dict)

    def through(self, told: Told) -> str:
        """Play the story from the last place another has come through; why it did not come true, or nothing."""
        said: list[str] = []
        try:
            judge(told.story, self._played(told), said.append)
        except Refusal as refused:
            db.session.rollback()
            return refused.text("zh")
        return "；".join(line for line in said if line.startswith("✗"))

    def _played(self, told: Told) -> Driver:
        known = max((count for count, mark in enumerate(told.marks) if mark in self.drivers), default=-1)
        driver = self.take_up(told.marks[known] if known >= 0 else "")
        if driver is None:
            driver, known = begin(told.story, self.files, self.units)[0], 0
            self.keep(told.marks[0], driver)
        for mark, step in list(zip(told.marks[1:], told.story.steps, strict=True))[known:]:
            driver.play(step)
            self.keep(mark, driver)
        finish(told.story, driver)
        return driver

    def keep(self, mark: str, driver: Driver | None = None) -> None:
        """Copy the database where stories part, and as it is before any."""
        if mark and mark not in self.partings:
            return
        self._let_go()
        shutil.copytree(self.folder, self.kept_in / (mark or "empty"))
        self.drivers[mark] = _twin(driver)

    def take_up(self, mark: str) -> Driver | None:
        """Go on from a copy; None from the empty one."""
        self._let_go()
        shutil.rmtree(self.folder)
        shutil.copytree(self.kept_in / (mark or "empty"), self.folder)
        return _twin(self.drivers[mark])

    @staticmethod
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
