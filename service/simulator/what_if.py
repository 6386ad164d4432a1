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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from sqlalchemy import select

from service.domain.errors import InvalidInput, Refusal
from service.domain.written import written
from service.programmes.folder import read_folder
from service.programmes.manifest import FILE_NAME, DeadlineRule, Manifest, read_manifest
from service.simulator.cast import read_units
from service.simulator.play import MakeApp, Say, perform, say_refusal, stage, stories_of, story_about
from service.simulator.story import Story
from service.store import calendars
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.incidents import Incident
from service.store.session import db
from service.store.user_tasks import UserTask

MOST_NAMED: Final = 5  # deadlines that a misspelt one is answered with
_CHANGE = re.compile(
    r"(?P<name>.+?)\s*(?P<sign>[+\-−])\s*(?P<count>\d{1,3})\s*"
    r"(?:(?P<working_days>working days?|个?工作日)|(?P<months>months?|个?月)"
    r"|(?P<calendar_days>(?:calendar )?days?|日|天))"
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
    """What a story came to: outcomes by case, dates by case, deadline and turn; `trouble` is what ended it early."""

    outcomes: dict[str, str] = field(default_factory=dict)
    dates: dict[tuple[str, str, int], str] = field(default_factory=dict)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Which stories of which programme are played: those given, else all, or those of one procedure."""

    models: Path
    key: str
    stories: Sequence[Path]
    procedure: str
    make_app: MakeApp


def ask(question: Question, changes: str, say: Say) -> int:
    """Play the stories both ways and print what differs; the exit code: 0 when every one could be played as it is."""
    models, key = question.models, question.key
    try:
        files = read_folder(models, key)
        manifest = read_manifest(files[f"bpmn/{key}/{FILE_NAME}"].decode("utf-8-sig"))
        wanted = read_changes(changes, manifest)
        played = True
        for path in stories_of(models, key, question.stories, question.procedure, say):
            story = story_about(key, path)
            moved_files, moved = changed(files, manifest, story, wanted)
            before, after = _played(question, story, files), _played(question, moved, moved_files)
            say(f"■ {story.title}")
            for line in _told(before, after, manifest):
                say(line)
            played = played and not before.trouble
    except Refusal as refused:
        say_refusal(refused, say)
        return 1
    return 0 if played else 1


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
    meant = sorted(found) or _like(text, manifest)
    listed = "、".join(f"{key}（{rules[key].name}）" for key in meant)
    zh, en = (
        ("指的不止一项期限", "means several deadlines")
        if found
        else ("没有这项期限，最接近的是", "is no deadline here; nearest")
    )
    raise InvalidInput(field=text, zh=f"{zh}：{listed}", en=f"{en}: {', '.join(meant)}")


def _like(text: str, manifest: Manifest) -> list[str]:
    """The deadlines whose key or name comes nearest to a text."""
    names = {name: key for key, rule in manifest.deadlines.items() for name in (rule.name_en, rule.name, key)}
    near = (names[name] for name in get_close_matches(text, names, n=2 * MOST_NAMED, cutoff=0))
    return list(dict.fromkeys(near))[:MOST_NAMED]


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


def _played(question: Question, story: Story, files: Files) -> Ending:
    ending = Ending()
    with stage(question.make_app):
        try:
            units = read_units(question.models / "bpmn" / question.key)
            driver = perform(story, dict(files), units, lambda _line: None)
        except Refusal as refused:
            ending.trouble = f"{refused.text('zh')} / {refused.text('en')}"
        else:
            for name, case_id in driver.case_ids.items():
                case = db.session.get_one(Case, case_id)
                ending.outcomes[name] = case.outcome or case.state
                ending.dates |= {(name, *place): at for place, at in _dates_of(case_id).items()}
            ending.trouble = _stuck(driver.case_ids.values())
            db.session.rollback()
    return ending


def _stuck(case_ids: Iterable[int]) -> str:
    """Why a case stands still at the story's end, if one does: a step that could not be done."""
    query = select(Incident).where(Incident.case_id.in_(list(case_ids)), Incident.state == "open").order_by(Incident.id)
    found = db.session.scalars(query).first()
    return f"{found.element}：{found.zh} / {found.en}" if found is not None else ""


def _dates_of(case_id: int) -> dict[tuple[str, int], str]:
    """The last instant of each deadline of a case, by name and turn: those of its stages, else those of its tasks."""
    staged = select(Deadline.name, Deadline.due_at).where(Deadline.case_id == case_id).order_by(Deadline.id)
    own = (
        select(UserTask.deadline, UserTask.due_at)
        .where(UserTask.case_id == case_id, UserTask.deadline.is_not(None), UserTask.due_at.is_not(None))
        .order_by(UserTask.id)
    )
    rows = [(str(name), at) for name, at in db.session.execute(staged)]
    known = {name for name, _ in rows}
    rows += [(name, at) for name, at in db.session.execute(own) if name is not None and at and name not in known]
    turns: Counter[str] = Counter()
    found = {}
    for name, at in rows:
        turns[name] += 1
        found[name, turns[name]] = written(at)
    return found


def _told(before: Ending, after: Ending, manifest: Manifest) -> list[str]:
    """The table of what differs; a story that cannot be played to its end says why."""
    troubles = [
        f"  ✗ {when}：{one.trouble}"
        for when, one in (("原样 / as it is", before), ("改后 / moved", after))
        if one.trouble
    ]
    if troubles:
        return troubles
    rows = _differing({f"{name} {OUTCOME}": said for name, said in before.outcomes.items()},
                      {f"{name} {OUTCOME}": said for name, said in after.outcomes.items()})  # fmt: skip
    rows += _differing(_labelled(before, manifest), _labelled(after, manifest))
    if not rows:
        return ["  没有变化 / nothing changes"]
    table = [("", "原来 / before", "改后 / after"), *rows]
    first, second = (max(_width(row[column]) for row in table) for column in range(2))
    return [f"  {_padded(what, first)}  {_padded(was, second)}  {now}" for what, was, now in table]


def _labelled(ending: Ending, manifest: Manifest) -> dict[str, str]:
    return {
        f"{case} {manifest.deadlines[name].name}" + (f"（{turn}）" if turn > 1 else ""): at
        for (case, name, turn), at in ending.dates.items()
    }


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, str, str]]:
    pairs = [(what, before.get(what, NOTHING), after.get(what, NOTHING)) for what in {**before, **after}]
    return [row for row in pairs if row[1] != row[2]]


def _width(text: str) -> int:
    """How many columns a terminal gives it: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
