"""The tests' own rules: our code is never mocked, and every scenario that is written runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from gherkin.parser import Parser

from tests.architecture.house import ROOT, named, python_files

FEATURES = sorted(path for path in (ROOT / "tests").rglob("*.feature") if "node_modules" not in path.parts)
SCENARIO = re.compile(r"^\s*(场景|剧本|场景大纲|剧本大纲|Scenario|Scenario Outline)\s*[:：]", re.MULTILINE)


def test_no_test_replaces_our_own_code() -> None:
    this = Path(__file__)
    forbidden = re.compile(r"\bmock\.patch|unittest\.mock|\bmocker\b|monkeypatch\.setattr\(\s*[\"']service\.")
    mocked = [
        f"{named(path)}:{number}"
        for path in python_files("tests")
        if path != this
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not mocked, f"use a fake at the edge: {mocked}"


def _parts(feature: dict[str, object]) -> list[dict[str, object]]:
    """A feature and everything in it that may carry a description."""
    found = [feature]
    for child in feature.get("children", []):  # type: ignore[attr-defined]
        for part in child.values():
            found.extend(_parts(part))
    found.extend(feature.get("examples", []))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("path", FEATURES, ids=named)
def test_nothing_that_looks_like_a_scenario_is_read_as_description(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    feature = Parser().parse(text)["feature"]
    assert feature, "no feature: the language line or the first keyword is wrong"
    parts = _parts(feature)
    swallowed = [
        line.strip()
        for part in parts
        for line in str(part.get("description", "")).splitlines()
        if re.match(r"\s*\S{1,8}?[:：]", line)
    ]
    assert not swallowed, f"these lines never run; is the keyword known, its colon ASCII? {swallowed}"
    scenarios = [
        part for part in parts if "steps" in part and part.get("keyword", "").strip() not in {"背景", "Background"}
    ]  # type: ignore[attr-defined]
    assert len(scenarios) == len(SCENARIO.findall(text))


def _expected(path: Path) -> int:
    """Scenarios of a feature as they run: an outline once for each row of its examples."""
    count = 0
    for part in _parts(Parser().parse(path.read_text(encoding="utf-8"))["feature"]):
        if "steps" in part and "examples" in part:
            examples = part["examples"]
            count += sum(len(table["tableBody"]) for table in examples) if examples else 1  # type: ignore[attr-defined]
    return count


@pytest.mark.skipif(not FEATURES, reason="no scenarios yet")
def test_every_written_scenario_is_collected() -> None:
    folders = sorted({"/".join(named(path).split("/")[:2]) for path in FEATURES})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--collect-only",
            "-q",
            "-m",
            "",
            "-p",
            "tests.architecture.count_scenarios",
            *folders,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    counted = re.search(r"scenarios collected: (\d+)", run.stdout)
    assert counted, run.stdout[-2000:] + run.stderr[-2000:]
    assert int(counted[1]) == sum(_expected(path) for path in FEATURES)
