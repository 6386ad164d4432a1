"""Each verb on a task through the real commands: what it does, who may not, what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.commands import batches, case_verbs, deputies, people, signing, task_verbs, user_tasks
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotAllowed, NotFound, Refusal, TaskAlreadyClaimed, WrongState
from service.domain.identity import Actor
from service.domain.verbs import Hindered
from service.programmes import return_targets
from service.queries import asked, inbox
from service.store import instances
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.messages import Message
from service.store.organisations import Organisation
from service.store.relations import Relation
from service.store.session import db
from service.store.submissions import Draft, Submission
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from tests.support.invariants import check
from tests.support.office import Office

AGREE, DISAGREE = {"agree": "agree"}, {"agree": "disagree"}
WHY = "示例原因"


def at(office: Office, element: str, case_id: int | None = None) -> int:
    """The open task of an element."""
    return office.open_tasks(element, case_id)[0].id


def checked(office: Office) -> tuple[Actor, Actor, int]:
    """Two clerks and the open first check of a matter."""
    case_id = office.start("matter")
    office.complete(at(office, "apply", case_id), AGREE, office.person("lead"))
    return office.person("clerk"), office.person("clerk", 2), at(office, "check", case_id)


def forked(office: Office) -> tuple[Actor, Actor, int]:
    """The same with its branches open: three votes and the recheck."""
    clerk, other, task = checked(office)
    office.complete(task, AGREE, clerk)
    return clerk, other, task


def row(office: Office, task_id: int) -> UserTask:
    (found,) = office.rows(select(UserTask).where(UserTask.id == task_id))
    return found


def told(office: Office, user_id: int | None) -> list[str]:
    return office.rows(select(Message.title).where(Message.user_id == user_id).order_by(Message.id))


def noted(office: Office, action: str) -> list[dict[str, Any]]:
    return office.rows(select(AuditEntry.details).where(AuditEntry.action == action).order_by(AuditEntry.id))


def names(office: Office) -> list[str]:
    return sorted(task.name for task in office.open_tasks())


def refused(office: Office, kind: type[Refusal], act: Any, *args: Any, by: Actor, match: str = "") -> None:
    with pytest.raises(kind) as caught:
        office.act(act, *args, by=by)
    assert match in caught.value.text("zh")


# ---- transfer, delegate


def test_a_transferred_task_is_the_others_for_good(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(task_verbs.transfer, task, other.user_id, WHY, by=clerk)
    assert row(office, task).assignee_id == other.user_id
    assert told(office, other.user_id) == ["转办给您：“初核”"]
    assert noted(office, "task-transferred") == [
        {"name": "初核", "to": other.name, "to_id": other.user_id, "reason": WHY}
    ]
    refused(office, TaskAlreadyClaimed, task_verbs.transfer, task, clerk.user_id, WHY, by=clerk)
    office.complete(task, AGREE, other)


@pytest.mark.parametrize("reason", ["", "短", "字" * 501])
def test_a_reason_is_due_and_has_its_limits(office: Office, reason: str) -> None:
    clerk, other, task = checked(office)
    refused(office, InvalidInput, task_verbs.transfer, task, other.user_id, reason, by=clerk, match="2 至 500 字")


def test_a_task_is_given_to_nobody_without_a_part_in_it(office: Office) -> None:
    clerk, _, task = checked(office)
    refused(office, NotAllowed, task_verbs.transfer, task, office.person("lead").user_id, WHY, by=clerk)
    refused(office, InvalidInput, task_verbs.transfer, task, clerk.user_id, WHY, by=clerk)
    refused(office, NotFound, task_verbs.transfer, task, clerk.user_id, WHY, by=stranger(office))


def stranger(office: Office) -> Actor:
    """An account of another unit."""
    office.act(people.add_organisation, code="elsewhere", name="另一个单位", kind="enterprise")
    found = office.act(
        people.add_user, login="stranger", name="外人", organisation="elsewhere", roles=["lead"], password="x" * 20
    )
    return office.actor(found)


def test_a_delegated_task_comes_back_with_what_was_entered(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(task_verbs.delegate, task, other.user_id, WHY, by=clerk)
    refused(office, Hindered, user_tasks.complete, task, by=other, match="交回")
    office.act(user_tasks.save_draft, task, [("agree", "agree"), ("note", "代拟意见")], 0, by=other)
    office.act(task_verbs.hand_back, task, by=other)
    assert (row(office, task).assignee_id, row(office, task).owner_id) == (clerk.user_id, None)
    drafts = dict(db.session.execute(select(Draft.user_id, Draft.data)).all())
    db.session.remove()
    assert drafts[clerk.user_id]["note"] == drafts[other.user_id]["note"] == "代拟意见"
    office.complete(task, AGREE, clerk)


def test_the_owner_may_call_a_delegated_task_back(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(task_verbs.delegate, task, other.user_id, WHY, by=clerk)
    refused(office, NotAllowed, task_verbs.hand_back, task, by=office.person("head"))
    office.act(task_verbs.hand_back, task, by=clerk)
    refused(office, TaskAlreadyClaimed, user_tasks.complete, task, by=other)


# ---- signatures


def test_who_signs_before_signs_before(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(signing.add_signer, task, other.user_id, "before", "请看预算", by=clerk)
    refused(office, Hindered, user_tasks.complete, task, by=clerk, match="没有签署")
    office.act(signing.sign, task, True, "预算合理", by=other)
    refused(office, NotAllowed, signing.sign, task, True, "再签一次", by=other)
    office.complete(task, AGREE, clerk)
    assert told(office, other.user_id) == ["请您签署：“初核”"]


def test_who_signs_after_lets_the_case_go_on(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(signing.add_signer, task, other.user_id, "after", "请复签", by=clerk)
    refused(office, WrongState, signing.sign, task, True, "太早了", by=other, match="提交以后")
    done = office.complete(task, AGREE, clerk)
    assert done.next_names == ("等待签署",)
    assert names(office) == ["初核"]
    office.now += timedelta(hours=1)
    office.act(signing.sign, task, True, "同意", by=other)
    (kept,) = office.rows(select(Submission).where(Submission.task_id == task))
    assert (kept.submitted_by, kept.submitted_at) == (clerk.user_id, office.now - timedelta(hours=1))
    assert row(office, task).completed_by == clerk.user_id
    assert check().hold, check().breaches


def test_who_does_not_agree_gives_it_back(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(signing.add_signer, task, other.user_id, "after", "请复签", by=clerk)
    office.complete(task, {"agree": "agree", "note": "第一稿"}, clerk)
    refused(office, Hindered, user_tasks.complete, task, by=clerk, match="已经提交")
    office.act(signing.sign, task, False, "还差一份材料", by=other)
    (draft,) = office.rows(select(Draft).where(Draft.task_id == task))
    assert draft.data["note"] == "第一稿"
    office.complete(task, AGREE, clerk)
    assert "初核" not in names(office)


def test_a_signer_is_removed_or_replaced_only_before_signing(office: Office) -> None:
    clerk, other, task = checked(office)
    third = office.person("clerk", 3)
    one = office.act(signing.add_signer, task, other.user_id, "before", WHY, by=clerk)
    two = office.act(signing.replace_signer, task, one, third.user_id, WHY, by=clerk)
    refused(office, NotAllowed, signing.sign, task, True, "同意", by=other)
    office.act(signing.sign, task, True, "同意", by=third)
    refused(office, WrongState, signing.remove_signer, task, two, WHY, by=clerk, match="已经签署")
    late = office.act(signing.add_signer, task, other.user_id, "after", WHY, by=clerk)
    office.complete(task, AGREE, clerk)
    office.act(signing.remove_signer, task, late, WHY, by=clerk)
    assert "初核" not in names(office), "nobody is left to sign"


def test_a_date_that_ends_the_task_loses_no_submission(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(signing.add_signer, task, other.user_id, "after", "请复签", by=clerk)
    office.complete(task, AGREE, clerk)
    held = row(office, task)
    with office.app.app_context():
        timer = db.session.scalars(select(Timer).where(Timer.instance_id == held.instance_id)).one()
        timer.ends, timer.due_at = [held.engine_task], office.now + timedelta(days=1)
        db.session.commit()
    office.tick(office.now + timedelta(days=1))
    assert row(office, task).status == "completed"
    assert office.count(Submission, Submission.task_id == task) == 1


# ---- back


def targets(office: Office, task_id: int) -> dict[str, return_targets.ReturnTarget]:
    with office.app.app_context():
        task = db.session.get_one(UserTask, task_id)
        instance = db.session.get_one(instances.Instance, task.instance_id)
        found = return_targets.of_task(db.session(), task, db.session.get_one(Case, task.case_id), instance)
    return {one.name: one for one in found}


def test_the_targets_of_a_return_are_named_with_who_did_them(office: Office) -> None:
    clerk, _, _ = forked(office)
    found = targets(office, at(office, "recheck"))
    assert {name: (one.who, one.ways) for name, one in found.items()} == {
        "初核": ((clerk.name,), {"walk", "resume"}),
        "填写申请": ((office.person("lead").name,), {"walk", "resume"}),
    }


def test_walking_again_opens_each_branch_once(office: Office) -> None:
    clerk, _, _ = forked(office)
    office.complete(at(office, "countersign"), AGREE, office.person("voter"))
    office.act(task_verbs.send_back, at(office, "recheck"), "check", "walk", "材料不全", by=clerk)
    (again,) = office.open_tasks()
    assert (again.name, again.assignee_id, again.returned["reason"]) == ("初核", clerk.user_id, "材料不全")
    office.complete(again.id, AGREE, clerk)
    assert names(office) == ["会签", "会签", "会签", "复核"]
    assert check().hold, check().breaches


def test_resuming_keeps_votes_and_goes_on_where_it_was(office: Office) -> None:
    clerk, _, _ = forked(office)
    voter = office.person("voter")
    office.complete(at(office, "countersign"), AGREE, voter)
    recheck = at(office, "recheck")
    office.act(task_verbs.send_back, recheck, "check", "resume", "请补一句", by=clerk)
    assert names(office) == ["会签", "会签", "初核", "复核"]
    refused(office, Hindered, user_tasks.complete, recheck, by=clerk, match="自动回到这里")
    office.complete(at(office, "check"), AGREE, clerk)
    assert names(office) == ["会签", "会签", "复核"]
    office.complete(recheck, AGREE, clerk)


def test_nobody_returns_to_what_the_engine_does_not_allow(office: Office) -> None:
    clerk, _, _ = forked(office)
    task = at(office, "recheck")
    for target, way in (("countersign", "walk"), ("decide", "walk"), ("check", "jump")):
        refused(office, InvalidInput, task_verbs.send_back, task, target, way, WHY, by=clerk)


def test_who_completed_takes_back_while_nobody_has_begun(office: Office) -> None:
    clerk, _, task = forked(office)
    office.act(task_verbs.take_back, task, "漏写一句", by=clerk)
    (again,) = office.open_tasks()
    assert (again.name, again.assignee_id) == ("初核", clerk.user_id)


def test_nobody_takes_back_what_was_begun(office: Office) -> None:
    clerk, other, task = forked(office)
    refused(office, NotAllowed, task_verbs.take_back, task, WHY, by=other)
    office.act(user_tasks.claim, at(office, "recheck"), by=other)
    refused(office, Hindered, task_verbs.take_back, task, WHY, by=clerk, match="已经有人办理")


# ---- reading, urging, dates


def test_a_copy_lets_read_and_not_act(office: Office) -> None:
    clerk, _, task = checked(office)
    voter = office.person("voter")
    refused(office, NotFound, task_verbs.transfer, task, clerk.user_id, WHY, by=voter)
    for _ in range(2):
        office.act(task_verbs.copy, task, voter.user_id, "请阅", by=clerk)
    refused(office, NotAllowed, task_verbs.transfer, task, clerk.user_id, WHY, by=voter)
    assert len(told(office, voter.user_id)) == 2
    assert len(asked.copies(db.session(), voter).rows) == 1
    db.session.remove()


def test_each_urges_once_a_day_and_a_task_has_its_limit(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(user_tasks.claim, task, by=clerk)
    people_ = [other, *(office.person("clerk", number) for number in (3, 4, 5))]
    refused(office, WrongState, task_verbs.urge, task, by=clerk, match="在您手上")
    for person in people_[:3]:
        office.act(task_verbs.urge, task, by=person)
        refused(office, WrongState, task_verbs.urge, task, by=person, match="今天已经催办过")
    refused(office, WrongState, task_verbs.urge, task, by=people_[3])
    office.now += timedelta(days=1)
    office.act(task_verbs.urge, task, "请今天办", by=people_[3])
    assert told(office, clerk.user_id) == ["催办：“初核”"] * 4


def test_an_own_date_is_set_and_a_notices_is_not(office: Office) -> None:
    clerk, _, task = checked(office)
    head, day = office.person("head"), local_date(office.now) + timedelta(days=3)
    refused(office, NotAllowed, task_verbs.set_due, task, day, WHY, by=clerk)
    refused(office, InvalidInput, task_verbs.set_due, task, day - timedelta(days=9), WHY, by=head)
    office.act(task_verbs.set_due, task, day, WHY, by=head)
    assert local_date(row(office, task).due_at - timedelta(seconds=1)) == day
    office.tick(row(office, task).due_at)
    assert any("负责人" in body or WHY in body for body in office.rows(select(Message.body))), (
        "the date says its reason"
    )
    decided = decision(office)
    refused(office, WrongState, task_verbs.set_due, decided, day, WHY, by=head, match="延期")


def decision(office: Office) -> int:
    """The open decision of a matter."""
    clerk, _, _ = forked(office)
    for number, task in enumerate(office.open_tasks("countersign"), 1):
        office.complete(task.id, AGREE, office.person("voter", number))
    office.complete(at(office, "recheck"), AGREE, clerk)
    office.complete(at(office, "second"), AGREE, clerk)
    return at(office, "decide")


# ---- the whole case


def test_a_suspended_case_shows_its_tasks_and_stands_still(office: Office) -> None:
    clerk, head = office.person("clerk"), office.person("head")
    task = decision(office)
    due, case_id = row(office, task).due_at, row(office, task).case_id
    refused(office, Hindered, case_verbs.resume, case_id, WHY, by=head)
    office.act(case_verbs.suspend, case_id, "等上级答复", by=head)
    refused(office, Hindered, user_tasks.complete, task, by=head, match="暂停")
    refused(office, Hindered, case_verbs.suspend, case_id, WHY, by=head)
    refused(office, NotAllowed, case_verbs.suspend, case_id, WHY, by=office.person("lead"))
    assert task in {one.task_id for one in inbox.page(db.session(), head, "groups").rows}
    db.session.remove()
    office.tick(office.now + timedelta(days=7))
    office.act(case_verbs.resume, case_id, "已答复", by=clerk)
    assert row(office, task).due_at == due + timedelta(days=7), "five working days stood still"
    office.complete(task, AGREE, head)


def test_no_timer_of_a_suspended_case_fires(office: Office) -> None:
    clerk, _, task = checked(office)
    case_id = row(office, task).case_id
    office.act(case_verbs.suspend, case_id, WHY, by=clerk)
    office.tick(office.now + timedelta(days=5))
    assert names(office) == ["初核"]
    office.act(case_verbs.resume, case_id, WHY, by=clerk)
    office.tick()
    assert names(office) == ["初核"]
    office.tick(office.now + timedelta(days=3))
    assert names(office) == ["初核", "督促初核"]


def test_the_office_ends_a_case_and_says_why(office: Office) -> None:
    clerk, _, task = forked(office)
    case_id = row(office, task).case_id
    office.act(case_verbs.cancel, case_id, "申报主体已注销", by=clerk)
    (case,) = office.rows(select(Case).where(Case.id == case_id))
    assert (case.state, case.outcome, case.ended_at is not None) == ("cancelled", "cancelled", True)
    assert office.open_tasks() == []
    assert told(office, office.person("lead").user_id) == [f"终止办理：{case.title}"]
    refused(office, Hindered, case_verbs.cancel, case_id, WHY, by=clerk)


def test_a_batch_tells_of_each_row(office: Office) -> None:
    clerk, _, task = forked(office)
    ended = row(office, task).case_id
    office.act(case_verbs.cancel, ended, WHY, by=clerk)
    running = office.start("matter")
    office.complete(at(office, "apply", running), AGREE, office.person("lead"))
    results = batches.run("suspend", [ended, running, running, 999], WHY, actor=clerk, now=office.now)
    assert [(one.key, one.code) for one in results] == [(ended, "verb-hindered"), (running, ""), (999, "not-found")]
    for verb, keys in (("suspend", []), ("suspend", range(201)), ("delete", [1])):
        with pytest.raises(InvalidInput):
            batches.run(verb, keys, WHY, actor=clerk, now=office.now)


# ---- who acts for whom


def test_a_deputy_acts_for_the_principal_and_the_trail_says_so(office: Office) -> None:
    clerk, _, task = checked(office)
    voter = office.person("voter")
    office.act(user_tasks.claim, task, by=clerk)
    today = local_date(office.now)
    one = office.act(deputies.appoint, voter.user_id, roles=["clerk"], from_on=today, to_on=today, by=clerk)
    stands = office.actor(voter.user_id or 0)
    assert task in {row.task_id for row in inbox.page(db.session(), stands, "mine").rows}
    db.session.remove()
    office.complete(task, AGREE, stands)
    told = noted(office, "task-completed")[-1]
    assert (told["stands_for"], told["stands_for_name"]) == (clerk.user_id, clerk.name)
    assert row(office, task).completed_by == voter.user_id
    office.act(deputies.end, one, by=clerk)
    assert not office.actor(voter.user_id or 0).stands_for


def test_what_a_deputy_must_not_see_is_not_lent(office: Office) -> None:
    clerk, _, task = checked(office)
    voter, today = office.person("voter"), local_date(office.now)
    office.act(user_tasks.claim, task, by=clerk)
    office.act(deputies.appoint, voter.user_id, roles=["clerk"], from_on=today, to_on=today, by=clerk)
    office.act(related, voter.user_id, row(office, task).case_id)
    stands = office.actor(voter.user_id or 0)
    assert inbox.page(db.session(), stands, "mine").rows == ()
    db.session.remove()
    refused(office, NotFound, user_tasks.complete, task, by=stands)
    refused(office, NotFound, task_verbs.transfer, task, clerk.user_id, WHY, by=stands)


def related(work: UnitOfWork, person: int, case_id: int) -> None:
    """Declare the person as tied to the applicant."""
    case = work.session.get_one(Case, case_id)
    unit = work.session.get_one(Organisation, case.applicant_id)
    work.session.add(Relation(user_id=person, unit=unit.name, kind="family", declared_at=work.now))


def test_a_deputy_is_a_colleague_for_a_month_at_most(office: Office) -> None:
    clerk, other = office.person("clerk"), office.person("clerk", 2)
    today = local_date(office.now)
    day, month = timedelta(days=1), timedelta(days=30)
    good = {"roles": ["clerk"], "from_on": today, "to_on": today + month - day}
    wrong: list[tuple[int | None, dict[str, Any]]] = [
        (clerk.user_id, good),
        (office.person("lead").user_id, good),
        (other.user_id, good | {"roles": ["head"]}),
        (other.user_id, good | {"roles": []}),
        (other.user_id, good | {"to_on": today + month}),
        (other.user_id, good | {"from_on": today - day}),
    ]
    for person, given in wrong:
        with pytest.raises(InvalidInput):
            office.act(deputies.appoint, person, by=clerk, **given)
    office.act(deputies.appoint, other.user_id, by=clerk, **good)
    with pytest.raises(WrongState):
        office.act(deputies.appoint, office.person("clerk", 3).user_id, by=clerk, **good)


def test_what_is_lent_is_not_lent_on(office: Office) -> None:
    clerk, voter, head = office.person("clerk"), office.person("voter"), office.person("head")
    today = local_date(office.now)
    office.act(deputies.appoint, voter.user_id, roles=["clerk"], from_on=today, to_on=today, by=clerk)
    with pytest.raises(InvalidInput):
        office.act(
            deputies.appoint,
            head.user_id,
            roles=["clerk"],
            from_on=today,
            to_on=today,
            by=office.actor(voter.user_id or 0),
        )


def test_all_work_of_who_leaves_is_handed_over(office: Office) -> None:
    clerk, other, first = checked(office)
    _, _, second = checked(office)
    for task in (first, second):
        office.act(user_tasks.claim, task, by=clerk)
    keys = office.act(deputies.work_of, clerk.user_id, by=office.person("head"))
    assert set(keys) == {first, second}
    refused(office, NotAllowed, deputies.hand_over, first, clerk.user_id, other.user_id, "离职", by=other)
    results = batches.run(
        "hand-over", keys, clerk.user_id, other.user_id, "离职", actor=office.person("head"), now=office.now
    )
    assert all(one.done for one in results)
    assert {row(office, task).assignee_id for task in (first, second)} == {other.user_id}
    assert len(noted(office, "task-handed-over")) == 2
