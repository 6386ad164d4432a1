"""A form that is sent twice, too late, or after somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from service.store.submissions import Draft, Submission
from service.store.user_tasks import UserTask
from tests.bad_input.conftest import Desk, open_ids, state_of
from tests.support.page_form import filled
from tests.support.stage import Stage
from tests.support.telling import STARTING, Telling, problems

CONFIRM = "确认参加"


def test_the_same_request_gets_the_same_answer_and_is_done_once(desk: Desk) -> None:
    sent = desk.sent(desk.lead, desk.good)
    first = desk.lead.post(f"/tasks/{desk.task}", sent, desk.files)
    after = state_of(desk.stage)
    second = desk.lead.post(f"/tasks/{desk.task}", sent)
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.headers["Location"] == first.headers["Location"]
    assert state_of(desk.stage) == after
    assert len(desk.stage.rows(select(Submission.id))) == 1


def test_another_request_for_the_same_task_is_told_who_did_it_and_when(desk: Desk) -> None:
    first, second = desk.sent(desk.lead, desk.good), desk.sent(desk.lead, desk.good)
    assert desk.lead.post(f"/tasks/{desk.task}", first, desk.files).status_code == 303
    after = state_of(desk.stage)
    answer = desk.lead.post(f"/tasks/{desk.task}", second)
    assert answer.status_code == 409
    assert "示例·牵头单位" in problems(answer.text)
    assert "2026-03-02" in problems(answer.text) or "3月2日" in problems(answer.text)
    assert state_of(desk.stage) == after


def test_a_colleague_who_was_first_is_named_and_the_own_text_is_kept(desk: Desk) -> None:
    colleague = desk.colleague()
    late = desk.sent(colleague, [("core_name", "同事写的名称")])
    assert desk.lead.post(f"/tasks/{desk.task}", desk.sent(desk.lead, desk.good), desk.files).status_code == 303
    after = state_of(desk.stage)
    answer = colleague.post(f"/tasks/{desk.task}", late)
    assert answer.status_code == 409
    assert "示例·牵头单位" in problems(answer.text)
    assert "同事写的名称" in answer.text
    assert [data["core_name"] for data in desk.stage.rows(select(Draft.data))] == ["同事写的名称"]
    assert state_of(desk.stage) == after


def test_the_key_of_one_person_is_no_answer_for_another(desk: Desk) -> None:
    colleague = desk.colleague()
    sent = desk.sent(desk.lead, desk.good)
    assert desk.lead.post(f"/tasks/{desk.task}", sent, desk.files).status_code == 303
    after = state_of(desk.stage)
    stolen = [pair for pair in sent if pair[0] != "csrf_token"]
    assert colleague.post(f"/tasks/{desk.task}", stolen).status_code == 409
    assert state_of(desk.stage) == after


def test_the_key_of_one_task_completes_no_other(desk: Desk) -> None:
    sent = desk.sent(desk.lead, desk.good)
    assert desk.lead.post(f"/tasks/{desk.task}", sent, desk.files).status_code == 303
    desk.telling.start("consortium-recognition", "lead")
    other = max(open_ids(desk.stage, STARTING))
    desk.telling.written(other, desk.lead, STARTING)
    before = state_of(desk.stage)
    again = desk.sent(desk.lead, desk.good, other)
    key = next(value for name, value in sent if name == "_key")
    answer = desk.lead.post(f"/tasks/{other}", filled(again, [("_key", key)]), desk.files)
    assert state_of(desk.stage) == before
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("early", "status"), [(timedelta(seconds=1), 303), (timedelta(), 422), (-timedelta(days=3), 422)]
)
def test_the_end_of_the_period_decides_not_the_clocks_tick(
    telling: Telling, stage: Stage, early: timedelta, status: int
) -> None:
    telling.play_until(STARTING, done=True)
    task, person = telling.turns(CONFIRM, "member")[0]
    pairs, files, form = telling.written(task, person, CONFIRM)
    due = stage.rows(select(UserTask.due_at).where(UserTask.id == task))[0]
    stage.now = due - early
    before = state_of(stage)
    answer = person.submit(task, pairs, files, form=form)
    assert answer.status_code == status
    if status == 422:
        assert "没有收下这次提交" in problems(answer.text)
        assert "2026" in problems(answer.text) or "3月" in problems(answer.text)
        assert state_of(stage) == before
        assert stage.rows(select(Draft.data).where(Draft.task_id == task))[0]["confirmer_name"] == "示例确认人"


def test_an_act_after_the_clock_has_ended_the_task_is_refused(telling: Telling, stage: Stage) -> None:
    telling.play_until(STARTING, done=True)
    task, person = telling.turns(CONFIRM, "member")[0]
    pairs, files, form = telling.written(task, person, CONFIRM)
    stage.pass_until(stage.due_of("member-confirmation"))
    before = state_of(stage)
    answer = person.submit(task, pairs, files, form=form)
    assert answer.status_code == 409
    assert "系统" in problems(answer.text)
    assert state_of(stage) == before
