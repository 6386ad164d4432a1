"""Plays stories as they are and once more with deadlines moved, and tells side by side what changes: dates, outcomes.

A change is the deadline's name, how much later (+) or earlier (-), and a unit; several are set apart by commas:

    paper-delivery +1 working day, submission -3 calendar days, construction +2 months
    纸质材料报送 +1个工作日，申报截止 -3日，建设期 +2个月

The name is the key, the Chinese or the English name of a deadline of the programme, or the beginning of one key only.
The unit is the one the period is counted in; a date that the story's call names moves by working or calendar days.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from service.domain.deadlines import shown_end
from service.domain.errors import InvalidInput, Refusal
from service.programmes.folder import read_folder
from service.programmes.manifest import FILE_NAME, DeadlineRule, Manifest, read_manifest
from service.simulator.cast import read_units
from service.simulator.driver import Driver
from service.simulator.play import MakeApp, Say, perform, say_refusal, stage, stories_of, story_about
from service.simulator.story import Story
from service.store import calendars
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.session import db
from service.store.user_tasks import UserTask

_CHANGE = re.compile(
    r"(?P<name>.+?)\s*(?P<sign>[+\-−])\s*(?P<count>\d{1,3})\s*"
    r"(?:(?P<working_days>working days?|个?工作日)|(?P<months>months?|个?月)|(?P<calendar_days>calendar days?|days?|日|天))"
)
UNITS_ZH: Final = {
    "working_days": "个工作日（working days）",
    "calendar_days": "日（calendar days）",
    "months": "个月（months）",
}
OUTCOME: Final = "结果 / outcome"
NOTHING: Final = "—"

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """A deadline, and by how much it moves; `unit` is a length of DeadlineRule, a negative `by` means earlier."""

    name: str
    by: int
    unit: str


@dataclass
class Ending:
    """What a story came to: each case's outcome and dates by (case, name, its how-manieth); `trouble` ended it early."""

    outcomes: dict[str, str] = field(default_factory=dict)
    dates: dict[tuple[str, str, int], str] = field(default_factory=dict)
    trouble: str = ""


def ask(
    models: Path, key: str, stories: Sequence[Path], changes: str, say: Say, make_app: MakeApp, *, procedure: str = ""
) -> int:
    """Play the stories both ways and print what differs; the exit code: 0 when every one could be played as it is."""
    try:
        files = read_folder(models, key)
        manifest = read_manifest(files[f"bpmn/{key}/{FILE_NAME}"].decode("utf-8-sig"))
        wanted = read_changes(changes, manifest)
        found = [story_about(key, path) for path in stories_of(models, key, stories, procedure, say)]
        codes = []
        for story in found:
            moved = changed(files, manifest, story, wanted)
            before, after = (_played(one, given, models, make_app) for given, one in ((files, story), moved))
            say(f"■ {story.title}")
            for line in _told(before, after, manifest):
                say(line)
            codes.append(1 if before.trouble else 0)
    except Refusal as refused:
        say_refusal(refused, say)
        return 1
    return max(codes, default=1)


def read_changes(text: str, manifest: Manifest) -> tuple[Change, ...]:
    """The changes that a text names. Raises InvalidInput saying what is not understood, and what could be meant."""
    return tuple(_change(part.strip(), manifest) for part in re.split(r"[,，;；]", text))


def changed(files: Files, manifest: Manifest, story: Story, changes: Sequence[Change]) -> tuple[Files, Story]:
    """The programme and the story with the deadlines moved; what the call names moves there, else the manifest's rule.

    Raises InvalidInput where the unit is not the period's, or nothing of it would be left.
    """
    moved = dict(files)
    for change in changes:
        rule, dates = manifest.deadlines[change.name], story.call.dates if story.call is not None else {}
        if story.call is not None and change.name in dates:
            there = {**dates, change.name: _moved(dates[change.name], change)}
            story = replace(story, call=replace(story.call, dates=there))
        else:
            path = f"bpmn/{manifest.key}/{FILE_NAME}"
            moved[path] = _relengthed(moved[path].decode("utf-8-sig"), rule, change).encode()
    return moved, story


def _change(text: str, manifest: Manifest) -> Change:
    found = _CHANGE.fullmatch(text)
    if found is None:
        zh = f"看不懂“{text}”；请写成：期限名 +1个工作日、期限名 -3日、期限名 +2个月，多项用逗号分开"
        en = f"“{text}” is not a change; write: NAME +1 working day, NAME -3 calendar days, NAME +2 months, with commas"
        raise InvalidInput(field="what-if", zh=zh, en=en)
    unit = next(name for name in UNITS_ZH if found[name])
    count = int(found["count"]) if found["sign"] == "+" else -int(found["count"])
    return Change(_name(found["name"], manifest), count, unit)


def _name(text: str, manifest: Manifest) -> str:
    rules = manifest.deadlines
    exact = [key for key, rule in rules.items() if text in {key, rule.name, rule.name_en}]
    found = exact or [key for key in rules if key.startswith(text)]
    if len(found) == 1:
        return found[0]
    listed = "、".join(f"{key}（{rules[key].name}）" for key in sorted(found or rules))
    zh, en = ("指的不止一项期限", "means several deadlines") if found else ("没有这项期限", "is no deadline here")
    raise InvalidInput(field=text, zh=f"{zh}：{listed}", en=f"{en}: {', '.join(sorted(found or rules))}")


def _moved(day: date, change: Change) -> date:
    """A date of the call, moved; working days by the calendar that comes with the service."""
    if change.unit == "working_days":
        return calendars.shipped().add(day, change.by)
    if change.unit == "calendar_days":
        return day + timedelta(days=change.by)
    zh, en = "批次写明的日期按工作日或日移动", "a date of the call moves by working or calendar days"
    raise InvalidInput(field=change.name, zh=zh, en=en)


def _relengthed(text: str, rule: DeadlineRule, change: Change) -> str:
    """The manifest's text with another length of one rule; one counted back from a later date gets shorter."""
    units = [unit for unit in UNITS_ZH if getattr(rule, unit) is not None]
    if units != [change.unit]:
        wanted = f"请按 {UNITS_ZH[units[0]]} 写" if units else "日期由批次规定，故事没有写它"
        en = (
            f"it is counted in {units[0].replace('_', ' ')}"
            if units
            else "its date is the call's, and the story has none"
        )
        raise InvalidInput(field=rule.key, zh=f"“{rule.name}”{wanted}", en=en)
    length = getattr(rule, change.unit) + (-change.by if rule.before else change.by)
    if length < 1:
        raise InvalidInput(field=rule.key, zh=f"“{rule.name}”至少要剩 1", en="at least 1 of its length must be left")
    section = re.compile(rf"(^\[deadlines\.{re.escape(rule.key)}\][^\[]*?^{change.unit}\s*=\s*)\d+", re.MULTILINE)
    anew = section.sub(rf"\g<1>{length}", text, count=1)
    if getattr(read_manifest(anew).deadlines[rule.key], change.unit) != length:
        zh, en = f"请把它写成 [deadlines.{rule.key}] 一节", f"write it as a section [deadlines.{rule.key}]"
        raise InvalidInput(field=FILE_NAME, zh=zh, en=en)
    return anew


def _played(story: Story, files: Files, models: Path, make_app: MakeApp) -> Ending:
    ending = Ending()
    driver = None
    with stage(make_app):
        try:
            driver = perform(story, dict(files), read_units(models / "bpmn" / story.programme), lambda _line: None)
        except Refusal as refused:
            ending.trouble = f"{refused.text('zh')} / {refused.text('en')}"
        if driver is not None:
            _read(driver, ending)
    return ending


def _read(driver: Driver, ending: Ending) -> None:
    for name, case_id in driver.case_ids.items():
        case = db.session.get_one(Case, case_id)
        ending.outcomes[name] = case.outcome or case.state
        staged = db.session.execute(
            select(Deadline.name, Deadline.due_at).where(Deadline.case_id == case_id).order_by(Deadline.id)
        ).all()
        own = db.session.execute(
            select(UserTask.deadline, UserTask.due_at)
            .where(UserTask.case_id == case_id, UserTask.deadline.is_not(None), UserTask.due_at.is_not(None))
            .order_by(UserTask.id)
        ).all()
        seen: Counter[str] = Counter()
        for deadline, due_at in (*staged, *(row for row in own if row.deadline not in {one.name for one in staged})):
            seen[deadline] += 1
            ending.dates[name, deadline, seen[deadline]] = shown_end(due_at)
    db.session.rollback()


def _told(before: Ending, after: Ending, manifest: Manifest) -> list[str]:
    """The table of what differs; a story that cannot be played to its end says why."""
    rows = []
    for name in {**before.outcomes, **after.outcomes}:
        was, now = before.outcomes.get(name, NOTHING), after.outcomes.get(name, NOTHING)
        if was != now:
            rows.append((f"{name} {OUTCOME}", was, now))
    for place in {**before.dates, **after.dates}:
        was, now = before.dates.get(place, NOTHING), after.dates.get(place, NOTHING)
        if was != now:
            rows.append(
                (
                    f"{place[0]} {manifest.deadlines[place[1]].name}" + (f"（{place[2]}）" if place[2] > 1 else ""),
                    was,
                    now,
                )
            )
    lines = [
        f"  ✗ {when}：{one.trouble}"
        for when, one in (("原样 / as it is", before), ("改后 / moved", after))
        if one.trouble
    ]
    if not rows or lines:
        return lines or ["  没有变化 / nothing changes"]
    table = [("", "原来 / before", "改后 / after"), *rows]
    widths = [max(_width(row[column]) for row in table) for column in range(2)]
    return [f"  {_padded(first, widths[0])}  {_padded(second, widths[1])}  {third}" for first, second, third in table]


def _width(text: str) -> int:
    """How many columns a terminal gives it: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
