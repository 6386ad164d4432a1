"""Messages, signals and timers that begin cases and move cases that wait for them, down to the rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.commands import case_verbs, correlation, deployments, signals
from service.commands.advance import CaseSuspended
from service.commands.correlation import Correlated, Publication
from service.domain.errors import DeploymentRefused, InvalidInput, WrongState
from service.domain.identity import SYSTEM
from service.programmes.check import check_programme
from service.queries import due
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.instances import Instance
from service.store.kept_messages import KeptMessage
from service.store.organisations import Organisation
from service.store.outbox import OutboxEntry
from service.store.session import db
from service.store.start_events import StartEventRow
from service.store.subscriptions import Subscription
from service.store.user_tasks import UserTask
from service.store.users import User
from tests.engine.sketch import Lines
from tests.events.conftest import ASKING, DUTY, KEY, MANIFEST, START, files
from tests.support.invariants import check
from tests.support.office import Office

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def publish(office: Office, name: str, key: str | None = None, **more: Any) -> Correlated:
    authority, by = more.pop("authority", None), more.pop("by", SYSTEM)
    message = Publication(name, key, **more)
    given: Correlated = office.act(correlation.correlate, message, by=by, authority_id=authority)
    return given


def ask(office: Office, no: str, target: str = "0") -> int:
    """A case that waits for the answer with this number, and for the end of the year."""
    (case_id,) = publish(office, "ask", no, variables={"no": no, "target": target}).begun
    return case_id


def opened(office: Office, case_id: int | None = None) -> list[str]:
    return sorted(task.element for task in office.open_tasks(case_id=case_id))


def complete(office: Office, element: str, case_id: int) -> None:
    office.complete(office.open_task(element, case_id).id, {"note": "已办"}, office.person("office"))


def waits(office: Office, case_id: int) -> list[tuple[str, str, str | None]]:
    instance = select(Instance.id).where(Instance.case_id == case_id).scalar_subquery()
    rows: list[Subscription] = office.rows(
        select(Subscription).where(Subscription.instance_id == instance).order_by(Subscription.kind)
    )
    return [(row.kind, row.name, row.key) for row in rows]


def test_a_message_begins_a_case_with_its_payload(events: Office) -> None:
    case_id = ask(events, "42")
    assert opened(events, case_id) == ["c"]
    assert waits(events, case_id) == [("message", "answered", "42"), ("signal", "year-end", None)]


def test_a_message_finds_the_case_that_waits_for_its_key(events: Office) -> None:
    one, other = ask(events, "1"), ask(events, "2")
    assert publish(events, "answered", "2").moved == (other,)
    assert (opened(events, one), opened(events, other)) == (["c"], ["a", "c"])
    assert waits(events, other) == [("signal", "year-end", None)]
    assert publish(events, "answered", "2") == Correlated((), (), None)


def test_of_several_that_wait_for_one_key_the_oldest_takes_it(events: Office) -> None:
    first = ask(events, "1")
    second = publish(events, "ask", None, variables={"no": "1"}).begun[0]
    assert publish(events, "answered", "1").moved == (first,)
    assert publish(events, "answered", "1").moved == (second,)


def test_a_message_with_a_key_begins_no_second_case_while_the_first_is_running(events: Office) -> None:
    first = ask(events, "1")
    assert publish(events, "ask", "1").begun == ()
    assert publish(events, "ask", "2", variables={"no": "2"}).begun != ()
    assert len(publish(events, "filed", "9").begun) == 1
    assert publish(events, "filed", "9").begun == ()
    end(events, first)
    assert len(publish(events, "ask", "1", variables={"no": "1"}).begun) == 1


def end(office: Office, case_id: int) -> None:
    """Let everything that the case waits for come."""
    office.act(signals.spread, "year-end", authority_id=None)
    office.tick()
    number = next((key for kind, _, key in waits(office, case_id) if kind == "message"), None)
    if number:
        publish(office, "answered", number)
    while tasks := office.open_tasks(case_id=case_id):
        complete(office, tasks[0].element, case_id)


def test_a_kept_message_waits_for_whoever_comes_and_is_taken_once(events: Office) -> None:
    kept = publish(events, "answered", "5", kept_for=2 * HOUR, variables={"mark": 1})
    assert kept.kept is not None
    case_id = ask(events, "5")
    assert opened(events, case_id) == ["c"]
    events.tick(START + HOUR)
    assert opened(events, case_id) == ["a", "c"]
    later = publish(events, "ask", None, variables={"no": "5"}).begun[0]
    events.tick(START + HOUR)
    assert opened(events, later) == ["c"], "one process takes a message once"


def test_a_kept_message_is_forgotten_when_its_time_is_over(events: Office) -> None:
    publish(events, "answered", "5", kept_for=HOUR)
    case_id = ask(events, "5")
    events.tick(START + HOUR)
    assert opened(events, case_id) == ["c"]
    assert events.count(KeptMessage) == 0


def test_a_kept_message_begins_the_next_case_when_the_first_has_ended(events: Office) -> None:
    first = ask(events, "1")
    assert publish(events, "ask", "1", kept_for=DAY, variables={"no": "x"}).begun == ()
    events.tick()
    assert events.count(Case, Case.procedure == "asking") == 1
    end(events, first)
    events.tick()
    assert events.count(Case, Case.procedure == "asking") == 2


def test_a_message_id_makes_it_one_message_while_it_is_kept(events: Office) -> None:
    publish(events, "answered", "5", kept_for=HOUR, message_id="a")
    with pytest.raises(WrongState, match="published already"):
        publish(events, "answered", "5", kept_for=HOUR, message_id="a")
    publish(events, "answered", "6", kept_for=HOUR, message_id="a")
    publish(events, "answered", "5", kept_for=HOUR, message_id="b")
    events.now += HOUR
    publish(events, "answered", "5", kept_for=HOUR, message_id="a")


def test_a_message_id_belongs_to_its_authority(events: Office) -> None:
    mine, foreign = (
        events.rows(select(Organisation.id).where(Organisation.code == code))[0]
        for code in ("sample-authority", "county")
    )
    for authority in (None, mine, foreign):
        publish(events, "answered", None, kept_for=HOUR, message_id="a", authority=authority)
        with pytest.raises(WrongState, match="published already"):
            publish(events, "answered", None, kept_for=HOUR, message_id="a", authority=authority)


def test_what_everybody_has_taken_is_not_tried_again(events: Office) -> None:
    kept = publish(events, "answered", "5", kept_for=DAY).kept
    ask(events, "5")
    assert due.kept_messages(db.session(), events.now) == [kept]
    events.tick(START + HOUR)
    publish(events, "ask", None, variables={"no": "5"})
    assert due.kept_messages(db.session(), events.now) == [], "a second case of the process waits for another message"
    assert publish(events, "filed", kept_for=DAY).begun != ()
    assert due.kept_messages(db.session(), events.now) == []


@pytest.mark.parametrize(
    "wrong",
    [
        Publication(" "),
        Publication("n" * 201),
        Publication("n", "k" * 201),
        Publication("n", message_id="m" * 201),
        Publication("n", kept_for=timedelta(days=31)),
        Publication("n", kept_for=timedelta(seconds=-1)),
    ],
    ids=["no name", "long name", "long key", "long id", "kept too long", "kept backwards"],
)
def test_a_message_that_is_wrong_is_refused_with_its_limit(events: Office, wrong: Publication) -> None:
    with pytest.raises(InvalidInput):
        events.act(correlation.correlate, wrong)


def test_a_message_stays_within_its_authority(events: Office) -> None:
    case_id = ask(events, "1")
    (mine,) = events.rows(select(Case.authority_id).where(Case.id == case_id))
    (foreign,) = events.rows(select(Organisation.id).where(Organisation.code == "county"))
    assert publish(events, "answered", "1", authority=foreign) == Correlated((), (), None)
    assert publish(events, "filed", authority=foreign).begun == ()
    assert publish(events, "answered", "1", authority=mine).moved == (case_id,)
    assert len(publish(events, "filed", authority=mine).begun) == 1


def test_a_case_tells_another_by_message_after_its_commit(events: Office) -> None:
    other = ask(events, "99")
    one = ask(events, "1", target="99")
    complete(events, "c", one)
    assert opened(events, other) == ["c"]
    events.tick()
    assert "a" in opened(events, other)


WHY = "等上级答复"


def test_nothing_reaches_a_suspended_case_until_it_goes_on_and_nothing_is_lost(events: Office) -> None:
    office, case_id = events.person("office"), ask(events, "1")
    sender = ask(events, "2", target="1")
    events.act(case_verbs.suspend, case_id, WHY, by=office)
    with pytest.raises(CaseSuspended):
        publish(events, "answered", "1")
    publish(events, "answered", "1", kept_for=DAY)
    events.act(signals.spread, "year-end", authority_id=None)
    events.tick(START + HOUR)
    assert opened(events, case_id) == ["c"]
    assert opened(events, sender) == ["b", "c"], "the others are told at once"
    assert events.count(OutboxEntry, OutboxEntry.state == "pending") == 1
    events.act(case_verbs.resume, case_id, WHY, by=office)
    events.tick(START + HOUR + timedelta(minutes=15))
    assert opened(events, case_id) == ["a", "b", "c"]


def test_what_waits_for_a_suspended_case_waits_longer_than_a_letter_would(events: Office) -> None:
    office, case_id = events.person("office"), ask(events, "1")
    events.act(case_verbs.suspend, case_id, WHY, by=office)
    events.act(signals.spread, "year-end", authority_id=None)
    for day in range(6):
        events.tick(START + day * DAY)
    assert opened(events, case_id) == ["c"]
    events.act(case_verbs.resume, case_id, WHY, by=office)
    events.tick(START + 6 * DAY)
    assert opened(events, case_id) == ["b", "c"]


def test_what_ends_a_suspended_case_passes(events: Office) -> None:
    office, case_id = events.person("office"), ask(events, "1")
    events.act(case_verbs.suspend, case_id, WHY, by=office)
    events.act(case_verbs.cancel, case_id, WHY, by=office)
    assert events.rows(select(Instance.ended).where(Instance.case_id == case_id)) == [True]


def test_the_message_of_an_account_that_was_closed_is_dropped_and_noted(events: Office) -> None:
    office = events.person("office")
    publish(events, "answered", "5", kept_for=DAY, by=office)
    case_id = ask(events, "5")
    events.act(lambda work: setattr(work.session.get_one(User, office.user_id), "active", False))
    events.tick(START + HOUR)
    assert opened(events, case_id) == ["c"]
    assert events.count(KeptMessage) == 0
    (entry,) = events.rows(select(AuditEntry).where(AuditEntry.action == "message-dropped"))
    assert entry.details == {"name": "answered", "published_by": office.user_id}


def test_a_signal_reaches_every_case_that_waits_and_begins_others(events: Office) -> None:
    others = [ask(events, "1"), ask(events, "2")]
    thrower = ask(events, "3")
    complete(events, "c", thrower)
    assert opened(events, thrower) == ["b"], "the thrower's own catch event hears it at once"
    events.tick()
    assert [opened(events, case_id) for case_id in others] == [["b", "c"], ["b", "c"]]
    assert opened(events, thrower) == ["b"], "and only once"
    assert events.count(UserTask, UserTask.element == "u") == 1
    events.tick()
    assert events.count(UserTask, UserTask.element == "u") == 1
    assert check().breaches == {}


def test_a_start_timer_begins_a_case_at_each_of_its_times(events: Office) -> None:
    assert timer(events).due_at == START + DAY
    events.tick(START + DAY - HOUR)
    assert events.count(Case) == 0
    events.tick(START + DAY)
    events.tick(START + DAY)
    assert (events.count(Case), opened(events)) == (1, ["u"])
    events.tick(START + 9 * DAY)
    assert events.count(Case) == 2, "what was missed is made up for by one case"
    assert timer(events).due_at is None, "R3: the third time was missed too"


def timer(office: Office) -> StartEventRow:
    (row,) = office.rows(select(StartEventRow).where(StartEventRow.kind == "timer"))
    return row


def test_a_newer_version_takes_the_start_events_over(events: Office) -> None:
    fewer = [line for line in DUTY if "timer" not in str(line)]
    later: Lines = ["start m2 | message filed-anew", "m2 > u", *(str(x).replace("t > u", "") for x in fewer if x)]
    lines: Lines = [line for line in later if line]
    lines[-1] = "g > u"
    events.act(deployments.publish, files(duty=lines), KEY)
    rows = events.rows(select(StartEventRow).order_by(StartEventRow.element))
    assert [(row.element, row.name) for row in rows] == [
        ("am", "ask"),
        ("g", "year-end"),
        ("m", "filed"),
        ("m2", "filed-anew"),
    ]
    events.tick(START + 9 * DAY)
    assert events.count(Case) == 0


def test_a_programme_that_is_not_in_force_begins_nothing_and_that_is_noted(events: Office) -> None:
    events.act(deployments.publish, files(manifest=MANIFEST.replace("in-force", "expired")), KEY)
    events.tick(START + DAY)
    assert events.count(Case) == 0
    assert events.count(AuditEntry, AuditEntry.action == "start-refused") == 1
    assert timer(events).due_at == START + 2 * DAY


def test_a_start_that_is_refused_keeps_the_message_from_nobody_else(events: Office) -> None:
    asking = [line.replace("message answered", "message filed") for line in ASKING if isinstance(line, str)]
    applied = MANIFEST.replace('name = "值班"\nsubject = "none"', 'name = "值班"')
    events.act(deployments.publish, files(asking=[*asking], manifest=applied), KEY)
    case_id = ask(events, "1")
    assert publish(events, "filed", "1") == Correlated((case_id,), (), None)
    (entry,) = events.rows(select(AuditEntry).where(AuditEntry.action == "start-refused"))
    assert entry.details["element"] == "m"
    assert "单位" in entry.details["zh"]


def test_a_kept_message_whose_start_is_refused_is_tried_again_and_noted_once(events: Office) -> None:
    begun = MANIFEST.replace("in-force", "expired")
    events.act(deployments.publish, files(manifest=begun), KEY)
    assert publish(events, "filed", "1", kept_for=DAY).begun == ()
    events.tick(START + HOUR)
    events.tick(START + 2 * HOUR)
    assert events.count(AuditEntry, AuditEntry.action == "start-refused") == 1
    events.act(deployments.publish, files(), KEY)
    events.tick(START + 3 * HOUR)
    assert events.count(Case) == 1


def test_a_start_timer_without_a_time_is_refused_when_it_is_published(events: Office) -> None:
    wrong = [str(line).replace("timer cycle R3/P1D", "timer date =today()") for line in DUTY]
    with pytest.raises(DeploymentRefused) as refused:
        events.act(deployments.publish, files(duty=[*wrong]), KEY)
    (problem,) = refused.value.problems
    assert (problem.element, problem.code) == ("t", "start-timer")
    assert "启动定时器没有时间" in problem.zh


def test_a_start_event_that_nothing_triggers_is_said() -> None:
    fewer = MANIFEST.replace('[procedures.asking]\nname = "征询"\nsubject = "none"\n', "")
    found = check_programme(files(manifest=fewer), KEY)
    assert [(one.element, one.code, one.level) for one in found] == [("am", "start-by-event", "warning")]
