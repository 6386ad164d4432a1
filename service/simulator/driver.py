"""Plays a story through the real commands on a virtual clock: people act, time passes, the clock's jobs run."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select

from service.clock import jobs
from service.commands import attachments, cases, dated_events, objections, process_messages, user_tasks
from service.domain.access import role_of
from service.domain.deadlines import ZONE, local_date
from service.domain.errors import InvalidInput, Refusal
from service.domain.identity import Actor
from service.feel import Function, compile_expression, from_json, to_json
from service.programmes.case_values import Paths, read_case
from service.programmes.compiled import compiled_of
from service.programmes.functions import FUNCTION_NAMES
from service.simulator.cast import Cast, Lead
from service.simulator.story import StoryStep
from service.store.cases import Case
from service.store.notices import Notice, NoticeItem
from service.store.outbox import OutboxEntry
from service.store.register import Duty, RegisterEntry
from service.store.session import db
from service.store.timers import Timer
from service.store.unit_of_work import transact
from service.store.user_tasks import OPEN, TaskGroup, UserTask

PUBLIC = Actor(None, "公众", kind="person")
BETWEEN_ACTS = timedelta(minutes=10)
OPENS = time(9, 0)
MOST_TICKS = 500
CLOSING = (jobs.keep_house, jobs.write_case_texts)
ISO_DATE = len("2026-01-02")
# A page a reader can open; what a file says is no part of a story.
SAMPLE_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


class Driver:
    """One story in one throw-away database; `now` is the virtual instant (aware UTC)."""

    def __init__(
        self,
        cast: Cast,
        programme: str,
        starts_at: datetime,
        *,
        not_after: datetime | None = None,
        shift: timedelta = timedelta(),
    ) -> None:
        """`not_after` stops time there; `shift` moves the dates that the story's data name."""
        self.cast = cast
        self.programme = programme
        self.now = starts_at
        self._not_after = not_after
        self._shift = shift
        self.case_ids: dict[str, int] = {}
        self.entry_id: int | None = None  # the centre whose life the story tells

    def start(self, procedure: str, role: str) -> int:
        """Start a case of the procedure in a role."""
        actor = self.cast.of_role(role, self.now)
        about = self._entry()
        case_id = transact(cases.start, self.programme, procedure, entry_id=about, actor=actor, now=self.now)
        self._keep(procedure, case_id)
        self._after_act()
        return case_id

    def standing(self) -> str:
        """The standing of the story's centre in the register; empty before it is there."""
        about = self._entry()
        found = db.session.get_one(RegisterEntry, about).state if about is not None else ""
        db.session.rollback()
        return found

    def _keep(self, procedure: str, case_id: int) -> None:
        earlier = sum(key.partition("#")[0] == procedure for key in self.case_ids)
        self.case_ids[f"{procedure}#{earlier + 1}" if earlier else procedure] = case_id

    def _entry(self) -> int | None:
        """The centre that the story began with, or that one of its cases has filed."""
        if self.entry_id is None:
            mine = RegisterEntry.case_id.in_(self.case_ids.values())
            self.entry_id = db.session.scalar(select(func.max(RegisterEntry.id)).where(mine))
            db.session.rollback()
        return self.entry_id

    def _adopt(self) -> None:
        """What the clock began for the story's centre is a case of the story."""
        about = self._entry()
        if about is None:
            return
        mine = (Case.register_entry_id == about, Case.id.not_in(self.case_ids.values()))
        begun = db.session.execute(select(Case.procedure, Case.id).where(*mine).order_by(Case.id)).all()
        db.session.rollback()
        for procedure, case_id in begun:
            self._keep(procedure, case_id)

    def play(self, step: StoryStep) -> None:
        """One step of the story. Raises InvalidInput where the story asks for what cannot be done."""
        if step.start:
            if step.unit:
                self.cast.join(Lead(f"lead-{len(self.case_ids) + 1}", step.unit["name"], step.unit["credit_code"]))
            self.start(step.start, step.role)
        elif step.message:
            self._send(step)
        elif step.wait_until:
            self._wait(step.wait_until)
        elif step.until is not None:
            self.advance_to((step.until + self._shift).replace(tzinfo=ZONE).astimezone(UTC))
        elif step.advance_days:
            day = local_date(self.now) + timedelta(days=step.advance_days)
            self.advance_to(datetime.combine(day, OPENS, ZONE).astimezone(UTC))
        else:
            self._complete(step)

    def advance_to(self, target: datetime) -> None:
        """Let time pass; the clock does each thing at the instant it is due."""
        if self._not_after is not None:
            target = min(target, self._not_after)
        ticked_at = None
        for _ in range(MOST_TICKS):
            due = self._next_due()
            if due is None or due > target:
                break
            self.now = ticked_at = max(self.now, due)
            self.tick()
        self.now = max(self.now, target)
        if ticked_at != self.now:
            self.tick()

    def is_open(self, name: str) -> bool:
        """Whether a task of this name or element is open in the story's cases."""
        return bool(name) and bool(self._open_tasks(name))

    def tick(self) -> None:
        """Run every job of the clock once, and before the books are closed once more what they left in the outbox."""
        for job in (*(job for job in jobs.JOBS if job not in CLOSING), jobs.drain_outbox, *CLOSING):
            job(self.now)
        db.session.rollback()
        self._adopt()

    def _after_act(self) -> None:
        """What an act left in the outbox is done at once; everything else waits for time to pass."""
        pending = select(OutboxEntry.id).where(OutboxEntry.state == "pending", OutboxEntry.next_try_at <= self.now)
        found = db.session.scalar(pending.limit(1))
        db.session.rollback()
        if found is not None:
            jobs.drain_outbox(self.now)
        self.now += BETWEEN_ACTS

    def _next_due(self) -> datetime | None:
        instants = [
            db.session.scalar(select(func.min(Timer.due_at))),
            db.session.scalar(select(func.min(Duty.opens_at)).where(Duty.state == "waiting")),
            db.session.scalar(select(func.min(UserTask.alarm_at)).where(UserTask.status == OPEN)),
            db.session.scalar(
                select(func.min(OutboxEntry.next_try_at)).where(OutboxEntry.state.in_(("pending", "leased")))
            ),
        ]
        db.session.rollback()
        return min((at for at in instants if at is not None), default=None)

    def _wait(self, deadline: str) -> None:
        due = db.session.scalar(select(func.min(Timer.due_at)).where(Timer.deadline == deadline))
        if due is None:
            due = db.session.scalar(
                select(func.min(UserTask.due_at)).where(UserTask.deadline == deadline, UserTask.status == OPEN)
            )
        if due is None:
            raise _wrong(f"期限 {deadline} 没有在运行", f"the deadline {deadline} is not running")
        self.advance_to(due)

    def _send(self, step: StoryStep) -> None:
        case_id = next(iter(self.case_ids.values()))
        if step.message == "case-withdrawn":
            actor = self.cast.of_role(step.role, self.now)
            reason = str(step.data.get("reason") or "示例撤回")
            self._expecting(step, lambda: transact(cases.withdraw, case_id, reason, actor=actor, now=self.now))
            return
        if step.message == "objection-lodged":
            self._expecting(step, lambda: self._object(case_id, step.data))
            return
        actor, on = self.cast.of_role(step.role, self.now), step.data.get("on")
        if isinstance(on, date):
            day = on + self._shift
            act = partial(transact, dated_events.record_event, case_id, step.message, day, actor=actor, now=self.now)
            self._expecting(step, act)
            return
        transact(process_messages.publish, case_id, step.message, dict(step.data), actor=actor, now=self.now)
        self._after_act()

    def _object(self, case_id: int, data: Mapping[str, Any]) -> None:
        """Lodge an objection to the newest notice about the case, as anybody does on the notice's page."""
        about = select(NoticeItem.notice_id).where(NoticeItem.case_id == case_id)
        number = db.session.scalar(
            select(Notice.number).where(Notice.id.in_(about)).order_by(Notice.id.desc()).limit(1)
        )
        if number is None:
            raise _wrong("还没有公示，无从提出异议", "there is no notice to object to")
        transact(objections.lodge, number, dict(data), actor=PUBLIC, now=self.now)

    def _complete(self, step: StoryStep) -> None:
        """Complete the open task of this name; in a loop every open turn, or the first `only` of them."""
        tasks = self._open_tasks(step.task)
        if not tasks:
            waiting = "、".join(sorted({task.name for task in self._open_tasks("")})) or "无"
            raise _wrong(
                f"没有打开的任务“{step.task}”，现在打开的是：{waiting}",
                f"no open task “{step.task}”; open now: {waiting}",
            )
        for task in tasks[: step.only_first or None]:
            actor = self._who(task, step.role)
            self._expecting(step, lambda task=task, actor=actor: self._submit(task, actor, step.data))

    def _expecting(self, step: StoryStep, act: Any) -> None:
        """Do it; a step that names a refusal must meet that refusal."""
        try:
            act()
        except Refusal as refusal:
            db.session.rollback()
            if refusal.code == step.refused:
                return
            detail = getattr(refusal.details.get("submission"), "problems", "")
            raise _wrong(
                f"“{step.task or step.message}”没有被接受：{refusal.text('zh')} {_problems(detail)}",
                f"“{step.task or step.message}” was refused: {refusal.text('en')}",
            ) from refusal
        if step.refused:
            raise _wrong(f"“{step.task}”本应被拒绝（{step.refused}）", f"“{step.task}” should have been refused")
        self._after_act()

    def _submit(self, task: UserTask, actor: Actor, data: Mapping[str, Any]) -> None:
        given = self._resolved(task, actor, data)
        transact(user_tasks.complete, task.id, data=given, actor=actor, now=self.now)

    def _dated(self, value: Any) -> Any:
        """Dates as the form takes them, moved by the story's shift."""
        day = _date_in(value) if isinstance(value, str) else value
        if isinstance(day, date) and not isinstance(day, datetime):
            return (day + self._shift).isoformat()
        return value.isoformat() if isinstance(value, datetime) else value

    def _open_tasks(self, name: str) -> list[UserTask]:
        mine = UserTask.case_id.in_(self.case_ids.values())
        statement = select(UserTask).where(UserTask.status == OPEN, mine).order_by(UserTask.id)
        if name:
            statement = statement.where((UserTask.name == name) | (UserTask.element == name))
        tasks = list(db.session.scalars(statement))
        db.session.expunge_all()
        db.session.rollback()
        return tasks

    def _who(self, task: UserTask, role: str) -> Actor:
        keys = list(db.session.scalars(select(TaskGroup.group_key).where(TaskGroup.task_id == task.id)))
        db.session.rollback()
        if not keys:
            raise _wrong(f"“{task.name}”没有候选组", f"“{task.name}” has no candidate group")
        return self.cast.of_group(next((key for key in keys if role_of(key) == role), keys[0]), self.now)

    def _resolved(self, task: UserTask, actor: Actor, data: Mapping[str, Any]) -> dict[str, Any]:
        """The step's data with FEEL evaluated and sample files uploaded."""

        def resolve(value: Any, field: str) -> Any:
            if isinstance(value, Mapping):
                return {key: resolve(inner, f"{field}.{key}") for key, inner in value.items()}
            if isinstance(value, list):
                rows = any(isinstance(inner, Mapping) for inner in value)
                return [resolve(inner, f"{field}[{place}]" if rows else field) for place, inner in enumerate(value)]
            if isinstance(value, str) and value.startswith("="):
                expression = compile_expression(value[1:], names=[name for name in FUNCTION_NAMES if " " in name])
                variables, functions = self._readable(task, expression.paths)
                return to_json(expression.evaluate(variables, functions=functions))
            if isinstance(value, str) and value.startswith("file:"):
                name = value.removeprefix("file:")
                return transact(
                    attachments.keep,
                    task.id,
                    field,
                    attachments.examine(name, io.BytesIO(SAMPLE_PDF)),
                    actor=actor,
                    now=self.now,
                )
            return self._dated(value)

        return {key: resolve(value, key) for key, value in data.items()}

    def _readable(self, task: UserTask, paths: Paths) -> tuple[Any, Mapping[str, Function]]:
        """What these paths read of what the task's form may read, and the functions it may ask."""
        case = db.session.get_one(Case, task.case_id)
        programme = compiled_of(db.session(), case.deployment_id)
        reading = read_case(db.session(), case, programme, now=self.now, paths=paths)
        variables = from_json({**reading.variables, "task": task.inputs})
        db.session.rollback()
        return variables, reading.functions


def _date_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == ISO_DATE else None
    except ValueError:
        return None


def _problems(problems: Any) -> str:
    return "；".join(f"{one.label or one.control}：{one.zh}" for one in problems or ())


def _wrong(zh: str, en: str) -> InvalidInput:
    return InvalidInput(field="故事", zh=zh, en=en)
