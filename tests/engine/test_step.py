"""What a Step says: opened work, where tokens are, decisions with what they read; and what a Bundle knows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from service.dmn import read_model
from service.engine import Complete, Start, apply, view
from tests.engine.play import BEGIN, Play, bundle_of
from tests.engine.sketch import Lines, sketch

FACTS = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
  <inputData id="i" name="case"/>
  <decision id="facts" name="facts">
    <informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
    <literalExpression id="l">
      <text>if case.declaration.patents &gt;= 9 and bonus &gt; 0 then "eligible" else "no"</text>
    </literalExpression>
  </decision>
</definitions>"""

STAGES: Lines = [
    "start s",
    "call c review | prop case-state local_review | out =outcome -> local_outcome",
    'end e | out ="filed" -> outcome',
    "s > c > e",
]
REVIEW: Lines = [
    "start rs",
    "user check | prop clock-stop case | prop case-state visiting",
    "and f",
    "call d correction",
    "end re",
    "rs > f",
    "f > check > re",
    "f > d > re",
]
CORRECTION: Lines = ["start cs", "user fix", "end ce", "cs > fix > ce"]


def _stages() -> Play:
    return Play(STAGES, {"review": REVIEW, "correction": CORRECTION}).start()


def test_work_says_all_a_task_row_needs() -> None:
    due = datetime(2026, 4, 15, 9, 30, tzinfo=UTC)
    xml = sketch(
        [
            "start s",
            'user u | zeebe assignmentDefinition assignee==who candidateGroups==groups("clerk") '
            '| zeebe taskSchedule dueDate==deadline("review") followUpDate= | zeebe priorityDefinition priority=80 '
            "| zeebe formDefinition formId=declaration bindingType=deployment | in =x+1 -> y | prop kind sign",
            "<laneSet><lane id='l' name='办理'><flowNodeRef>u</flowNodeRef></lane></laneSet>",
            "end e",
            "s > u > e",
        ]
    ).replace(
        b'<userTask id="u">', b'<userTask id="u" name="\xe6\xa0\xb8\xe6\x9f\xa5"><documentation>why</documentation>'
    )
    play = Play(
        bundle_of(xml, functions=["groups", "deadline"], forms=["declaration"]),
        functions={"groups": lambda role: [f"{role}@1"], "deadline": lambda name: due},
    ).start(who="li", x=1)
    [work] = play.step.opened
    assert (work.element, work.name, work.process, work.path) == ("u", "核查", "p", ("u",))
    assert (work.documentation, work.lane, work.form) == ("why", "办理", "declaration")
    assert (work.assignee, work.groups, work.priority) == ("li", ("clerk@1",), 80)
    assert (work.due, work.due_source, work.follow_up) == (due, '=deadline("review")', None)
    assert (work.inputs, work.properties) == ({"y": 2}, {"kind": "sign"})


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("zeebe assignmentDefinition candidateGroups==5", None),
        ("zeebe assignmentDefinition candidateGroups==[1]", None),
        ("zeebe assignmentDefinition assignee==7", None),
        ('zeebe taskSchedule dueDate=="tomorrow"', None),
        ('zeebe taskSchedule dueDate==date("2026-04-15")', None),
        ("zeebe priorityDefinition priority==101", None),
    ],
)
def test_an_assignment_of_the_wrong_type_is_an_incident(what: str, value: None) -> None:
    assert Play(["start s", f"user u | {what}", "end e", "s > u > e"]).start().stuck == {"u": "assignment"}


def test_plain_candidate_groups_are_a_list_with_commas() -> None:
    play = Play(["start s", "user u | attr name=x", "end e", "s > u > e"]).start()
    assert play.step.opened[0].groups == ()
    xml = sketch(["start s", "user u | zeebe assignmentDefinition candidateGroups=a,b", "end e", "s > u > e"])
    assert Play(xml).start().step.opened[0].groups == ("a", "b")


def test_the_item_of_a_loop_around_is_an_input() -> None:
    play = Play(
        ["start s", "sub sp | each =seats as seat", ["start a", "user u", "end z", "a > u > z"], "end e", "s > sp > e"]
    ).start(seats=[{"id": 1}, {"id": 2}])
    assert [work.inputs for work in play.step.opened] == [{"seat": {"id": 1}}, {"seat": {"id": 2}}]


def test_live_tokens_know_their_path_and_the_properties_around_them() -> None:
    play = _stages()
    live = {row.element: row for row in play.step.live}
    assert set(live) == {"c", "check", "d", "fix"}
    assert live["fix"].path == ("c", "d", "fix")
    assert (live["fix"].process, live["fix"].kind) == ("correction", "userTask")
    assert live["fix"].properties == {"case-state": "local_review"}
    assert live["check"].properties == {"case-state": "visiting", "clock-stop": "case"}
    assert view(play.bundle, play.step.state) == play.step.live


def test_entered_processes_and_taken_flows_are_those_of_this_step() -> None:
    play = _stages()
    assert play.step.entered == ("review", "correction")
    assert play.step.taken == ("p/s-c", "review/rs-f", "review/f-check", "review/f-d", "correction/cs-fix")
    play.done("fix")
    assert (play.step.entered, play.step.taken) == ((), ("correction/fix-ce", "review/d-re"))


def test_the_outcome_is_set_at_the_end_and_a_callers_name_for_the_childs() -> None:
    play = Play(
        ["start s", "call c q | zeebe calledElement processId=q propagateAllChildVariables=false | out =outcome -> got",
         'end e | out ="filed" -> outcome', "s > c > e"],
        {"q": ["start qs", "user u", 'end qe | out ="pass" -> outcome', "qs > u > qe"]},
    ).start()  # fmt: skip
    assert (play.step.ended, play.step.outcome) == (False, None)
    play.done("u")
    assert (play.step.ended, play.step.outcome) == (True, "filed")
    assert play.step.variables == {"got": "pass", "outcome": "filed"}


def test_a_decision_says_its_value_what_it_read_and_by_which_version() -> None:
    model = read_model(FACTS, file="facts.dmn")
    play = Play(
        [
            "start s",
            "rule r facts",
            "xor x",
            "user a b",
            "end e",
            "s > r > x",
            'x > a if facts = "eligible"',
            "x ~ b",
            "a > e",
            "b > e",
        ],
        decisions={"facts": model},
        case={"declaration": {"patents": 9, "name": "secret"}, "title": "t"},
    ).start(bonus=1, other=2)
    assert play.open == "a"
    [taken] = play.step.decisions
    assert (taken.element, taken.decision, taken.value, taken.digest) == ("r", "facts", "eligible", model.digest)
    assert taken.variables_read == {"bonus": 1, "case": {"declaration": {"patents": 9}}}
    assert model.evaluate("facts", taken.variables_read) == "eligible"
    assert play.bundle.paths("p") == {("case", "declaration", "patents")}


def test_gateways_see_process_variables_first_then_the_case() -> None:
    model: Lines = [
        "start s", "xor x", "user a b", "end e",
        "s > x", 'x > a if case.state = "draft" and count(lookup.pool) = 2', "x ~ b", "a > e", "b > e",
    ]  # fmt: skip
    assert Play(model, case={"state": "draft"}, lookup={"pool": [1, 2]}).start().open == "a"
    assert Play(model, case={"state": "filed"}, lookup={"pool": [1, 2]}).start().open == "b"


def test_today_is_the_date_in_china_at_the_instant_given() -> None:
    play = Play(["start s", "task t | out =today() -> day | out =now() -> when", "end e", "s > t > e"])
    play.now = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)
    assert play.start().step.variables == {"day": "2026-04-01", "when": "2026-04-01T00:30:00+08:00"}


def test_a_bundle_knows_its_elements() -> None:
    bundle = bundle_of(
        sketch(
            [
                "start s",
                "sub sp",
                ["start a", "job j | prop x 1", "end z", "a > j > z"],
                "call c q",
                "end e",
                "s > sp > c > e",
            ],
            {"q": ["start qs", "end qe", "qs > qe"]},
        )
    )
    elements = bundle.elements("p")
    assert set(elements) == {"s", "sp", "a", "j", "z", "c", "e"}
    assert (elements["j"].operation, elements["j"].properties, elements["c"].called) == ("j", {"x": "1"}, "q")
    assert set(bundle.processes) == {"p", "q"}


def test_applying_changes_nothing_that_was_given() -> None:
    bundle = bundle_of(sketch(["start s", "task k | out =5 -> b.d", "user u", "end e", "s > k > u > e"]))
    given = {"b": {"d": 1}}
    step = apply(bundle, None, Start("p", given), BEGIN)
    assert given == {"b": {"d": 1}}
    task = step.opened[0].task
    once, twice = (apply(bundle, step.state, Complete(task), BEGIN) for _ in range(2))
    assert once == twice


def test_the_state_of_an_ended_instance_is_small_and_of_a_long_one_too() -> None:
    play = _stages()
    assert len(play.step.state) < 400
    play.done("fix").done("check")
    assert play.step.ended
    assert len(play.step.state) < 120


def test_a_step_is_pure_across_threads() -> None:
    bundle = bundle_of(sketch(["start s", "user v | each =[1,2,3] as i | collect r =i * 2", "end e", "s > v > e"]))

    def whole_run(_: int) -> tuple[bytes, ...]:
        step = apply(bundle, None, Start("p"), BEGIN)
        states = [step.state]
        for work in step.opened:
            step = apply(bundle, step.state, Complete(work.task), BEGIN + timedelta(hours=1))
            states.append(step.state)
        return tuple(states)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(whole_run, range(64)))) == 1
