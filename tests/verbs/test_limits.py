"""What nobody may do by a verb: out of a conflict, without the role, unseen, or twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select, update

from service.commands import accounts, case_verbs, deputies, signing, task_verbs, user_tasks
from service.domain import access
from service.domain.access import CaseFacts, TaskFacts
from service.domain.errors import NotAllowed, NotFound
from service.domain.identity import Actor
from service.domain.identity import Grant as Held
from service.domain.verbs import Hindered
from service.store.access import may_see
from service.store.cases import Case
from service.store.session import db
from service.store.submissions import Draft
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import UserTask
from service.store.users import Grant
from tests.support.office import Office
from tests.verbs.conftest import BEGIN
from tests.verbs.test_task_verbs import AGREE, WHY, at, checked, decision, forked, noted, refused, related, row


def seen(office: Office, actor: Actor, case_id: int) -> bool:
    """Whether the case exists for the person."""
    with office.app.app_context():
        return may_see(db.session(), actor, case_id)


# ---- conflicts


def test_who_is_asked_and_then_tied_does_not_sign(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(signing.add_signer, task, other.user_id, "before", WHY, by=clerk)
    office.act(related, other.user_id, row(office, task).case_id)
    tied = office.actor(other.user_id or 0)
    refused(office, NotFound, signing.sign, task, True, "同意", by=tied)
    refused(office, Hindered, user_tasks.complete, task, by=clerk, match="没有签署")


def test_a_head_who_is_tied_hands_no_task_on(office: Office) -> None:
    clerk, other, task = checked(office)
    head = office.person("head")
    office.act(user_tasks.claim, task, by=clerk)
    office.act(related, head.user_id, row(office, task).case_id)
    tied = office.actor(head.user_id or 0)
    refused(office, NotFound, deputies.hand_over, task, clerk.user_id, other.user_id, "离职", by=tied)
    assert row(office, task).assignee_id == clerk.user_id


def test_a_hand_over_does_not_tell_a_stranger_what_there_is(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(user_tasks.claim, task, by=clerk)
    lead, voter = office.person("lead"), office.person("voter")
    refused(office, NotFound, deputies.hand_over, task, clerk.user_id, other.user_id, "离职", by=voter)
    refused(office, NotAllowed, deputies.hand_over, task, clerk.user_id, other.user_id, "离职", by=lead)


# ---- drafts of a unit


@pytest.mark.parametrize("verb", [case_verbs.suspend, case_verbs.resume, case_verbs.cancel])
def test_the_office_ends_no_draft_it_may_not_know_of(office: Office, verb: Any) -> None:
    case_id = office.start("matter")
    for somebody in (office.person("clerk"), office.person("head"), house(office)):
        assert not seen(office, somebody, case_id)
        with pytest.raises((NotFound, NotAllowed)):
            office.act(verb, case_id, WHY, by=somebody)
    refused(office, NotFound, verb, case_id, WHY, by=office.person("clerk"))
    (case,) = office.rows(select(Case).where(Case.id == case_id))
    assert (case.ended_at, case.suspended_at) == (None, None)


def test_an_administrator_who_is_also_a_clerk_ends_no_draft(office: Office) -> None:
    case_id, clerk = office.start("matter"), office.person("clerk", 2)
    office.act(give, clerk, "administrator")
    refused(office, NotAllowed, case_verbs.cancel, case_id, WHY, by=office.actor(clerk.user_id or 0))


def test_who_keeps_the_service_running_ends_no_case(office: Office) -> None:
    _, _, task = checked(office)
    refused(office, NotAllowed, case_verbs.cancel, row(office, task).case_id, WHY, by=house(office))


def house(office: Office) -> Actor:
    """An administrator of the authority, and nothing else."""
    other = office.person("clerk", 5)
    office.act(give, other, "administrator", alone=True)
    return office.actor(other.user_id or 0)


def give(work: UnitOfWork, person: Actor, role: str, *, alone: bool = False) -> None:
    (place,) = {grant.organisation_id for grant in person.roles}
    if alone:
        work.session.execute(delete(Grant).where(Grant.user_id == person.user_id))
    work.session.add(Grant(user_id=person.user_id, role=role, organisation_id=place))


# ---- what nobody has thought of


@pytest.mark.parametrize("about", [CaseFacts(), TaskFacts(CaseFacts(), frozenset())], ids=["case", "task"])
def test_an_act_without_a_rule_is_not_allowed(about: Any) -> None:
    person = Actor(7, "王敏", 5, frozenset({Held("clerk", 5, "/5/")}))
    known = access.TASK_RULES if isinstance(about, TaskFacts) else access.CASE_RULES
    other = access.CASE_RULES if isinstance(about, TaskFacts) else access.TASK_RULES
    unknown: list[Any] = ["burn-case", "", *other.keys() - known.keys()]
    for action in unknown:
        with pytest.raises(KeyError):
            access.may(person, action, about, BEGIN)


# ---- a hand-over


def lent(office: Office) -> tuple[Actor, Actor, Actor, int]:
    """The owner and the delegate of a check, and the head."""
    clerk, other, task = checked(office)
    office.act(task_verbs.delegate, task, other.user_id, WHY, by=clerk)
    return clerk, other, office.person("head"), task


def hands(office: Office, task: int) -> tuple[int | None, int | None]:
    """Who owns the task, and who has it."""
    found = row(office, task)
    return found.owner_id, found.assignee_id


def test_what_an_owner_leaves_to_the_groups_is_nobodys(office: Office) -> None:
    clerk, other, head, task = lent(office)
    office.act(deputies.hand_over, task, clerk.user_id, None, "离职", by=head)
    assert hands(office, task) == (None, None)
    office.act(user_tasks.claim, task, by=other)


def test_what_a_delegate_leaves_goes_back_to_its_owner(office: Office) -> None:
    clerk, other, head, task = lent(office)
    office.act(user_tasks.save_draft, task, [("agree", "agree"), ("note", "代拟")], 0, by=other)
    office.act(deputies.hand_over, task, other.user_id, None, "离职", by=head)
    assert hands(office, task) == (None, clerk.user_id)
    assert drafts(office, task)[clerk.user_id or 0] == "代拟"
    office.complete(task, AGREE, clerk)


@pytest.mark.parametrize("leaver", ["owner", "delegate"])
def test_who_has_both_ends_of_a_delegation_has_the_task(office: Office, leaver: str) -> None:
    clerk, other, head, task = lent(office)
    gone, stays = (clerk, other) if leaver == "owner" else (other, clerk)
    office.act(deputies.hand_over, task, gone.user_id, stays.user_id, "离职", by=head)
    assert hands(office, task) == (None, stays.user_id)
    office.complete(task, AGREE, stays)


def test_a_hand_over_takes_the_draft_along(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(user_tasks.claim, task, by=clerk)
    office.act(user_tasks.save_draft, task, [("agree", "agree"), ("note", "写到一半")], 0, by=clerk)
    office.act(deputies.hand_over, task, clerk.user_id, other.user_id, "离职", by=office.person("head"))
    assert drafts(office, task)[other.user_id or 0] == "写到一半"


def drafts(office: Office, task: int) -> dict[int, str]:
    """What each has entered as a note."""
    return {one.user_id: one.data.get("note", "") for one in office.rows(select(Draft).where(Draft.task_id == task))}


# ---- a role that was taken back


def dismissed(office: Office, person: Actor) -> Actor:
    """The person, from whom every role was taken back."""
    for grant in office.rows(select(Grant.id).where(Grant.user_id == person.user_id)):
        office.act(accounts.take_back, grant)
    return office.actor(person.user_id or 0)


def test_who_lost_the_role_only_gives_the_task_back(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(user_tasks.claim, task, by=clerk)
    gone = dismissed(office, clerk)
    with pytest.raises(NotAllowed):
        office.complete(task, AGREE, gone)
    refused(office, NotAllowed, task_verbs.transfer, task, other.user_id, WHY, by=gone, match="没有这项任务的角色")
    office.act(user_tasks.release, task, by=gone)
    office.complete(task, AGREE, other)


def test_who_lost_the_role_does_not_sign(office: Office) -> None:
    clerk, other, task = checked(office)
    office.act(signing.add_signer, task, other.user_id, "before", WHY, by=clerk)
    refused(office, NotAllowed, signing.sign, task, True, "同意", by=dismissed(office, other))


# ---- one person, one vote


def test_nobody_has_two_votes_in_a_round(office: Office) -> None:
    forked(office)
    one, two = office.person("voter"), office.person("voter", 2)
    first, second, third = (task.id for task in office.open_tasks("countersign"))
    office.complete(first, AGREE, one)
    refused(office, NotAllowed, user_tasks.claim, second, by=one, match="只投一票")
    with pytest.raises(NotAllowed):
        office.complete(second, AGREE, one)
    office.act(user_tasks.claim, second, by=two)
    refused(office, NotAllowed, task_verbs.transfer, second, one.user_id, WHY, by=two, match="只投一票")
    office.complete(second, AGREE, two)
    office.complete(third, AGREE, office.person("voter", 3))


def test_a_vote_that_waits_for_a_signature_is_a_vote(office: Office) -> None:
    forked(office)
    one, two = office.person("voter"), office.person("voter", 2)
    first, second, _ = (task.id for task in office.open_tasks("countersign"))
    office.act(signing.add_signer, first, two.user_id, "after", WHY, by=one)
    office.complete(first, AGREE, one)
    refused(office, NotAllowed, user_tasks.claim, second, by=one, match="只投一票")


def test_a_round_that_is_walked_again_is_voted_on_again(office: Office) -> None:
    clerk, _, _ = forked(office)
    voter = office.person("voter")
    office.complete(at(office, "countersign"), AGREE, voter)
    office.act(task_verbs.send_back, at(office, "recheck"), "check", "walk", "材料不全", by=clerk)
    office.complete(at(office, "check"), AGREE, clerk)
    office.complete(at(office, "countersign"), AGREE, voter)
    refused(office, NotAllowed, user_tasks.claim, at(office, "countersign"), by=voter, match="只投一票")


# ---- what a supervisor does as somebody of the group


def test_a_head_who_prepared_does_not_send_back_either(office: Office) -> None:
    task = decision(office)
    head = office.person("head")
    office.act(give, head, "clerk")
    office.act(reviewed_by, row(office, task).case_id, head.user_id)
    both = office.actor(head.user_id or 0)
    refused(office, NotAllowed, user_tasks.complete, task, by=both, match="另一角色")
    refused(office, NotAllowed, task_verbs.send_back, task, "second", "walk", WHY, by=both, match="另一角色")
    office.act(task_verbs.transfer, task, office.person("head", 2).user_id, WHY, by=both)


def reviewed_by(work: UnitOfWork, case_id: int, person: int) -> None:
    """The checks of the case were this person's."""
    checks = UserTask.element.in_(["check", "recheck", "second"])
    work.session.execute(update(UserTask).where(UserTask.case_id == case_id, checks).values(completed_by=person))


# ---- reading afterwards


def test_who_completed_sends_a_copy(office: Office) -> None:
    clerk, other, task = forked(office)
    voter = office.person("voter")
    office.act(task_verbs.copy, task, voter.user_id, "请阅", by=clerk)
    assert noted(office, "copy-sent")[-1]["to_id"] == voter.user_id
    refused(office, NotAllowed, task_verbs.copy, task, other.user_id, by=voter)
    refused(office, NotAllowed, task_verbs.copy, task, office.person("lead").user_id, by=clerk)


# ---- the second hand


def test_who_signed_a_check_does_not_vote_on_it(office: Office) -> None:
    clerk, _, task = checked(office)
    voter = office.person("voter")
    office.act(signing.add_signer, task, voter.user_id, "before", WHY, by=clerk)
    office.act(signing.sign, task, True, "同意", by=voter)
    office.complete(task, AGREE, clerk)
    refused(office, NotAllowed, user_tasks.claim, at(office, "countersign"), by=voter, match="另一角色")


@pytest.mark.parametrize("back", ["delegate", "owner", "head"])
def test_who_filled_in_for_another_acted_too(office: Office, back: str) -> None:
    clerk, _, task = checked(office)
    voter, head = office.person("voter"), office.person("head")
    office.act(task_verbs.delegate, task, voter.user_id, WHY, by=clerk)
    office.act(user_tasks.save_draft, task, [("agree", "agree"), ("note", "代拟")], 0, by=voter)
    if back == "head":
        office.act(deputies.hand_over, task, voter.user_id, None, "离职", by=head)
    else:
        office.act(task_verbs.hand_back, task, by=voter if back == "delegate" else clerk)
    office.complete(task, AGREE, clerk)
    vote = at(office, "countersign")
    refused(office, NotAllowed, user_tasks.claim, vote, by=voter, match="另一角色")
    office.act(user_tasks.claim, vote, by=office.person("voter", 2))


def test_who_was_asked_and_entered_nothing_has_not_acted(office: Office) -> None:
    clerk, _, task = checked(office)
    voter = office.person("voter")
    office.act(task_verbs.delegate, task, voter.user_id, WHY, by=clerk)
    office.act(task_verbs.hand_back, task, by=clerk)
    office.complete(task, AGREE, clerk)
    office.act(user_tasks.claim, at(office, "countersign"), by=voter)
