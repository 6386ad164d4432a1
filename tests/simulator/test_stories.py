"""Every shipped story comes true, and a rule taken out of the decisions makes one of them fail."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from service.app import create_throw_away
from service.domain.errors import InvalidInput
from service.settings import ROOT
from service.simulator.play import play_stories
from service.simulator.story import read_story

KEY = "changchun-innovation-consortium"
STORIES = sorted((ROOT / "bpmn").glob("*/stories/*.toml"))
# Played in every run, beside those that are listened to below; the scenarios over HTTP tell most of the others once
# more, and `make proof` plays them all.
ALWAYS = {
    "changchun-innovation-consortium": {"annual-report"},
    "jilin-manufacturing-innovation-centre": {"cultivated"},
    "jilin-industrial-innovation-centre": {"approved"},
    "changchun-manufacturing-innovation-centre": {"filed"},
    "guizhou-manufacturing-innovation-centre": {"piloted"},
}
RULE = re.compile(r"\s*<rule\b.*?</rule>", re.DOTALL)


def _param(path: Path) -> object:
    marks = () if path.stem in ALWAYS[path.parts[-3]] else (pytest.mark.proof,)
    return pytest.param(path, id=f"{path.parts[-3]}-{path.stem}", marks=marks)


@pytest.mark.parametrize("story", [_param(path) for path in STORIES])
def test_a_shipped_story_comes_true(story: Path) -> None:
    said: list[str] = []
    assert play_stories(ROOT, story.parts[-3], [story], said.append, create_throw_away) == 0, "\n".join(said[-15:])


def test_each_story_of_a_run_begins_with_an_empty_database() -> None:
    said: list[str] = []
    twice = [ROOT / "bpmn" / KEY / "stories" / "five-enterprises.toml"] * 2
    assert play_stories(ROOT, KEY, twice, said.append, create_throw_away) == 0, "\n".join(said[-15:])
    first, second = (said[one:] for one, line in enumerate(said) if line.startswith("■"))
    assert first[: len(second)] == second


def test_a_story_says_who_did_what_which_deadline_was_set_and_the_numbers() -> None:
    said: list[str] = []
    code = play_stories(ROOT, KEY, [ROOT / "bpmn" / KEY / "stories" / "filed.toml"], said.append, create_throw_away)
    told = "\n".join(said)
    assert code == 0, told
    assert re.search(r"2026-03-\d\d \d\d:\d\d  .*办结“核查材料”", told)
    assert re.search(r"期限 初审推荐：.*2026-03-04 \+ 10 个工作日 = 2026-03-18 24:00止；依据：第九条第2项", told)
    assert re.search(r"案件编号 SB2026\d+；状态 filed；结果 filed；备案编号 长创联备〔2026〕1号", told)
    assert re.search(r"审计链 完整，共 \d+ 条，未封存 0 条", told)


def test_a_story_names_the_rows_it_shows_and_a_row_is_an_id(tmp_path: Path) -> None:
    stories = shutil.copytree(ROOT / "bpmn" / KEY / "stories", tmp_path / "stories")
    path = stories / "withdrawn.toml"
    written = re.sub(r"^rows = .*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
    path.write_text('rows = ["P5-L01", "P5-A02a"]\n' + written, "utf-8")
    assert read_story(path).rows == ("P5-L01", "P5-A02a")
    path.write_text('rows = ["第九条"]\n' + written, "utf-8")
    with pytest.raises(InvalidInput, match="P1-C04"):
        read_story(path)


@pytest.mark.parametrize(
    ("needle", "what", "story"),
    [
        (r'"M02"', "the finding of the share of enterprises", "five-enterprises"),
        pytest.param(
            r"<outputEntry[^>]*>\s*<text>\"eligible\"</text>", "the verdict eligible", "filed", marks=pytest.mark.proof
        ),
        pytest.param(
            r"<outputEntry[^>]*>\s*<text>\"ineligible\"</text>",
            "the verdict ineligible",
            "five-enterprises",
            marks=pytest.mark.proof,
        ),
    ],
)
def test_a_rule_taken_out_makes_a_story_fail(needle: str, what: str, story: str, tmp_path: Path) -> None:
    for folder in ("bpmn", "dmn", "forms"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    table = tmp_path / "dmn" / KEY / "eligibility.dmn"
    text = table.read_text("utf-8")
    rules = [rule for rule in RULE.findall(text) if re.search(needle, rule)]
    assert len(rules) == 1, f"{what}: {len(rules)} rules found"
    table.write_text(text.replace(rules[0], ""), "utf-8")
    path = tmp_path / "bpmn" / KEY / "stories" / f"{story}.toml"
    assert play_stories(tmp_path, KEY, [path], lambda _line: None, create_throw_away) == 1
