"""What a designer uploads is judged as a whole; every problem says where and what to do, and nothing is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from lxml import html

from service.programmes.folder import read_folder
from service.programmes.package import pack
from service.settings import ROOT
from service.web.i18n import LANGUAGE_COOKIE
from tests.bad_input.conftest import PROGRAMME, state_of
from tests.support.page_form import shown
from tests.support.stage import Person, Stage

DIAGRAM = "consortium-recognition.bpmn"
MANIFEST = "programme.toml"
TASK = b'<bpmn:callActivity id="filing"'

Change = Callable[[bytes], bytes]


def _put_in(element: bytes) -> Change:
    return lambda content: content.replace(TASK, element + TASK, 1)


def _swap(old: bytes, new: bytes) -> Change:
    return lambda content: content.replace(old, new)


@dataclass(frozen=True)
class Broken:
    """A file with one thing wrong, and what the row that tells of it names."""

    what: str
    name: str
    change: Change
    told: tuple[str, ...]


SCRIPT = "<bpmn:scriptTask id='compute' name='计算'><bpmn:script>1</bpmn:script></bpmn:scriptTask>".encode()
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
CONDITION = b'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">='

BROKEN = [
    Broken("a script task", DIAGRAM, _put_in(SCRIPT), ("compute", "计算", "脚本")),
    Broken("an unknown element", DIAGRAM, _put_in(b'<bpmn:adHocThing id="strange"/>'), ("adHocThing", "请删除")),
    Broken("a complex gateway", DIAGRAM, _put_in(b'<bpmn:complexGateway id="tangled"/>'), ("tangled", "请删除")),
    Broken("a missing form", "local-review.bpmn", _swap(b'"local-opinion"', b'"not-there"'), ("decide", "not-there")),
    Broken("a missing decision", DIAGRAM, _swap(b'"route_filing"', b'"nowhere"'), ("route", "nowhere")),
    Broken(
        "rules that overlap",
        "eligibility.dmn",
        _swap(b"<text>&gt; 0</text>", b"<text>&gt;= 0</text>"),
        ("eligibility.dmn", "资格结论", "规则 1 与规则 2 会同时命中", "不符合项数 = 0"),
    ),
    Broken("a missing stage", DIAGRAM, _swap(b'processId="filing"', b'processId="no-stage"'), ("filing", "no-stage")),
    Broken(
        "an unknown operation",
        "filing.bpmn",
        _swap(b'"register"', b'"run-python"'),
        ("filing.bpmn", "登记名录", "run-python", "请从元素模板里选一个"),
    ),
    Broken("broken FEEL", DIAGRAM, _swap(CONDITION, CONDITION + b"(("), ("g-declare--local-review", "有误")),
    Broken("a document type", DIAGRAM, lambda content: ENTITY + content.partition(b"?>")[2], ("DOCTYPE", "请删除")),
    Broken("no XML at all", DIAGRAM, lambda _: b"this is a drawing", ()),
    Broken("half a file", DIAGRAM, lambda content: content[: len(content) // 2], ()),
    Broken("nothing", DIAGRAM, lambda _: b"", ()),
    Broken("3 MB", DIAGRAM, lambda content: content + b"<!--" + b"x" * 3 * 2**20 + b"-->", ("2 MB",)),
    Broken("a broken rule", "eligibility.dmn", _swap(b"facts.lead_banned", b"facts.lead_banned ))"), ()),
    Broken("half a form", "declaration.form", lambda content: content[:200], ()),
    Broken("two fields of one name", "sign-off.form", _swap(b'"signer_name"', b'"signed"'), ("signed",)),
    Broken("a letter's wrong slot", "filed.letter.md", lambda content: content + b"\n{{ case. }}\n", ()),
    Broken("no TOML", MANIFEST, lambda content: content + b"\n[[[", ()),
    Broken("an unknown key", MANIFEST, lambda content: b"colour = 'red'\n" + content, ("colour",)),
    Broken("a series away", MANIFEST, _swap(b"[numbers.correction]", b"[numbers.other]"), ("correction",)),
    Broken("a deadline away", MANIFEST, _swap(b"[deadlines.correction]", b"[deadlines.other]"), ("correction",)),
    Broken("a role away", MANIFEST, _swap(b"[roles.leader]", b"[roles.leaders]"), ("leader",)),
]


@pytest.fixture(scope="module")
def models() -> dict[str, bytes]:
    return read_folder(ROOT, PROGRAMME)


@pytest.fixture
def designer(stage: Stage) -> Person:
    return stage.person("designer")


def _content(models: dict[str, bytes], name: str) -> bytes:
    return next(content for path, content in models.items() if path.rpartition("/")[2] == name)


def _rows(page: str) -> list[str]:
    """The problems as the designer reads them, a row each: level, file, element, words."""
    table = html.fromstring(page).xpath("//table[contains(@class, 'problems')]//tbody/tr")
    return [" ".join(row.text_content().split()) for row in table]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.what)
def test_a_broken_file_is_refused_with_its_place(
    stage: Stage, designer: Person, models: dict[str, bytes], broken: Broken
) -> None:
    original = _content(models, broken.name)
    content = broken.change(original)
    assert content != original
    before = state_of(stage)
    answer = designer.post(f"/workshop/{PROGRAMME}", [("act", "publish")], [("package", broken.name, content)])
    assert answer.status_code == 422
    rows = [row for row in _rows(answer.text) if "错误" in row]
    assert any(all(part in row for part in broken.told) for row in rows), rows[:6]
    assert "没有发布" in shown(answer.text)
    assert state_of(stage) == before


@pytest.mark.parametrize("name", ["evil.py", "readme.txt", "../../service/app.py", ".bpmn", "diagram.bpmn.exe"])
def test_a_file_that_is_no_model_is_refused(stage: Stage, designer: Person, name: str) -> None:
    before = state_of(stage)
    answer = designer.post(f"/workshop/{PROGRAMME}", [("act", "publish")], [("package", name, b"import os")])
    assert answer.status_code == 422
    assert "只接受 .bpmn、.dmn、.form、.letter.md" in shown(answer.text)
    assert state_of(stage) == before


def test_nothing_chosen_is_told(stage: Stage, designer: Person) -> None:
    before = state_of(stage)
    answer = designer.post(f"/workshop/{PROGRAMME}", [("act", "publish")])
    assert answer.status_code == 422
    assert "请先选择文件" in shown(answer.text)
    assert state_of(stage) == before


def test_the_same_is_said_in_english(stage: Stage, designer: Person, models: dict[str, bytes]) -> None:
    designer.client.set_cookie(LANGUAGE_COOKIE, "en")
    broken = _swap(b'decisionId="route_filing"', b'decisionId="route_nowhere"')(_content(models, DIAGRAM))
    answer = designer.post(f"/workshop/{PROGRAMME}", [("act", "publish")], [("package", DIAGRAM, broken)])
    rows = [row for row in _rows(answer.text) if "route_nowhere" in row]
    assert answer.status_code == 422
    assert rows
    assert "decision" in rows[0]
    assert not any("决策" in row for row in rows)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04 but not a zip", "不是有效的 zip"),
        (pack({"README.md": b"x"}), "只接受"),
        (pack({"../../etc/passwd": b"x"}), "压缩包之外"),
        (pack({f"bpmn/{PROGRAMME}/{DIAGRAM}": b"x" * 3 * 2**20}), "2 MB"),
        (pack({f"bpmn/{PROGRAMME}/{number}.bpmn": b"x" for number in range(600)}), "500"),
    ],
    ids=["no zip", "no model", "a way out", "a large file", "many files"],
)
def test_a_package_that_is_none_is_refused(stage: Stage, designer: Person, content: bytes, told: str) -> None:
    before = state_of(stage)
    answer = designer.post("/workshop", [("act", "publish")], [("package", "folder.zip", content)])
    assert answer.status_code == 422
    assert told in shown(answer.text)
    assert state_of(stage) == before


def test_an_applicant_has_no_workshop(stage: Stage, models: dict[str, bytes]) -> None:
    before = state_of(stage)
    applicant = stage.person("lead")
    assert applicant.client.get("/workshop").status_code == 403
    answer = applicant.post("/workshop", [("act", "publish")], [("package", "folder.zip", pack(models))])
    assert answer.status_code == 403
    assert state_of(stage) == before
