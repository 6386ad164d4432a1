"""What people do with an open task besides completing it: hand it over, lend it, send it back, take it back, urge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from service.commands.acting import TaskAct, begin
from service.commands.advance import Course, advance
from service.commands.task_alarms import set_alarms
from service.commands.task_locks import refuse_receiver
from service.commands.telling import tell_people, tell_workers
from service.domain.access import Action
from service.domain.deadlines import local_date, set_by_hand, start_of
from service.domain.errors import InvalidInput, Refusal, WrongState
from service.domain.identity import Actor
from service.domain.verbs import Hindered, Standing
from service.domain.written import written
from service.engine import Return
from service.programmes import return_targets
from service.programmes.case_values import read_case
from service.programmes.compiled import compiled_of
from service.store import task_links, user_tasks
from service.store.audit import AuditEntry
from service.store.copies import Copy
from service.store.submissions import Draft, copy_draft
from service.store.unit_of_work import UnitOfWork
from service.store.upserts import insert_into
from service.store.user_tasks import CANCELLED, OPEN, UserTask

URGED_A_DAY: Final = 3  # one task, by everybody together; each person once
ONE_DAY: Final = timedelta(days=1)


def transfer(work: UnitOfWork, task_id: int, person: int, reason: str) -> None:
    """转办: the task is another person's for good; their draft, if any, is their own."""
    act = begin(work, "transfer", task_id, reason)
    receiver = _receiver(act, person)
    _give(act, person)
    act.note(to=receiver.name, to_id=person)
    _tell(act, person, "转办给您")


def delegate(work: UnitOfWork, task_id: int, person: int, reason: str) -> None:
    """委派: another fills the form in and hands it back; the owner completes. What the owner entered goes along."""
    act = begin(work, "delegate", task_id, reason)
    receiver = _receiver(act, person)
    act.take()
    owner = act.task.assignee_id
    _copy_draft(act, owner, person, over=False)
    _give(act, person)
    act.task.owner_id = owner
    act.note(to=receiver.name, to_id=person)
    _tell(act, person, "委派给您")


def hand_back(work: UnitOfWork, task_id: int, reason: str = "") -> None:
    """交回: the owner has the task again, with what the delegate entered as draft; the owner may call it back, too."""
    act = begin(work, "hand-back", task_id, reason)
    owner, worker = act.task.owner_id, act.task.assignee_id
    passed_on = _copy_draft(act, worker, owner, over=True)
    act.task.owner_id = None
    _give(act, owner)
    act.note(to_id=owner, entered_by=worker if passed_on else None)
    tell_people(work, [owner, worker], act.case, f"交回：“{act.task.name}”", "填写的内容已成为草稿，请核对后提交。")


def send_back(work: UnitOfWork, task_id: int, target: str, way: str, reason: str) -> Course:
    """退回: an earlier step opens again for who did it.

    `target` is a key of `return_targets`; `way` is `walk` (the path is walked again) or `resume` (once the step is
    done, this task goes on as it was). Raises InvalidInput for a target that is not offered.
    """
    act = begin(work, "return", task_id, reason)
    own = Standing.STAFF not in act.standings
    found = return_targets.of_task(work.session, act.held.task, act.case, act.instance, own=own)
    offered = {one.key: one for one in found}
    chosen = offered.get(target)
    if chosen is None or way not in chosen.ways:
        raise InvalidInput(field="退回到", zh="不能退回到这一步", en="this step cannot be returned to")
    act.take()
    command = Return(act.task.engine_task, chosen.element, by=act.work.actor.name, resume=way == "resume")
    course = advance(work, act.case, act.instance, command)
    _hand_to_earlier(act, course)
    act.note(element=act.task.element, target=chosen.name, way=way, **course.trail())
    return course


def take_back(work: UnitOfWork, task_id: int, reason: str) -> None:
    """撤回办结: who completed the task has it again, as long as nobody has begun what it opened.

    A submission that waits for signatures is opened again; one whose completion made the service act is not.
    """
    act = begin(work, "take-back", task_id, reason)
    if act.task.sealed is not None:
        act.task.sealed = None
        act.note(unsealed=True)
        return
    following = work.session.scalars(select(UserTask).where(UserTask.opened_by == task_id)).all()
    _refuse_begun(act, following)
    first = following[0]
    targets = return_targets.of_task(work.session, first, act.case, act.instance)
    if not any(one.path == tuple(act.task.path) and "walk" in one.ways for one in targets):
        raise _late("流程已经走到不能拿回的地方", "the process has gone where it cannot be taken back from")
    command = Return(first.engine_task, act.task.element, by=work.actor.name)
    course = advance(work, act.case, act.instance, command)
    _hand_to_earlier(act, course)
    act.note(element=act.task.element, **course.trail())


def copy(work: UnitOfWork, task_id: int, person: int, reason: str = "") -> None:
    """抄送: the person may read the case; a repeat changes nothing."""
    act = begin(work, "copy", task_id, reason)
    receiver = _receiver(act, person, "receive-copy")
    added = insert_into(work.session, Copy).values(
        case_id=act.case.id, user_id=person, sent_by=act.person, sent_at=work.now, note=act.reason
    )
    work.session.execute(added.on_conflict_do_nothing(index_elements=["user_id", "case_id"]))
    act.note(to=receiver.name, to_id=person)
    tell_people(work, [person], act.case, f"抄送：{act.case.title}", act.reason or "请阅。")


def urge(work: UnitOfWork, task_id: int, reason: str = "") -> None:
    """催办: tell who has the task that somebody waits; each person once a day, and URGED_A_DAY in all."""
    act = begin(work, "urge", task_id, reason)
    if act.standings & {Standing.HOLDER, Standing.DELEGATE}:
        raise WrongState(zh="这项任务在您手上，不用催办。", en="The task is yours; there is nobody to urge.")
    today = start_of(local_date(work.now))
    urged = work.session.scalars(
        select(AuditEntry.actor_id).where(
            AuditEntry.case_id == act.case.id,
            AuditEntry.object_type == "user-task",
            AuditEntry.object_id == str(task_id),
            AuditEntry.action == act.verb.audit,
            AuditEntry.at >= today,
            AuditEntry.at < today + ONE_DAY,
        )
    ).all()
    if work.actor.user_id in urged or len(urged) >= URGED_A_DAY:
        raise WrongState(
            zh=f"今天已经催办过（每人每天一次，一项任务一天最多 {URGED_A_DAY} 次），请明天再催。",
            en=f"It was urged today already (each person once, a task {URGED_A_DAY} times a day). Try again tomorrow.",
        )
    act.note()
    task_links.ask(work.session, [act.task], work.now, occasion=work.now.isoformat())
    due = f"期限 {written(act.task.due_at)}。" if act.task.due_at else ""
    tell_workers(work, act.task, act.case, f"催办：“{act.task.name}”", f"{due}{act.reason}".strip() or "请尽快办理。")


def set_due(work: UnitOfWork, task_id: int, due_on: date, reason: str) -> None:
    """改期: another last day (inclusive) for a task whose date no notice has set; its reminders follow."""
    act = begin(work, "set-due", task_id, reason)
    if act.task.deadline is not None:
        raise WrongState(
            zh="这个期限是办法或批次规定的，不能在这里改；需要时请办理延期。",
            en="This period is set by the notice or the call; extend it instead.",
        )
    due_at: datetime = start_of(due_on + ONE_DAY)
    if due_at <= work.now:
        raise InvalidInput(field="改到哪一天", zh="应为今天或以后", en="must be today or later")
    before = act.task.due_at
    why = set_by_hand(due_on, f"{work.actor.name}：{act.reason}", local_date(work.now))
    user_tasks.set_due(work.session, task_id, due_at, why)
    work.session.refresh(act.task)
    programme = compiled_of(work.session, act.case.deployment_id)
    calendar = read_case(work.session, act.case, programme, now=work.now, paths=()).calendar
    set_alarms(programme.manifest, calendar, act.task, work.now)
    act.note(before=before.isoformat() if before else None, due=due_at.isoformat())
    tell_workers(work, act.task, act.case, f"改期：“{act.task.name}”", f"改到 {written(due_at)}。{act.reason}")


def _receiver(act: TaskAct, person: int, action: Action = "receive-task") -> Actor:
    if person in (act.person, act.task.assignee_id):
        raise InvalidInput(field="人员", zh="这项任务已经在对方手上", en="this person has the task already")
    return refuse_receiver(act.work, act.held, person, action)


def _give(act: TaskAct, person: int | None) -> None:
    user_tasks.assign(act.work.session, act.task.id, person, held_by=act.task.assignee_id, at=act.work.now)
    act.work.session.refresh(act.task)


def _tell(act: TaskAct, person: int, what: str) -> None:
    title = f"{what}：“{act.task.name}”"
    tell_people(act.work, [person], act.case, title, f"{act.work.actor.name}：{act.reason}")


def _copy_draft(act: TaskAct, source: int | None, target: int | None, *, over: bool) -> bool:
    return copy_draft(act.work.session, act.task.id, source, target, over=over, at=act.work.now)


def _hand_to_earlier(act: TaskAct, course: Course) -> None:
    """What opened because of the return goes to who did it before, with the reason; one alone, not a vote's many."""
    session = act.work.session
    for opened in course.opened:
        if opened.returned is None:
            continue
        task = session.scalars(
            select(UserTask).where(UserTask.instance_id == act.instance.id, UserTask.engine_task == opened.task)
        ).one()
        task.returned = {**opened.returned, "reason": act.reason, "name": act.task.name}
        earlier = session.scalars(
            select(UserTask)
            .where(UserTask.instance_id == act.instance.id, UserTask.element == task.element, UserTask.id != task.id)
            .where(UserTask.completed_by.is_not(None))
            .order_by(UserTask.id.desc())
        ).all()
        doer = next((one.completed_by for one in earlier if one.inputs == task.inputs and one.path == task.path), None)
        if doer is not None and _may_receive(act, task, doer):
            user_tasks.claim(session, task.id, doer, at=act.work.now)
            session.refresh(task)
        what = "撤回办结" if act.verb.key == "take-back" else f"退回：“{task.name}”"
        tell_workers(act.work, task, act.case, what, f"{act.work.actor.name}：{act.reason}")


def _may_receive(act: TaskAct, task: UserTask, person: int) -> bool:
    """Whether who did it before may have it again: the account is open, the role still held."""
    try:
        refuse_receiver(act.work, replace(act.held, task=task), person)
    except Refusal:
        return False
    return True


def _refuse_begun(act: TaskAct, following: Sequence[UserTask]) -> None:
    """Nobody has claimed, entered or done anything of what the completion opened, and the service has done nothing."""
    if not following or any(one.status == CANCELLED for one in following):
        raise _late("这一步没有打开新的任务，或者表决已经计入", "nothing new was opened, or the vote was counted")
    drafts = select(func.count(Draft.id)).where(Draft.task_id.in_([one.id for one in following]))
    if any(one.status != OPEN or one.assignee_id for one in following) or act.work.session.scalar(drafts):
        raise _late("下一步已经有人办理", "somebody has begun the next step")
    entry = act.work.session.scalars(
        select(AuditEntry.details)
        .where(AuditEntry.case_id == act.case.id, AuditEntry.action == "task-completed")
        .where(AuditEntry.object_id == str(act.task.id))
    ).one_or_none()
    if entry is None or entry.get("operations"):
        raise _late("系统已据此发出文书或登记", "the service has issued or registered something because of it")


def _late(zh: str, en: str) -> Hindered:
    return Hindered(verb_zh="撤回办结", verb_en="take back", zh=f"{zh}。", en=f"{en}.")
