"""A programme's story acted over the pages: whose task it is, what is written into its form, what is sent."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import html
from werkzeug.test import TestResponse

from service.domain.access import role_of
from service.domain.credit_code import complete
from service.domain.deadlines import ZONE
from service.feel import compile_expression, from_json, to_json
from service.programmes.case_values import read_case
from service.programmes.functions import FUNCTION_NAMES
from service.settings import ROOT
from service.simulator.cast import Cast, Lead
from service.simulator.story import Story, StoryStep, read_story
from service.store.cases import Case
from service.store.session import db
from service.store.user_tasks import UserTask
from tests.support.page_form import File, PageForm, Pair, flattened, shown
from tests.support.stage import Person, Stage, prepared

Table = Sequence[tuple[str, str]]
USUAL = ("filed", "cultivated", "piloted", "approved")
STARTING = "填写申报材料"
ENTERPRISES, OTHERS = 9, 6


def story_of(programme: str, name: str) -> Story:
    """A story of the programme by the name of its file."""
    return read_story(ROOT / "bpmn" / programme / "stories" / f"{name}.toml")


def usual_of(programme: str) -> Story:
    """The story of the programme that goes all the way."""
    folder = ROOT / "bpmn" / programme / "stories"
    return story_of(programme, next(name for name in USUAL if (folder / f"{name}.toml").exists()))


def prepared_for(story: Story, run_folder: Path) -> Path:
    """The prepared database whose accounts are the story's lead unit and any members it may list."""
    declared = declaration_of(story)["lead"]
    lead = Lead(name=declared["name"], credit_code=declared["credit_code"])
    members = [row["credit_code"] for row in member_rows(story, ENTERPRISES + OTHERS, ENTERPRISES)]
    return prepared(run_folder, story.programme, lead=lead, members=members, call=story.call)


def declaration_of(story: Story) -> dict[str, Any]:
    """What the story declares."""
    return copy.deepcopy(next(dict(step.data) for step in story.steps if step.task == STARTING))


def member_rows(story: Story, total: int, enterprises: int) -> list[dict[str, Any]]:
    """So many members, so many of them enterprises: the story's own first, further ones after their pattern."""
    own = declaration_of(story)["members"]
    firms = [row for row in own if row["kind"] == "enterprise"]
    others = [row for row in own if row["kind"] != "enterprise"]
    return [*_many(firms, enterprises, "91"), *_many(others, total - enterprises, "12")]


def _many(rows: list[dict[str, Any]], count: int, prefix: str) -> list[dict[str, Any]]:
    added = range(1, count - len(rows) + 1)
    codes = [complete(f"{prefix}220100DEMX009{number:02d}") for number in added]
    more = [{**rows[-1], "name": f"示例增补单位{code[-4:]}", "credit_code": code} for code in codes]
    return [*rows, *more][:count]


@dataclass
class Played:
    """Databases kept while stories were played: by what had been done so far → file, instant, cases."""

    folder: Path
    kept: dict[str, tuple[Path, datetime, dict[str, int]]] = field(default_factory=dict)

    def furthest(self, steps: Sequence[StoryStep]) -> int:
        """After how many of these steps, at most, a database was kept; 0 for none. Stories may begin alike."""
        return next((count for count in range(len(steps), 0, -1) if _done(steps[:count]) in self.kept), 0)


def _done(steps: Sequence[StoryStep]) -> str:
    return hashlib.sha256(repr(tuple(steps)).encode()).hexdigest()


@dataclass
class Telling:
    """One scenario: the story whose words are used, what it says otherwise, and the answer to the last act."""

    stage: Stage
    story: Story
    played: Played
    declared: dict[str, Any] = field(default_factory=dict)
    answer: TestResponse | None = None

    def start(self, procedure: str, role: str) -> int:
        """Press the button of the procedure on the role's first page."""
        person = self.stage.person(role)
        address = f"/cases/start/{self.stage.programme}/{procedure}"
        assert address in person.get("/home"), f"{role} finds no button for {procedure}"
        self.answer = person.post(address)
        assert self.answer.status_code == 303, shown(self.answer.text)[:400]
        self.stage.cases[procedure] = self.stage.newest_case(procedure)
        self.stage.after_act()
        return self.stage.cases[procedure]

    def start_another(self, unit: str, procedure: str) -> int:
        """A second unit of the same department registers and presses the button."""
        with self.stage.app.app_context():
            lead = Lead("another", unit, complete("91220100DEMX008800"[:17]))
            cast = Cast(self.stage.compiled().manifest, lead=lead, now=self.stage.now)
            cast.of_role("lead", self.stage.now)
            db.session.remove()
        person = self.stage.person("another")
        assert person.post(f"/cases/start/{self.stage.programme}/{procedure}").status_code == 303
        self.stage.cases[unit] = self.stage.newest_case(procedure)
        self.stage.after_act()
        return self.stage.cases[unit]

    def play(self, steps: Sequence[StoryStep]) -> None:
        """Act steps of the story as they are written."""
        for step in steps:
            if step.start:
                self.start(step.start, step.role)
            elif step.wait_until:
                self.stage.pass_until(self.stage.due_of(step.wait_until))
            elif step.until is not None:
                self.stage.pass_until(step.until.replace(tzinfo=ZONE))
            elif step.advance_days:
                self.stage.pass_days(step.advance_days)
            elif step.message:
                self.withdraw(str(step.data.get("reason", "")))
            else:
                self.act(step.task, step.role, only=step.only_first)

    def act(self, task: str, role: str, table: Table = (), *, only: int = 0) -> None:
        """Complete every open task of this name that is the role's; all must be accepted."""
        turns = self.turns(task, role)
        for task_id, person in turns[: only or None]:
            self.answer = self.send(task_id, person, task, table)
            assert self.answer.status_code == 303, f"{task}: {self.answer.status_code} {problems(self.answer.text)}"
            self.stage.after_act()

    def send(self, task_id: int, person: Person, task: str, table: Table = ()) -> TestResponse:
        """Fill in one task's page and press its button, whatever the answer."""
        pairs, files, form = self.written(task_id, person, task, table)
        return person.submit(task_id, pairs, files, form=form)

    def written(
        self, task_id: int, person: Person, task: str, table: Table = ()
    ) -> tuple[list[Pair], list[File], PageForm]:
        """What is written into a task's page: the story's words, the declared ones, then the table's by label."""
        form = person.open_task(task_id)
        pairs, files = flattened(self._data(task_id, task))
        if {name for name, _ in pairs} - form.names:
            form = self._drawn_anew(task_id, person, form, pairs)
        for label, words in table:
            if label not in {control.label for control in form.controls}:
                form = self._drawn_anew(task_id, person, form, pairs)
            chosen = by_label(form, label, words)
            pairs = [*(pair for pair in pairs if pair[0] not in dict(chosen)), *chosen]
        if table:
            form = self._drawn_anew(task_id, person, form, pairs)
        return [pair for pair in pairs if pair[0] in form.names], files, form

    def turns(self, task: str, role: str) -> list[tuple[int, Person]]:
        """Every open task of this name for the role, with the person whose it is."""
        found = [
            (task_id, self.stage.login_of(key))
            for task_id, key in self.stage.open_tasks(task)
            if role_of(key) == role or {role_of(key), role} <= {"expert", "panel-chair"}
        ]
        assert found, f"no task “{task}” of {role}; open now: {self.stage.open_names()}"
        return [(task_id, self.stage.person(login)) for task_id, login in found]

    def withdraw(self, reason: str) -> TestResponse:
        """The lead unit withdraws on its case's page."""
        case_id = self.stage.cases[self.story.procedure]
        self.answer = self.stage.person("lead").post(f"/cases/{case_id}/withdraw", [("reason", reason)])
        self.stage.after_act()
        return self.answer

    def play_until(self, task: str, *, done: bool) -> None:
        """Act the story until this task is open, or through it; goes on from where an earlier scenario has been."""
        assert not self.declared, "a story that was played before cannot be told otherwise"
        steps = self.story.steps[: self._index(task) + (1 if done else 0)]
        begun = self.played.furthest(steps)
        if begun:
            self._take_up(steps[:begun])
        else:
            self.start(self.story.procedure, self._starter())
        self.play(steps[begun:])
        if len(steps) > begun:
            self._put_down(steps)

    def role(self, name: str) -> str:
        """The key of the role with this name in the manifest."""
        return _key(self.stage.compiled().manifest.roles, name)

    def procedure(self, name: str) -> str:
        """The key of the procedure with this name."""
        return _key(self.stage.compiled().manifest.procedures, name)

    def deadline(self, name: str) -> str:
        """The key of the deadline with this name."""
        return _key(self.stage.compiled().manifest.deadlines, name)

    def login(self, name: str) -> str:
        """The account of the role with this name."""
        return self.stage.login_of(self.role(name))

    def data_of(self, task: str) -> dict[str, Any]:
        """What the story writes into a task's form."""
        return next((dict(step.data) for step in self.story.steps if step.task == task), {})

    def _index(self, task: str) -> int:
        for number, step in enumerate(self.story.steps):
            if step.task == task:
                return number
        raise AssertionError(f"the story “{self.story.title}” has no step “{task}”")

    def _starter(self) -> str:
        return self.stage.compiled().manifest.procedures[self.story.procedure].start

    def _take_up(self, steps: Sequence[StoryStep]) -> None:
        kept, now, cases = self.played.kept[_done(steps)]
        self.stage.take_up(kept)
        self.stage.now, self.stage.cases = now, dict(cases)

    def _put_down(self, steps: Sequence[StoryStep]) -> None:
        target = self.played.folder / f"{len(self.played.kept)}.sqlite3"
        self.stage.keep(target)
        self.played.kept[_done(steps)] = (target, self.stage.now, dict(self.stage.cases))

    def _drawn_anew(self, task_id: int, person: Person, form: PageForm, pairs: Sequence[Pair]) -> PageForm:
        """Keep a draft so that rows and conditional fields come on the page, as they do without any script."""
        given = {name for name, _ in pairs}
        standing = [pair for pair in form.pairs() if pair[0] not in given]
        answer = person.post(f"/tasks/{task_id}", [*standing, *pairs, ("_draft", "1")])
        assert answer.status_code == 303, shown(answer.text)[:400]
        return person.open_task(task_id)

    def _data(self, task_id: int, task: str) -> dict[str, Any]:
        data = self.data_of(task)
        if "lead" in data and "members" in data:
            data = {**data, **self.declared}
        return self._evaluated(task_id, data)

    def _evaluated(self, task_id: int, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data with its FEEL worked out, over what the task's form may read."""
        if "=" not in {str(value)[:1] for value in data.values()}:
            return dict(data)
        with self.stage.app.app_context():
            task = db.session.get_one(UserTask, task_id)
            case = db.session.get_one(Case, task.case_id)
            reading = read_case(db.session(), case, self.stage.compiled(), now=self.stage.now)
            variables = from_json({**reading.variables, "task": task.inputs})
            spaced = [name for name in FUNCTION_NAMES if " " in name]

            def worked(value: Any) -> Any:
                if not (isinstance(value, str) and value.startswith("=")):
                    return value
                return to_json(
                    compile_expression(value[1:], names=spaced).evaluate(variables, functions=reading.functions)
                )

            out = {key: worked(value) for key, value in data.items()}
            db.session.rollback()
        return out


def by_label(form: PageForm, label: str, words: str) -> list[Pair]:
    """What choosing or writing these words in the controls of this label sends; in a list, in each row."""
    controls = form.called(label)
    chosen = [
        (control.name, value) for control in controls for value, option in control.options if option == words and value
    ]
    if chosen:
        return chosen
    free = [(control.name, words) for control in controls if not control.options]
    assert free, f"“{label}” offers no “{words}”: {[control.options for control in controls]}"
    return free


def problems(page: str) -> str:
    """What a page says is wrong."""
    told = [shown(html.tostring(one, encoding="unicode")) for one in html.fromstring(page).find_class("errors")]
    told += [shown(html.tostring(one, encoding="unicode")) for one in html.fromstring(page).find_class("notice")]
    return "；".join(told) or shown(page)[:400]


def _key(named: Mapping[str, Any], name: str) -> str:
    found = [key for key, one in named.items() if one.name == name]
    assert found, f"“{name}” is none of {[one.name for one in named.values()]}"
    return found[0]
