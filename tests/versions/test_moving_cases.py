"""Cases are pinned to their version, and move to another only where everything they wait for still means the same."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from service.commands import migrations as commands
from service.commands import user_tasks
from service.domain.errors import InvalidInput, NotFound, WrongState
from service.engine import Renamed
from service.programmes.moving import read_renamed
from service.queries import migrations
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.deadlines import Deadline
from service.store.instances import Instance
from service.store.session import db
from service.store.timers import Timer
from service.store.user_tasks import UserTask
from tests.engine.sketch import Lines
from tests.versions.conftest import FIRST, GROUP, KEY, MANIFEST, Published

LONGER: Lines = [*[line for line in FIRST if line != "j > e"], f"user c | {GROUP}", "j > c > e"]
RENAMED: Lines = [str(line).replace("user b ", "user review ").replace("f > b > j", "f > review > j") for line in FIRST]
GUARDED: Lines = [*FIRST, "on gone b | timer duration P9D | beside", "end told", "gone > told"]
MAPPING = '[p]\n"b" = "review"\n"b-j" = "review-j"\n"f-b" = "f-review"\n'


def _case(published: Published) -> int:
    return published.office.start("p", "office")


def _plan(**more: object) -> migrations.Plan:
    db.session.remove()
    found = migrations.plan(db.session(), KEY, **more)  # type: ignore[arg-type]
    db.session.remove()
    return found


def _told(**more: object) -> list[tuple[str, list[str]]]:
    return [(move.verdict, [f"{p.element} {p.code}" for p in move.problems]) for move in _plan(**more).moves]


def _finish(published: Published, element: str) -> None:
    office = published.office
    office.complete(office.open_task(element).id, {"note": "好"}, office.person("office"))


def test_a_running_case_stays_with_its_version(published: Published) -> None:
    case = _case(published)
    new = published.publish(LONGER)
    assert published.office.rows(select(Instance.deployment_id)) != [new]
    _finish(published, "a")
    _finish(published, "b")
    assert published.office.rows(select(Case.outcome).where(Case.id == case, Case.ended_at.is_not(None))) == [None]


def test_the_plan_moves_nothing_and_the_move_goes_on_under_the_new_models(published: Published) -> None:
    _case(published)
    _finish(published, "a")
    new = published.publish(LONGER)
    assert _told() == [("ready", [])]
    [instance] = published.office.rows(select(Instance))
    assert instance.deployment_id != new
    assert published.office.act(commands.move, instance.id, new)
    assert not published.office.act(commands.move, instance.id, new)
    assert _told() == []
    assert published.office.rows(select(Case.deployment_id)) == [new]
    [entry] = published.office.rows(select(AuditEntry).where(AuditEntry.action == "version-changed"))
    assert (entry.details["from"], entry.details["to"]) == (1, 2)
    _finish(published, "b")
    assert [task.element for task in published.office.open_tasks()] == ["c"]


def test_a_changed_id_needs_a_mapping_and_the_rows_follow_it(published: Published) -> None:
    case = _case(published)
    person = published.office.person("office")
    new = published.publish(RENAMED)
    assert _told() == [("unmapped", ["b migration-gone"])]
    renamed = read_renamed(MAPPING)
    assert _told(renamed=renamed) == [("ready", [])]
    [instance] = published.office.rows(select(Instance.id))
    with pytest.raises(WrongState, match="new version has no such element"):
        published.office.act(commands.move, instance, new)
    before = {task.id: task for task in published.office.open_tasks()}
    published.office.act(commands.move, instance, new, renamed)
    after = {task.id: task for task in published.office.open_tasks()}
    assert sorted(task.element for task in after.values()) == ["a", "review"]
    assert [task.path for task in after.values() if task.element == "review"] == [["review"]]
    assert {task.opened_at for task in after.values()} == {task.opened_at for task in before.values()}
    for task in after.values():
        published.office.complete(task.id, {"note": "好"}, person)
    assert published.office.count(Case, Case.id == case, Case.ended_at.is_not(None)) == 1


def test_timers_and_deadlines_go_on_after_the_move(published: Published) -> None:
    _case(published)
    [due] = published.office.rows(select(Timer.due_at))
    new = published.publish([str(line).replace("late", "overdue") for line in FIRST])
    [instance] = published.office.rows(select(Instance.id))
    published.office.act(commands.move, instance, new, {"p": {"late": "overdue"}})
    [timer] = published.office.rows(select(Timer))
    assert (timer.element, timer.due_at, timer.deadline) == ("overdue", due, "answer")
    published.office.tick(due)
    assert published.office.open_tasks("urged")
    assert published.office.count(Deadline) == 1


def test_what_is_blocked_says_why_and_is_refused(published: Published) -> None:
    _case(published)
    published.publish(GUARDED)
    assert _told() == [("blocked", ["b migration-host"])]
    [move] = _plan().moves
    assert "边界事件" in migrations.told(_plan())
    with pytest.raises(WrongState):
        published.office.act(commands.move, move.instance_id, _plan().deployment_id)
    published.publish([str(line).replace("answer", "reply") for line in FIRST], MANIFEST.replace("answer", "reply"))
    found = [problem.code for move in _plan(version=3).moves for problem in move.problems]
    assert "migration-deadline" in found


def test_versions_and_cases_are_chosen(published: Published) -> None:
    first, second = _case(published), _case(published)
    published.publish(LONGER)
    third = _case(published)
    published.publish(GUARDED)
    assert [move.case_id for move in _plan(version=2).moves] == [first, second]
    assert [move.case_id for move in _plan(version=3, source=2).moves] == [third]
    assert [move.case_id for move in _plan(version=2, numbers=[str(second)]).moves] == [second]
    for wrong in ({"version": 9}, {"numbers": ["nobody"]}):
        with pytest.raises(NotFound):
            _plan(**wrong)


def test_an_ended_case_stays(published: Published) -> None:
    _case(published)
    for element in ("a", "b"):
        _finish(published, element)
    new = published.publish(LONGER)
    [instance] = published.office.rows(select(Instance.id))
    assert _told() == []
    with pytest.raises(WrongState, match="ended"):
        published.office.act(commands.move, instance, new)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[p]\n"nobody" = "review"', "no old version has nobody"),
        ('[p]\n"b" = "nobody"', "the new version has no nobody"),
        ('[q]\n"b" = "review"', "no old version has b"),
        ('"b" = "review"', "a table for each process"),
        ("[p\n", "this is not TOML"),
    ],
)
def test_a_wrong_mapping_is_refused_with_what_is_wrong(published: Published, text: str, said: str) -> None:
    _case(published)
    published.publish(RENAMED)
    with pytest.raises(InvalidInput, match=said):
        _plan(renamed=read_renamed(text))


def test_tasks_keep_who_took_them(published: Published) -> None:
    _case(published)
    office = published.office
    person = office.person("office")
    office.act(user_tasks.claim, office.open_task("b").id, by=person)
    new = published.publish(RENAMED)
    [instance] = office.rows(select(Instance.id))
    renamed: Renamed = read_renamed(MAPPING)
    office.act(commands.move, instance, new, renamed)
    [task] = office.rows(select(UserTask).where(UserTask.element == "review"))
    assert task.assignee_id == person.user_id
