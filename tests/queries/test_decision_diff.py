"""Comparing two versions of a decision: from files and deployments, over given and over recorded facts."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from service.cli import main
from service.domain.errors import CalendarGap, InvalidInput
from service.domain.identity import SYSTEM
from service.queries import decision_diff
from service.store import audit, deployments
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from tests.dmn.models import decision, literal, table, xml


def version(least: int) -> bytes:
    rules = [f'< {least}, null | "ineligible" # 第六条', f'>= {least} | "eligible" # 第六条']
    verdict = decision("verdict", table(["成员单位数: case.members"], ["r"], rules), name="资格结论")
    return xml(verdict, decision("note", literal('"=" + case.name')), decision("same", literal("1")))


@pytest.fixture
def versions(tmp_path: Path) -> tuple[str, str]:
    for name, least in (("old", 10), ("new", 12)):
        (tmp_path / f"{name}.dmn").write_bytes(version(least))
    return str(tmp_path / "old.dmn"), str(tmp_path / "new.dmn")


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["decision", "diff", *arguments], catch_exceptions=False)


def facts(tmp_path: Path, text: str) -> str:
    path = tmp_path / "facts.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


def cases(*members: int) -> str:
    return "\n".join(json.dumps({"case": {"members": n, "name": "长春"}}) for n in members)


def test_what_changed_is_printed_with_both_reasons_and_the_exit_code_says_so(
    versions: tuple[str, str], tmp_path: Path
) -> None:
    found = ran(*versions, "--facts", facts(tmp_path, cases(9, 11, 12)))
    assert found.exit_code == 1
    lines = found.output.splitlines()
    assert lines[0].split() == ["事实", "决策", "旧结果", "新结果"]
    assert lines[1].split()[1:] == ["verdict", "eligible", "ineligible"]
    assert "    - [命中] 第六条 成员单位数 11 不低于 10" in lines
    assert "    + [命中] 第六条 成员单位数 11 低于 12" in lines
    assert "verdict：3 件事实，1 件结果改变" in lines
    assert "same：3 件事实，0 件结果改变" in lines


def test_the_same_in_english_of_one_decision(versions: tuple[str, str], tmp_path: Path) -> None:
    path = facts(tmp_path, f"[{cases(11).strip()}]")
    found = ran(*versions, "--facts", path, "--language", "en", "--decision", "verdict")
    assert found.output.splitlines()[-1] == "verdict: 1 facts, 1 outcomes changed"
    assert ran(*versions, "--facts", path, "--decision", "same").exit_code == 0


def test_a_csv_holds_all_reasons_and_no_formula(versions: tuple[str, str], tmp_path: Path) -> None:
    renamed = Path(versions[1]).read_bytes().replace(b"&quot;=&quot; +", b"&quot;@&quot; +")
    Path(versions[1]).write_bytes(renamed)
    target = tmp_path / "diff.csv"
    ran(*versions, "--facts", facts(tmp_path, cases(11)), "--csv", str(target))
    rows = list(csv.reader(target.read_text(encoding="utf-8-sig").splitlines(keepends=True)))
    assert rows[0] == ["事实", "决策", "旧结果", "新结果", "旧版的理由", "新版的理由"]
    by_decision = {row[1]: row for row in rows[1:]}
    assert by_decision["note"][2:4] == ["'=长春", "'@长春"]
    assert "[命中] 第六条 成员单位数 11 低于 12" in by_decision["verdict"][5]
    assert by_decision["verdict"][4].startswith("资格结论：eligible\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"case": }', "第 1 行不是 JSON"),
        ('{"case": {}}\n{"case"', "第 2 行不是 JSON"),
        ("[1]", "第 1 项不是 JSON 对象"),
        ('{"x": NaN}', "第 1 行不是 JSON"),
        ('{"x": 1e99999}', "第 1 行不是 JSON"),
        ("[" * 100_000, "嵌套过深"),
    ],
)
def test_facts_that_cannot_be_read_are_told_by_line(
    versions: tuple[str, str], tmp_path: Path, text: str, told: str
) -> None:
    found = ran(*versions, "--facts", facts(tmp_path, text))
    assert found.exit_code == 2
    assert told in found.output


def test_a_csv_that_cannot_be_written_is_told(versions: tuple[str, str], tmp_path: Path) -> None:
    path = facts(tmp_path, cases(11))
    found = ran(*versions, "--facts", path, "--csv", str(tmp_path / "none" / "diff.csv"))
    assert (found.exit_code, "写不了这个文件" in found.output) == (2, True)


def test_too_many_facts_are_refused(versions: tuple[str, str], tmp_path: Path) -> None:
    found = ran(*versions, "--facts", facts(tmp_path, "{}\n" * (decision_diff.MOST_FACTS + 1)))
    assert (found.exit_code, "最多 20000 项" in found.output) == (2, True)


def test_a_version_that_cannot_be_read_is_told_with_its_place(versions: tuple[str, str], tmp_path: Path) -> None:
    path = facts(tmp_path, cases(1))
    missing = ran(versions[0], str(tmp_path / "none.dmn"), "--facts", path)
    assert (missing.exit_code, "读不了这个文件" in missing.output) == (2, True)
    Path(versions[1]).write_bytes(xml(decision("verdict", literal("1 +"))))
    broken = ran(*versions, "--facts", path, "--language", "en")
    assert broken.exit_code == 2
    assert "new.dmn verdict" in broken.output
    unknown = ran(versions[0], versions[0], "--facts", path, "--decision", "vredict")
    assert (unknown.exit_code, "“vredict”填写有误：旧版没有这个决策" in unknown.output) == (2, True)


def test_a_decision_of_one_version_only_is_named(versions: tuple[str, str], tmp_path: Path) -> None:
    Path(versions[1]).write_bytes(xml(decision("verdict", literal('"eligible"'))))
    assert "只在一个版本里有：note, same" in ran(*versions, "--facts", facts(tmp_path, cases(10))).output


def published(work: UnitOfWork, digest: str, content: bytes) -> None:
    deployments.add(work, "p", digest, {"dmn/p/verdict.dmn": content}, {})


def taken(work: UnitOfWork, members: int, decision_id: str = "verdict") -> None:
    read = {"case": {"members": members, "name": "长春"}}
    details = {"element": "decide", "value": "eligible", "read": read, "digest": "d"}
    audit.record(
        work.session, SYSTEM, "decision-taken", at=work.now, object_type=audit.DECISION, object_id=decision_id,
        case_id=members, details=details,
    )  # fmt: skip


def test_deployments_are_compared_over_what_the_trail_has(store: Flask, now: datetime) -> None:
    assert store
    for digest, least in (("aaaa1111", 10), ("bbbb2222", 12)):
        transact(published, digest, version(least), actor=SYSTEM, now=now)
    for members in (9, 11, 11, 12):
        transact(taken, members, actor=SYSTEM, now=now)
    session = db.session()
    old, new = (decision_diff.version_of(session, Path(digest)) for digest in ("aaaa11", "bbbb2222"))
    found = decision_diff.diff(session, old, new, (), None)
    assert {name: one.asked for name, one in found.comparisons.items()} == {"verdict": 4}
    assert [change.label.split(" ")[0] for change in found.changes] == ["#11", "#11"]
    assert len({change.label for change in found.changes}) == 2


@pytest.mark.parametrize("digest", ["aaaa", "aaaa1", "cccccc", "%%%%%%"])
def test_a_digest_that_says_no_one_deployment_is_refused(store: Flask, now: datetime, digest: str) -> None:
    assert store
    for name in ("aaaa1111", "aaaa1122"):
        transact(published, name, version(10), actor=SYSTEM, now=now)
    with pytest.raises(InvalidInput):
        decision_diff.version_of(db.session(), Path(digest))
    with pytest.raises(InvalidInput):
        decision_diff.version_of(db.session(), Path("aaaa11"))


def test_answers_that_were_not_recorded_are_not_made_up(tmp_path: Path) -> None:
    for name, text in (("old", 'deadline("x")'), ("new", 'working days after(date("2031-01-01"), 3)')):
        (tmp_path / f"{name}.dmn").write_bytes(xml(decision("d", literal(text))))
    old, new = (decision_diff.version_of(None, tmp_path / f"{name}.dmn") for name in ("old", "new"))
    given = decision_diff.facts_of("{}", "facts")
    with pytest.raises(InvalidInput) as caught:
        decision_diff.diff(None, old, new, (), given)
    assert "“deadline”，它当时的结果没有记录" in caught.value.text()
    with pytest.raises(CalendarGap):
        decision_diff.diff(None, new, new, (), given)
