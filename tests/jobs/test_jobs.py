"""A job keeps its token waiting until a program outside has answered: leased, reclaimed, retried, caught."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from service.clock import jobs as clock
from service.commands import case_verbs, cases, incidents, jobs
from service.commands.advance import CaseSuspended
from service.commands.jobs import ActivatedJob
from service.domain.errors import InvalidInput, NotFound, WrongState
from service.domain.identity import CLOCK
from service.store.cases import Case
from service.store.incidents import Incident
from service.store.jobs import Job
from service.store.session import db
from service.store.unit_of_work import transact
from service.store.user_tasks import UserTask
from tests.jobs.conftest import AT, PROGRAMME, actor
from tests.support.races import race, winners

MINUTE = timedelta(minutes=1)


def start(amount: Any = 1500) -> int:
    return int(
        transact(cases.start, PROGRAMME, "outside-check", variables={"amount": amount}, actor=actor("office"), now=AT)
    )


def take(
    who: str = "credit", now: datetime = AT, *, kind: str = "credit-check", most: int = 10
) -> tuple[ActivatedJob, ...]:
    return transact(jobs.activate, kind, worker="w1", lease=5 * MINUTE, most=most, actor=actor(who), now=now)


def do(command: Any, *args: Any, by: str = "credit", now: datetime = AT, **given: Any) -> Any:
    return transact(command, *args, actor=actor(by), now=now, **given)


def one(table: Any) -> Any:
    db.session.remove()
    return db.session.query(table).order_by(table.id.desc()).first()


def test_a_job_carries_what_is_mapped_and_its_result_moves_the_case(outside: Flask) -> None:
    start()
    (job,) = take()
    assert (job.type, job.element, job.retries, job.worker) == ("credit-check", "check", 2, "w1")
    assert job.inputs == {"grade_asked": "large"}
    assert job.headers == {"register": "national"}
    assert job.until_at == AT + 5 * MINUTE
    do(jobs.complete, job.job_id, {"verdict": "clean", "more": 1})
    task = one(UserTask)
    assert (task.element, task.inputs) == ("confirm", {"verdict_shown": "clean"})
    assert one(Job).state == "completed"
    with pytest.raises(WrongState):
        do(jobs.complete, job.job_id, {})


def test_a_leased_job_is_nobody_elses_until_its_lease_ends(outside: Flask) -> None:
    start()
    assert len(take()) == 1
    assert take() == ()
    assert take(now=AT + 5 * MINUTE - timedelta(seconds=1)) == ()
    (again,) = take(now=AT + 5 * MINUTE)
    assert again.retries == 2  # a lease that ran out is not a failure of the work
    do(jobs.change, again.job_id, lease=20 * MINUTE, now=AT + 6 * MINUTE)
    assert take(now=AT + 25 * MINUTE) == ()
    assert len(take(now=AT + 26 * MINUTE)) == 1


def test_only_the_worker_of_the_cases_authority_gets_it(outside: Flask) -> None:
    start()
    for login in ("office", "credit-elsewhere", "designer", "admin"):
        assert take(login) == ()
    assert take(kind="notify") == ()
    (job,) = take()
    for login in ("office", "credit-elsewhere", "admin"):
        for command, given in (
            (jobs.complete, {"variables": {}}),
            (jobs.fail, {"retries": 0, "message": "", "back_off": timedelta()}),
            (jobs.throw, {"code": "NOT_LISTED", "message": ""}),
            (jobs.change, {"retries": 5}),
        ):
            with pytest.raises(NotFound):
                do(command, job.job_id, by=login, **given)


def test_a_failure_waits_its_back_off_and_the_last_one_is_an_incident(outside: Flask) -> None:
    start()
    (job,) = take()
    do(jobs.fail, job.job_id, retries=1, message="名录连不上", back_off=MINUTE)
    assert take(now=AT + timedelta(seconds=59)) == ()
    (again,) = take(now=AT + MINUTE)
    assert again.retries == 1
    do(jobs.fail, again.job_id, retries=0, message="还是连不上", back_off=timedelta(), now=AT + MINUTE)
    incident = one(Incident)
    assert (incident.code, incident.state, incident.next_try_at) == ("job-no-retries", "open", None)
    assert "还是连不上" in incident.zh
    assert take(now=AT + timedelta(hours=1)) == ()
    clock.retry_incidents(AT + timedelta(hours=1))
    assert one(Incident).state == "open"


def test_a_resolved_incident_hands_the_job_out_again(outside: Flask) -> None:
    start()
    (job,) = take()
    do(jobs.fail, job.job_id, retries=0, message="", back_off=timedelta())
    do(jobs.change, job.job_id, retries=7)
    incident = one(Incident)
    assert transact(incidents.retry, incident.id, actor=CLOCK, now=AT + MINUTE) is True
    (again,) = take(now=AT + MINUTE)
    assert (again.job_id, again.retries) == (job.job_id, 7)
    do(jobs.complete, again.job_id, {"verdict": "clean"}, now=AT + MINUTE)
    assert one(UserTask).element == "confirm"
    assert one(Incident).state == "resolved"


def test_an_error_goes_where_the_diagram_catches_it(outside: Flask) -> None:
    case_id = start()
    (job,) = take()
    do(jobs.throw, job.job_id, code="NOT_LISTED", message="查无此单位")
    db.session.remove()
    case = db.session.get_one(Case, case_id)
    assert case.outcome == "not_accepted"
    assert one(Job).state == "thrown"


def test_an_error_that_nothing_catches_is_an_incident_for_a_person(outside: Flask) -> None:
    start()
    (job,) = take()
    do(jobs.throw, job.job_id, code="SOMETHING_ELSE", message="")
    incident = one(Incident)
    assert (incident.code, incident.next_try_at) == ("uncaught-error", None)


def test_the_job_of_a_suspended_case_waits_until_it_is_resumed(outside: Flask) -> None:
    case_id = start()
    (job,) = take()
    do(case_verbs.suspend, case_id, "等待上级答复", by="office")
    assert take(now=AT + 5 * MINUTE) == ()
    with pytest.raises(WrongState):
        do(jobs.complete, job.job_id, {"verdict": "clean"})
    do(case_verbs.resume, case_id, "已经答复", by="office", now=AT + 6 * MINUTE)
    assert len(take(now=AT + 6 * MINUTE)) == 1


def test_the_incident_of_a_suspended_case_is_not_tried_until_it_is_resumed(outside: Flask) -> None:
    case_id = start()
    (job,) = take()
    do(jobs.fail, job.job_id, retries=0, message="", back_off=timedelta())
    incident = one(Incident).id
    do(case_verbs.suspend, case_id, "等待上级答复", by="office")
    with pytest.raises(CaseSuspended):
        do(incidents.retry, incident, by="admin", now=AT + MINUTE)
    assert transact(incidents.retry, incident, actor=CLOCK, now=AT + MINUTE) is False
    do(case_verbs.resume, case_id, "已经答复", by="office", now=AT + 6 * MINUTE)
    assert do(incidents.retry, incident, by="admin", now=AT + 6 * MINUTE) is True


def test_a_case_that_is_ended_takes_its_job_along(outside: Flask) -> None:
    case_id = start()
    (job,) = take()
    do(case_verbs.cancel, case_id, "单位已注销", by="office")
    assert one(Job).state == "cancelled"
    with pytest.raises(WrongState):
        do(jobs.complete, job.job_id, {"verdict": "clean"})
    assert take(now=AT + timedelta(hours=1)) == ()


@pytest.mark.parametrize(
    ("command", "given", "field"),
    [
        (jobs.fail, {"retries": -1, "message": "", "back_off": timedelta()}, "retries"),
        (jobs.fail, {"retries": 101, "message": "", "back_off": timedelta()}, "retries"),
        (jobs.fail, {"retries": 1, "message": "", "back_off": timedelta(days=8)}, "retryBackOff"),
        (jobs.fail, {"retries": 1, "message": "", "back_off": -MINUTE}, "retryBackOff"),
        (jobs.change, {"retries": 0}, "retries"),
        (jobs.change, {"lease": timedelta(hours=25)}, "timeout"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_its_field(
    outside: Flask, command: Any, given: dict[str, Any], field: str
) -> None:
    start()
    (job,) = take()
    with pytest.raises(InvalidInput) as refused:
        do(command, job.job_id, **given)
    assert refused.value.details["field"] == field


def test_a_variable_the_procedure_does_not_take_is_refused(outside: Flask) -> None:
    given = {"variables": {"amount": 1, "verdict": "clean"}, "actor": actor("office"), "now": AT}
    with pytest.raises(InvalidInput) as refused:
        transact(cases.start, PROGRAMME, "outside-check", **given)
    assert refused.value.details["field"] == "variables.verdict"
    assert db.session.query(Case).count() == 0


def test_four_workers_at_once_never_get_the_same_job(outside: Flask) -> None:
    for _ in range(6):
        start()
    who = actor("credit")
    given = {"worker": "w", "lease": 5 * MINUTE, "most": 2, "actor": who, "now": AT}
    taken = race(outside, [lambda: transact(jobs.activate, "credit-check", **given)] * 4)
    assert winners(taken) == taken
    handed = [job.job_id for batch in taken for job in batch]
    assert len(handed) == len(set(handed))
    assert len(handed) >= 2
