"""What is too large, malformed or not offered is refused with a problem that says where, in the language asked for."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask

from service.store.session import db
from service.web.api.bodies import DEEPEST, LARGEST_BODY
from service.web.v2 import deployments, waiting
from service.web.v2.waiting import Held, TooManyWaiting
from tests.jobs.conftest import MODELS, PROGRAMME
from tests.v2.conftest import Caller

Call = Callable[..., Caller]
FORM = (MODELS / "forms" / PROGRAMME / "sample-confirmation.form").read_bytes()
BPMN = (MODELS / "bpmn" / PROGRAMME / "outside-check.bpmn").read_bytes()
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def database(sqlite_url: str) -> str:
    """What is refused at the door is refused alike on every database."""
    return sqlite_url


def nested(levels: int, opening: bytes = b"[", inner: bytes = b"", closing: bytes = b"]") -> bytes:
    """JSON that is so many levels deep."""
    return opening * levels + inner + closing * levels


def raw(content: bytes, kind: str = "application/json") -> dict[str, Any]:
    """A body as bytes."""
    return {"data": content, "content_type": kind}


WRONG = (
    (raw(b"{"), 400, "JSON", "not valid JSON"),
    (raw(b"[1]"), 400, "对象", "must be a JSON object"),
    (raw(b'{"filter":{"name":"\\u0000"}}'), 400, "NUL", "NUL"),
    (raw(b"[" * 100_000), 400, "JSON", "not valid JSON"),
    (raw(b'{"variables":%s}' % nested(900)), 400, "嵌套超过 100 层", "deeper than 100 levels"),
    (raw(nested(450, b'{"filter":', b'"\\u0000"', b"}")), 400, "嵌套超过 100 层", "deeper than 100"),
    ({"json": {"page": {"after": base64.b64encode(b"[" * 2_900).decode()}}}, 400, "翻页位置", "cursor"),
    (raw(b"{}", "text/plain"), 415, "内容类型", "application/json"),
    (raw(b" " * (LARGEST_BODY + 1)), 413, "太大", "too large"),
    ({"json": {"page": {"limit": 1001}}}, 400, "应在 1 与 1000 之间", "page.limit"),
    ({"json": {"page": 7}}, 400, "page", "page"),
    ({"json": {"filter": {"colour": "red"}}}, 400, "filter.colour", "filter.colour"),
    ({"json": {"sort": [{"field": "colour"}]}}, 400, "sort.colour", "sort.colour"),
    ({"json": {"filter": {"state": "ACTIV"}}}, 400, "ACTIVE", "ACTIVE"),
)
TITLES = {400: "INVALID_ARGUMENT", 413: "PAYLOAD_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE"}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong[3])
def test_a_wrong_body_is_refused_in_both_languages(call: Call, wrong: tuple[dict[str, Any], int, str, str]) -> None:
    sent, status, zh, en = wrong
    chinese = call("office").send("POST", "/v2/process-instances/search", **sent)
    english = call("office").send("POST", "/v2/process-instances/search", headers=ENGLISH, **sent)
    for answer, word in ((chinese, zh), (english, en)):
        assert answer.status_code == status, answer.text
        assert answer.mimetype == "application/problem+json"
        assert (answer.json["status"], answer.json["title"]) == (status, TITLES[status])
        assert answer.json["instance"] == "/v2/process-instances/search"
        assert word in answer.json["detail"], answer.json


def test_a_body_has_a_hundred_levels_and_not_one_more(call: Call) -> None:
    path = "/v2/decision-definitions/evaluation"
    for levels, status in ((DEEPEST - 1, 404), (DEEPEST, 400)):
        sent = raw(b'{"decisionDefinitionId":"no-such","variables":{"deep":%s}}' % nested(levels - 1))
        assert call("designer").send("POST", path, **sent).status_code == status


def test_an_empty_body_is_an_empty_search(call: Call) -> None:
    assert call("office").send("POST", "/v2/process-instances/search").status_code == 200


def test_what_camunda_has_and_we_have_not_says_so(call: Call) -> None:
    answer = call("office").post("/v2/batch-operations/search")
    assert answer.status_code == 404
    assert "/v2/openapi.json" in answer.json["detail"]
    assert call("office").send("PUT", "/v2/topology").status_code == 405
    for wrong in ("x", "-1", "9" * 19, "1e3", "٣"):
        assert call("office").get(f"/v2/user-tasks/{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "processDefinitionId"),
        ({"processDefinitionId": "outside-check", "processDefinitionKey": "2"}, "processDefinitionId"),
        ({"processDefinitionKey": 2}, "processDefinitionKey"),
        ({"processDefinitionId": "outside-check", "variables": {"verdict": "clean"}}, "variables.verdict"),
        ({"processDefinitionId": "outside-check", "variables": []}, "variables"),
        ({"processDefinitionId": "outside-check", "awaitCompletion": True}, "awaitCompletion"),
        ({"processDefinitionId": "outside-check", "startInstructions": [{}]}, "startInstructions"),
        ({"processDefinitionId": "outside-check", "businessId": "a"}, "businessId"),
    ],
)  # fmt: skip
def test_a_start_that_is_not_possible_says_why(call: Call, body: dict[str, Any], place: str) -> None:
    answer = call("office").post("/v2/process-instances", body)
    assert answer.status_code == 400
    assert place in answer.json["detail"]


def test_an_unknown_process_is_not_found(call: Call) -> None:
    assert call("office").post("/v2/process-instances", {"processDefinitionId": "another"}).status_code == 404
    older = {"processDefinitionId": "outside-check", "processDefinitionVersion": 7}
    assert call("office").post("/v2/process-instances", older).status_code == 404


def test_only_the_newest_version_is_started(call: Call) -> None:
    changed = BPMN.replace("确认核查结果".encode(), "确认信用".encode())
    assert deploy(call("designer"), {"outside-check.bpmn": changed}).status_code == 200
    for wanted in (
        {"processDefinitionId": "outside-check", "processDefinitionVersion": 1},
        {"processDefinitionKey": "2"},
    ):
        answer = call("office").post("/v2/process-instances", {**wanted, "variables": {"amount": 1}})
        assert answer.status_code == 400
        assert "processDefinitionVersion" in answer.json["detail"]


def test_a_wrong_submission_names_each_field(call: Call, outside: Flask) -> None:
    from tests.v2.test_access import things  # noqa: PLC0415

    keys = things.__wrapped__(outside)  # type: ignore[attr-defined]
    path = f"/v2/user-tasks/{keys['TASK']}/completion"
    for variables, word in (
        ({}, "note"),
        ({"note": "x"}, "note"),
        ({"note": "同意", "outcome": "accepted"}, "outcome"),
    ):
        answer = call("office").post(path, {"variables": variables})
        assert answer.status_code == 400, answer.text
        assert answer.json["code"] == "submission-refused"
        assert word in answer.json["detail"]


def deploy(caller: Caller, files: dict[str, bytes], base: str = "") -> Any:
    data = {"resources": [(io.BytesIO(content), name) for name, content in files.items()], "tenantId": "<default>"}
    return caller.send("POST", f"{base}/v2/deployments", data=data)


def test_a_deployment_answers_under_the_names_it_was_sent(call: Call) -> None:
    answer = deploy(call("designer"), {"models/outside-check.bpmn": BPMN, "sample-confirmation.form": FORM})
    assert answer.status_code == 200, answer.text
    assert answer.json["tenantId"] == "<default>"
    names = [one["processDefinition"]["resourceName"] for one in answer.json["deployments"] if one["processDefinition"]]
    assert names == ["models/outside-check.bpmn"]
    for one in answer.json["deployments"]:
        assert set(one) == {"processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource"}
        assert sum(value is not None for value in one.values()) == 1
    again = deploy(call("designer"), {"outside-check.bpmn": BPMN})
    assert again.json["deploymentKey"] == answer.json["deploymentKey"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "resources"),
        ({f"f{number}.form": b"{}" for number in range(deployments.MOST_FILES + 1)}, "resources"),
        ({"unknown.bpmn": BPMN}, PROGRAMME),
        ({"../../etc/outside-check.bpmn": BPMN[:2000]}, "outside-check.bpmn"),
        ({"outside-check.bpmn": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}, "DOCTYPE"),
        ({"outside-check.bpmn": BPMN + b" " * (2 * 1024 * 1024)}, "2 MB"),
        ({"sample-confirmation.form": b"[" * 50_000}, "sample-confirmation.form"),
    ],
)
def test_a_deployment_that_is_refused_changes_nothing(call: Call, files: dict[str, bytes], words: str) -> None:
    answer = deploy(call("designer"), files)
    assert answer.status_code == 400, answer.text
    assert words in answer.json["detail"]
    versions = call("designer").post("/v2/process-definitions/search").json["items"]
    assert [one["version"] for one in versions] == [1]


def test_a_file_that_nothing_reaches_is_refused_and_not_dropped(call: Call) -> None:
    stray = FORM.replace(b"sample-confirmation", b"sample-stray")
    answer = deploy(call("designer"), {"sample-stray.form": stray}, base=f"/programmes/{PROGRAMME}")
    assert answer.status_code == 400
    assert "[orphan]" in answer.json["detail"]
    assert "sample-stray.form" in answer.json["detail"]


def test_problems_are_written_as_the_modeler_shows_them(call: Call) -> None:
    wrong = BPMN.replace(b'type="credit-check"', b'type="credit-chek"')
    answer = deploy(call("designer"), {"outside-check.bpmn": wrong})
    lines = answer.json["detail"].splitlines()
    assert lines[0].startswith("Command 'CREATE' rejected with code 'INVALID_ARGUMENT': ")
    assert "'bpmn/sample-outside-check/outside-check.bpmn':" in lines
    assert any(line.startswith("- Element: check “核查信用”") for line in lines)
    assert any(line.endswith("[unknown-operation]") and line.startswith("    - ERROR: ") for line in lines)


def test_no_answer_waits_longer_or_with_more_than_allowed() -> None:
    assert (waiting.LONGEST_MS, waiting.DEFAULT_MS, waiting.MOST_HELD) == (20_000, 5_000, 4)
    pauses: list[float] = []

    def nothing() -> Sequence[int]:
        return ()

    held = Held(most=1, pause=pauses.append)
    for asked, expected in ((0, 20), (1, 1), (1_000, 4), (20_000, 80), (10**9, 80), (-1, 0)):
        pauses.clear()
        assert held.wait(nothing, asked) == ()
        assert len(pauses) == expected, asked


def test_a_job_that_comes_while_the_answer_waits_ends_the_waiting() -> None:
    found: list[int] = []
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            found.append(7)

    assert Held(pause=pause).wait(lambda: tuple(found), 20_000) == (7,)
    assert len(pauses) == 3


def test_when_every_place_is_taken_a_worker_is_sent_away_at_once() -> None:
    held: Held

    def second(_seconds: float) -> None:
        with pytest.raises(TooManyWaiting):
            held.wait(lambda: (), 1_000)
        assert held.wait(lambda: (1,), 1_000) == (1,)  # what is there is given all the same

    held = Held(most=1, pause=second)
    assert held.wait(lambda: (), 250) == ()
    assert held.wait(lambda: (), -1) == ()


def test_the_activation_itself_waits(call: Call, outside: Flask) -> None:
    del outside
    body = {"type": "credit-check", "timeout": 1000, "maxJobsToActivate": 1, "requestTimeout": 1}
    answer = call("credit").post("/v2/jobs/activation", body)
    assert json.loads(answer.text) == {"jobs": []}
    for wrong in ({"timeout": 999}, {"maxJobsToActivate": 101}, {"type": ""}, {"timeout": 86_400_001}):
        assert call("credit").post("/v2/jobs/activation", {**body, **wrong}).status_code == 400
    db.session.remove()
