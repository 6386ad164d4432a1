"""Plays the stories of a programme, each on an empty throw-away database, and says whether each came true."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from service.commands import calls, centres, deployments
from service.domain.deadlines import ZONE
from service.domain.errors import DeploymentRefused, InvalidInput, Refusal
from service.domain.identity import SYSTEM
from service.programmes.compiled import compiled_of
from service.programmes.folder import read_folder, require_programme
from service.programmes.manifest import Manifest
from service.simulator.cast import Cast, Lead, Units, read_units
from service.simulator.driver import Driver
from service.simulator.report import Report
from service.simulator.story import Expectation, Story, StoryCall, StoryCentre, read_story
from service.store import audit, audit_chain, calendars
from service.store.cases import Case
from service.store.register import Ban, RegisterEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import OPEN, UserTask

MakeApp = Callable[[Path], Flask]
Say = Callable[[str], Any]
Clear = Callable[[], None]


def play_stories(
    models: Path, key: str, stories: Sequence[Path], say: Say, make_app: MakeApp, *, procedure: str = ""
) -> int:
    """Play the given stories, or all in the programme's `stories/`; the exit code: 0 when every one came true.

    With `procedure`, only those that begin with it.
    """
    found = stories_of(models, key, stories, procedure, say)
    with stage(make_app) as clear:
        return max((_play(models, key, path, say, clear) for path in found), default=1)


def stories_of(models: Path, key: str, stories: Sequence[Path], procedure: str, say: Say) -> Sequence[Path]:
    """The stories to play, in order of their names; that there are none, and what has some, is said.

    Raises InvalidInput where there is no such programme.
    """
    require_programme(models, key)
    found = list(stories) or sorted((models / "bpmn" / key / "stories").glob("*.toml"))
    of = {path: read_story(path).procedure for path in found} if procedure else {}
    wanted = [path for path in found if not procedure or of[path] == procedure]
    if not wanted:
        told = "、".join(sorted(set(of.values()))) or "无 / none"
        say(f"{key} {procedure}：没有故事；有故事的程序 / no stories; procedures with stories: {told}")
    return wanted


def _play(models: Path, key: str, path: Path, say: Say, clear: Clear) -> int:
    try:
        story = story_about(key, path)
        clear()
        return tell(story, read_folder(models, key), read_units(models / "bpmn" / key), say)
    except Refusal as refused:
        say_refusal(refused, say)
    say(f"✗ {path.name} 没有走完")
    return 1


def story_about(key: str, path: Path) -> Story:
    """The story in a file. Raises InvalidInput where it is none, or is about another programme."""
    story = read_story(path)
    if story.programme != key:
        raise InvalidInput(field=path.name, zh=f"写的是专项 {story.programme}", en=f"is about {story.programme}")
    return story


def say_refusal(refused: Refusal, say: Say) -> None:
    """What is wrong, every problem of a programme that cannot be published included."""
    for problem in refused.problems if isinstance(refused, DeploymentRefused) else ():
        say(problem.text())
    say(f"{refused.text('zh')} / {refused.text('en')}")


@contextmanager
def stage(make_app: MakeApp) -> Iterator[Clear]:
    """A throw-away database with the business calendar, for as long as the block runs; what it gives clears it."""
    with tempfile.TemporaryDirectory(prefix="shenbao-story-") as folder:
        played, empty = Path(folder, "played"), Path(folder, "empty")
        played.mkdir()
        app = make_app(played)
        with app.app_context():
            db.create_all()
            transact(_seed, actor=SYSTEM, now=datetime.now(UTC))
            _let_go()
            shutil.copytree(played, empty)

            def clear() -> None:
                _let_go()
                shutil.rmtree(played)
                shutil.copytree(empty, played)

            try:
                yield clear
            finally:
                _let_go()


def _let_go() -> None:
    db.session.remove()
    db.engine.dispose()


def _seed(work: UnitOfWork) -> None:
    calendars.seed(work.session)


def tell(story: Story, files: dict[str, bytes], units: Units, say: Say) -> int:
    """Play one story on the database at hand, saying what happens; 0 when it came true.

    Raises DeploymentRefused for models with errors, InvalidInput for a step that cannot be played.
    """
    return judge(story, perform(story, files, units, say), say)


def perform(story: Story, files: dict[str, bytes], units: Units, say: Say) -> Driver:
    """Publish the programme and play the story as far as its last step, saying what happens."""
    driver, manifest = begin(story, files, units)
    report = Report(manifest)
    say(f"■ {story.title}")
    for step in story.steps:
        driver.play(step)
        for line in report.news():
            say(line)
    finish(story, driver)
    return driver


def begin(story: Story, files: dict[str, bytes], units: Units) -> tuple[Driver, Manifest]:
    """Publish the programme and bring the story as far as before its first step."""
    now = datetime.combine(story.starts_on, time(9, 0), ZONE).astimezone(UTC)
    published = transact(deployments.publish, files, story.programme, actor=SYSTEM, now=now)
    manifest = compiled_of(db.session(), published.deployment_id).manifest
    db.session.rollback()
    cast = Cast(manifest, lead=lead_of(story), now=now, units=replace(units, prefix=""))
    cast.add_experts([(expert["field"], expert["employer"]) for expert in story.experts])
    transact(_forbid, story, actor=SYSTEM, now=now)
    driver = Driver(cast, story.programme, now)
    if story.call is not None:
        open_call(story.programme, story.call, now)
    if story.centre is not None:
        driver.entry_id = enrol(story.programme, story.centre, cast.lead.credit_code, now)
    if manifest.procedures[story.procedure].start:
        driver.start(story.procedure, manifest.procedures[story.procedure].start)
    return driver, manifest


def _forbid(work: UnitOfWork, story: Story) -> None:
    for credit_code, last in story.bans.items():
        work.session.add(Ban(credit_code=credit_code, from_on=story.starts_on, to_on=last, reason="被取消称号"))


def finish(story: Story, driver: Driver) -> None:
    """Let the clock do what the last step left. Raises InvalidInput where the story's procedure was never begun."""
    driver.tick()
    if story.procedure not in driver.case_ids:
        raise InvalidInput(field="procedure", zh="故事里没有发起过这项程序", en="the story never began this procedure")


def judge(story: Story, driver: Driver, say: Say) -> int:
    """Say how the story ended; 0 when it ended as it says."""
    first = driver.case_ids[story.procedure]
    others = [case_id for case_id in driver.case_ids.values() if case_id != first]
    return _verdict(story.expect, first, others, driver.standing(), say)


def open_call(programme: str, call: StoryCall, now: datetime) -> int:
    """Open the call that a story declares in; returns its id."""
    opened = {"key": call.key, "year": call.opens_on.year, "title": call.title, "opens_on": call.opens_on}
    return transact(calls.open_call, programme, **opened, dates=call.dates, actor=SYSTEM, now=now)


def enrol(programme: str, centre: StoryCentre, credit_code: str, now: datetime) -> int:
    """Enter the centre that a story begins with; returns its entry's id."""
    entered = {
        "number": centre.number,
        "name": centre.name,
        "entered_on": centre.entered_on,
        "standing": centre.standing,
    }
    members = [dict(row) for row in centre.members]
    given = {**entered, "credit_code": credit_code, "members": members}
    return transact(centres.enrol, programme, **given, actor=SYSTEM, now=now)


def lead_of(story: Story) -> Lead:
    """The lead unit as the story declares it, so that the applicant is that unit."""
    for step in story.steps:
        lead = step.data.get("lead")
        if isinstance(lead, dict) and lead.get("credit_code"):
            name = str(lead.get("name") or Lead().name)
            return Lead(name=name, credit_code=str(lead["credit_code"]), direct=story.direct)
    return Lead(direct=story.direct)


def _verdict(expect: Expectation, case_id: int, others: Sequence[int], standing: str, say: Say) -> int:
    case = db.session.get_one(Case, case_id)
    filed = db.session.scalar(select(RegisterEntry.number).where(RegisterEntry.case_id == case_id))
    open_tasks = db.session.scalars(select(UserTask).where(UserTask.case_id == case_id, UserTask.status == OPEN)).all()
    decided = audit.decisions_of(db.session(), case_id)
    chain = audit_chain.verify(db.session())
    say(f"案件编号 {case.number}；状态 {case.state}；结果 {case.outcome or '办理中'}；备案编号 {filed or '无'}")
    say(f"审计链 {'完整' if chain.holds else '断裂'}，共 {chain.sealed} 条，未封存 {chain.unsealed} 条")
    found = {
        "outcome": (expect.outcome, case.outcome or ""),
        "state": (expect.state, case.state),
        "standing": (expect.standing, standing),
        "verdict": (expect.verdict, _last_verdict(decided)),
        **{name: (want, decided.get(name)) for name, want in expect.decisions.items()},
    }
    wrong = [f"{name} 应为 {want}，实为 {got}" for name, (want, got) in found.items() if want and want != got]
    places = {task.name for task in open_tasks} | {task.element for task in open_tasks}
    wrong += [f"应停在“{place}”" for place in expect.waiting_at if place not in places]
    codes = _codes(decided)
    wrong += [f"应有结论 {code}" for code in expect.findings if code not in codes]
    declared = [one for other in others if (one := db.session.get_one(Case, other)).applicant_id is not None]
    ended = [other.outcome or "" for other in declared]
    if expect.others and list(expect.others) != ended:
        wrong.append(f"其余案件应为 {'、'.join(expect.others)}，实为 {'、'.join(ended)}")
    if not chain.holds:
        wrong.append("审计链断裂")
    for line in wrong:
        say(f"✗ {line}")
    if not wrong:
        say("✓ 与故事所说相符")
    db.session.rollback()
    return 1 if wrong else 0


def _last_verdict(decided: dict[str, Any]) -> str:
    values = [value for name, value in decided.items() if name.endswith("_verdict") and isinstance(value, str)]
    return values[-1] if values else ""


def _codes(decided: dict[str, Any]) -> set[str]:
    lists = [value for value in decided.values() if isinstance(value, list)]
    return {str(one["code"]) for rows in lists for one in rows if isinstance(one, dict) and "code" in one}
