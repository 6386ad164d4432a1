"""What a moved deadline changes in each story; a change that cannot be meant is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.app import create_throw_away
from service.domain.errors import InvalidInput
from service.programmes.folder import read_folder
from service.programmes.manifest import Manifest, read_manifest
from service.simulator.play import play_stories
from service.simulator.story import read_story
from service.simulator.what_if import Change, Question, ask, changed, read_changes
from tests.support.office import DATA, SAMPLE

MODELS = DATA / "sample"
STORIES = MODELS / "bpmn" / SAMPLE / "stories"
MANIFEST = f"bpmn/{SAMPLE}/programme.toml"


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest((MODELS / MANIFEST).read_text("utf-8"))


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("paper +1 working day", Change("paper-delivery", 1, "working_days")),
        ("paper-delivery -12 working days", Change("paper-delivery", -12, "working_days")),
        ("纸质材料送交 +1个工作日", Change("paper-delivery", 1, "working_days")),
        ("纸质材料送交−2工作日", Change("paper-delivery", -2, "working_days")),
        ("Online declaration closes +3 calendar days", Change("submission", 3, "calendar_days")),
        ("submission -3日", Change("submission", -3, "calendar_days")),
        ("submission +2个月", Change("submission", 2, "months")),
    ],
)
def test_a_change_is_a_name_a_number_and_a_unit(manifest: Manifest, text: str, change: Change) -> None:
    assert read_changes(text, manifest) == (change,)
    assert read_changes(f"{text}，{text}", manifest) == (change, change)


@pytest.mark.parametrize(
    "text", ["", "paper", "paper +1", "paper + one day", "paper +1 week", "+1 day", "nothing +1 day"]
)
def test_what_is_not_understood_is_refused(manifest: Manifest, text: str) -> None:
    with pytest.raises(InvalidInput):
        read_changes(text, manifest)


def test_a_misspelt_deadline_is_answered_with_the_nearest(manifest: Manifest) -> None:
    with pytest.raises(InvalidInput, match="is no deadline here; nearest: paper-delivery, ") as refused:
        read_changes("papr-delivery +1 working day", manifest)
    assert "没有这项期限，最接近的是：paper-delivery（" in refused.value.text("zh")


def test_a_programme_or_a_procedure_that_is_not_there_is_answered_with_what_is() -> None:
    said: list[str] = []
    with pytest.raises(InvalidInput, match=f"no such programme; there are: {SAMPLE}"):
        play_stories(MODELS, "nowhere", (), said.append, create_throw_away)
    assert play_stories(MODELS, SAMPLE, (), said.append, create_throw_away, procedure="no-such") == 1
    assert said == [f"{SAMPLE} no-such：没有故事；有故事的程序 / no stories; procedures with stories: two-dates"]


@pytest.mark.parametrize("text", ["paper +1 day", "paper +1 month", "paper -10 working days", "submission +1 month"])
def test_a_unit_that_is_not_the_periods_is_refused(manifest: Manifest, text: str) -> None:
    story = read_story(STORIES / "paper-late.toml")
    with pytest.raises(InvalidInput):
        changed(read_folder(MODELS, SAMPLE), manifest, story, read_changes(text, manifest))


def test_a_date_of_the_call_moves_by_working_days(manifest: Manifest) -> None:
    story = read_story(STORIES / "paper-late.toml")
    files = read_folder(MODELS, SAMPLE)
    anew, moved = changed(files, manifest, story, read_changes("submission +2 working days", manifest))
    assert moved.call is not None
    assert str(moved.call.dates["submission"]) == "2022-09-19"  # the 15th is a Thursday
    assert anew == files


def _ask(text: str, *stories: str) -> tuple[int, str]:
    said: list[str] = []
    question = Question(MODELS, SAMPLE, [STORIES / f"{name}.toml" for name in stories], "", create_throw_away)
    return ask(question, text, said.append), "\n".join(said)


def test_one_working_day_more_makes_the_late_paper_timely() -> None:
    code, told = _ask("paper +1 working day", "paper-late")
    assert code == 0
    (outcome,) = [line.split() for line in told.splitlines() if "结果" in line]
    (paper,) = [line.split() for line in told.splitlines() if "纸质材料送交" in line]
    assert outcome[-2:] == ["late", "intake_check"]
    assert paper[-4:] == ["2022年10月13日", "17:30", "2022年10月14日", "17:30"]


def test_a_story_that_cannot_come_to_its_end_any_more_says_so() -> None:
    code, told = _ask("paper -1 working day", "accepted")
    assert code == 0
    assert "改后 / moved：" in told


def test_a_year_without_a_calendar_is_told(tmp_path: Path) -> None:
    story = (STORIES / "paper-late.toml").read_text("utf-8").replace("2022", "2032")
    (tmp_path / "far.toml").write_text(story, "utf-8")
    said: list[str] = []
    question = Question(MODELS, SAMPLE, [tmp_path / "far.toml"], "", create_throw_away)
    assert ask(question, "paper +1 working day", said.append) == 1
    assert "2032" in "\n".join(said)
