"""What an applicant sends can never steer the process: seven probes that another engine failed, each by its name."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy import select

from service.feel import FeelSyntaxError, compile_expression
from service.programmes.folder import read_folder
from service.settings import ROOT
from service.store.cases import Case
from service.store.incidents import Incident
from service.store.submissions import Submission
from service.store.user_tasks import OPEN, TaskGroup, UserTask
from tests.bad_input.conftest import PROGRAMME, Desk, open_ids, state_of
from tests.support.page_form import filled, shown
from tests.support.stage import Stage
from tests.support.telling import STARTING, Telling, problems

ACCEPT = "签收并分办"
CONTROL = [
    "lane_owners", "lane_owners[county]", "assignee", "candidateGroups", "groups", "case_id", "case.applicant.id",
    "declare_outcome", "outcome", "members_count", "task.assignee", "roles", "_variables[declare_outcome]",
]  # fmt: skip


@pytest.mark.parametrize("name", CONTROL)
def test_1_control_variables_are_not_writable_by_a_form(desk: Desk, name: str) -> None:
    before = state_of(desk.stage)
    answer = desk.submit([*desk.good, (name, "lead")], desk.files)
    assert answer.status_code == 422
    assert state_of(desk.stage) == before


def test_1_what_was_declared_gives_nobody_a_task_of_the_reviewers(telling: Telling, stage: Stage) -> None:
    telling.play_until(ACCEPT, done=False)
    (review,) = open_ids(stage, ACCEPT)
    groups = stage.rows(select(TaskGroup.group_key).where(TaskGroup.task_id == review))
    assert [group.partition("@")[0] for group in groups] == ["local-head"]
    before = state_of(stage)
    for login in ("lead", "member01", "expert01", "office"):
        person = stage.person(login)
        assert person.client.get(f"/tasks/{review}").status_code == 404
        assert person.post(f"/tasks/{review}", [("accepted_on", "2026-03-05"), ("_submit", "1")]).status_code == 404
        assert person.post(f"/tasks/{review}/claim").status_code == 404
        assert person.post(f"/tasks/{review}/draft", [("accepted_on", "2026-03-05")]).status_code == 404
    assert state_of(stage) == before


@pytest.mark.parametrize("missing", ["core_name", "lead.credit_code", "lead.type", "members[0].credit_code"])
def test_2_a_form_without_a_required_field_is_refused_and_breaks_nothing(desk: Desk, missing: str) -> None:
    before = state_of(desk.stage)
    answer = desk.submit(filled(desk.good, [(missing, "")]), desk.files)
    assert answer.status_code == 422
    assert "请" in problems(answer.text)
    assert state_of(desk.stage) == before
    assert not desk.stage.rows(select(Incident.id))


def test_3_nobody_reads_another_persons_task_or_file(desk: Desk) -> None:
    assert desk.submit(desk.good, desk.files).status_code == 303
    case_id = desk.stage.rows(select(Case.id))[0]
    code = desk.stage.rows(select(Submission.data))[0]["charter"][0]
    assert desk.lead.client.get(f"/attachments/{code}").status_code == 200
    for login in ("expert01", "local-clerk", "office", "member08", "designer"):
        stranger = desk.stage.person(login)
        for address in (
            f"/tasks/{desk.task}",
            f"/cases/{case_id}",
            f"/attachments/{code}",
            f"/cases/{case_id}/diagram",
        ):
            answer = stranger.client.get(address)
            assert answer.status_code == 404, (login, address)
            assert "示例智能网联汽车" not in answer.text


TEMPLATES = [
    "{{7*7}}",
    "{% for x in ().__class__.__mro__ %}{% endfor %}",
    "=1+1",
    "${7*7}",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", TEMPLATES)
def test_4_what_is_written_into_a_form_is_never_a_template(desk: Desk, text: str) -> None:
    given = filled(desk.good, [("core_name", text), ("direction", text * 6)])
    answer = desk.submit(given, desk.files)
    assert answer.status_code in (303, 422)
    page = desk.lead.get(f"/tasks/{desk.task}")
    assert text in shown(page) or text in page.replace("&lt;", "<").replace("&gt;", ">")
    assert "<script>alert" not in page
    assert "4949" not in page


ESCAPES = [
    "case.__class__",
    "case.__class__.__mro__[1]",
    '"".__class__.__base__.__subclasses__()',
    "case.items.__self__",
    "case.get",
    "__builtins__",
    '__import__("os").system("true")',
    'import("os")',
    'open("/etc/passwd")',
    'eval("1 + 1")',
    'get value(case, "__class__")',
    'function(x) external { java: { class: "java.lang.Runtime", method signature: "exec(String)" } } ("true")',
]


@pytest.mark.parametrize("text", ESCAPES)
def test_5_feel_is_no_way_to_python(text: str) -> None:
    with suppress(FeelSyntaxError):  # refused is as good as null
        found = compile_expression(text).evaluate({"case": {"items": ["a"]}})
        assert found in (None, [None])


def test_5_a_designer_uploads_no_python(stage: Stage) -> None:
    name = "consortium-recognition.bpmn"
    original = read_folder(ROOT, PROGRAMME)[f"bpmn/{PROGRAMME}/{name}"]
    script = b'<bpmn:scriptTask id="own"><bpmn:script>__import__("os").system("true")</bpmn:script></bpmn:scriptTask>'
    broken = original.replace(b'<bpmn:callActivity id="filing"', script + b'<bpmn:callActivity id="filing"', 1)
    assert broken != original
    before = state_of(stage)
    sent = [("package", name, broken)]
    answer = stage.person("designer").post(f"/workshop/{PROGRAMME}", [("act", "publish")], sent)
    assert answer.status_code == 422
    assert "不运行脚本" in shown(answer.text)
    assert state_of(stage) == before


def test_6_no_answer_of_an_error_tells_what_is_in_the_case(desk: Desk) -> None:
    secret = "只有牵头单位知道的攻关方向，任何出错的回答里都不会出现。"
    late = [pair for pair in desk.sent(desk.lead, desk.good) if pair[0] != "csrf_token"]
    assert desk.submit(filled(desk.good, [("direction", secret)]), desk.files).status_code == 303
    stranger = desk.stage.person("member08")
    answers = [
        stranger.post(f"/tasks/{desk.task}", late),
        stranger.post(f"/tasks/{desk.task}/draft", late),
        stranger.post("/cases/1/withdraw", [("reason", "不是我的案件")]),
        stranger.client.get("/cases/1"),
        stranger.client.get(f"/tasks/{desk.task}", headers={"Accept": "application/json"}),
        desk.lead.post(f"/tasks/{desk.task}", late),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 404, 409]
    assert not [answer for answer in answers[:5] if secret in answer.text]
    assert not [answer for answer in answers if "Traceback" in answer.text or "sqlalchemy" in answer.text]


@pytest.mark.parametrize("name", [b"declaration", b"members", b"case", b"member"], ids=bytes.decode)
def test_7_a_loop_that_collects_under_a_taken_name_is_refused_or_runs(telling: Telling, name: bytes) -> None:
    stage = telling.stage
    original = read_folder(ROOT, PROGRAMME)["bpmn/common/declaration.bpmn"]
    changed = original.replace(b'"confirmations"', b'"%s"' % name).replace(b"in confirmations", b"in %s" % name)
    assert changed != original
    sent = [("package", "declaration.bpmn", changed)]
    answer = stage.person("designer").post(f"/workshop/{PROGRAMME}", [("act", "publish")], sent)
    if answer.status_code == 422:
        assert "declaration.bpmn" in shown(answer.text)
        return
    assert answer.status_code == 303
    telling.start("consortium-recognition", "lead")
    telling.act(STARTING, "lead")
    telling.act("确认参加", "member")
    assert not stage.rows(select(Incident.id))
    assert stage.rows(select(UserTask.name).where(UserTask.status == OPEN)) == ["签署并提交"]
