"""A story that begins as another: which steps it takes over, what it enters otherwise, and what is refused by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from service.domain.errors import InvalidInput
from service.simulator.story import Story, read_story

USUAL = """
title = "顺路"
programme = "sample"
procedure = "sample-declaration"
starts_on = 2026-03-02
rows = ["P1-C04"]
[expect]
outcome = "filed"
[[step]]
task = "填写"
as = "lead"
data_file = "declared.toml"
[step.data]
name = "甲"
[[step]]
advance_days = 1
[[step]]
task = "核查"
as = "office"
[step.data]
complete = "yes"
[[step]]
task = "填写"
as = "lead"
"""
OTHER = """
title = "核查不合格"
before = { story = "usual.toml", until = "核查" }
[expect]
outcome = "refused"
[[step]]
task = "核查"
as = "office"
[step.data]
complete = "no"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "declared.toml").write_text(
        'name = "乙"\nfunds = 900\n[lead]\ntype = "leading"\ncity = "yes"\n', "utf-8"
    )
    (tmp_path / "usual.toml").write_text(USUAL, "utf-8")
    return tmp_path


def _read(folder: Path, text: str) -> Story:
    (folder / "other.toml").write_text(text, "utf-8")
    return read_story(folder / "other.toml")


def test_the_steps_before_the_task_come_first_and_what_is_not_written_is_the_other_storys(folder: Path) -> None:
    story = _read(folder, OTHER)
    assert [step.task or step.advance_days for step in story.steps] == ["填写", 1, "核查"]
    assert story.steps[0].data == {"name": "甲", "funds": 900, "lead": {"type": "leading", "city": "yes"}}
    assert story.steps[2].data == {"complete": "no"}
    assert (story.programme, story.procedure, story.starts_on) == ("sample", "sample-declaration", date(2026, 3, 2))


def test_title_end_and_rows_are_the_storys_own(folder: Path) -> None:
    story = _read(folder, OTHER)
    assert (story.title, story.expect.outcome, story.rows) == ("核查不合格", "refused", ())


def test_what_is_written_here_goes_before_the_other_storys(folder: Path) -> None:
    story = _read(folder, OTHER.replace("[expect]", "starts_on = 2026-05-06\n[expect]"))
    assert story.starts_on == date(2026, 5, 6)


def test_its_data_are_entered_instead_where_a_step_enters_them(folder: Path) -> None:
    other = (
        '{ story = "usual.toml", until = "核查", data = { name = "丙", funds = 1000, lead = { city = "no" }, no = 1 } }'
    )
    story = _read(folder, OTHER.replace('{ story = "usual.toml", until = "核查" }', other))
    assert story.steps[0].data == {"name": "丙", "funds": 1000, "lead": {"type": "leading", "city": "no"}}
    assert story.steps[2].data == {"complete": "no"}


def test_a_story_may_begin_as_one_that_begins_as_another(folder: Path) -> None:
    (folder / "second.toml").write_text(OTHER + '[[step]]\ntask = "复核"\nas = "office"\n', "utf-8")
    story = _read(folder, OTHER.replace("usual.toml", "second.toml").replace('until = "核查"', 'until = "复核"'))
    assert [step.task for step in story.steps if step.task] == ["填写", "核查", "核查"]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ('{ story = "usual.toml", until = "复核" }', "复核"),
        ('{ story = "other.toml", until = "核查" }', "绕回自己"),
        ('{ story = "../usual.toml", until = "核查" }', "同一文件夹"),
        ('{ story = "gone.toml", until = "核查" }', "gone.toml"),
        ('{ story = "usual.toml" }', "until"),
        ('{ story = "usual.toml", until = "核查", where = 1 }', "where"),
        ('"usual.toml"', "before|Invalid"),
    ],
)
def test_what_it_cannot_begin_as_is_refused_by_name(folder: Path, before: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        _read(folder, OTHER.replace('{ story = "usual.toml", until = "核查" }', before))


@pytest.mark.parametrize("broken", ['step = "核查"', "step = 3", "step = [1]"])
def test_steps_that_are_no_tables_are_refused(folder: Path, broken: str) -> None:
    text = OTHER[: OTHER.index("[[step]]")].replace("[expect]", f"{broken}\n[expect]")
    with pytest.raises(InvalidInput, match="step"):
        _read(folder, text)


@pytest.mark.parametrize(
    ("written", "said"),
    [('bans = { "91220100DEMX000149" = "2027" }', "bans"), ('experts = [{ field = "法律" }]', "employer")],
)
def test_bans_and_experts_that_are_not_whole_are_refused(folder: Path, written: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        _read(folder, OTHER.replace("[expect]", f"{written}\n[expect]"))
