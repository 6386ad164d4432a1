"""Level 2 of the DMN Technology Compatibility Kit, all of it."""

from pathlib import Path

import pytest

from service.dmn.tck import Outcome, main, run

KIT = Path(__file__).parents[1] / "data" / "dmn-tck"
OUTCOMES = list(run(KIT))


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.case)
def test_a_case_of_the_kit_passes(outcome: Outcome) -> None:
    assert outcome.passed, outcome.why


def test_the_kit_is_all_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(OUTCOMES) == 104
    assert main([str(KIT)]) == 0
    assert capsys.readouterr().out == "level 2: 104/104\n"


def test_a_failing_case_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = KIT / "compliance-level-2" / "0004-simpletable-U"
    folder = tmp_path / "compliance-level-2" / "0004-simpletable-U"
    folder.mkdir(parents=True)
    for path in suite.iterdir():
        text = path.read_text(encoding="utf-8")
        (folder / path.name).write_text(text.replace("Approved", "Refused") if path.suffix == ".xml" else text)
    assert main([str(tmp_path)]) == 1
    assert "expected 'Refused', got 'Approved'" in capsys.readouterr().out


def test_a_suite_without_its_model_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = KIT / "compliance-level-2" / "0004-simpletable-U"
    (tmp_path / "suite.xml").write_bytes(next(suite.glob("*.xml")).read_bytes())
    (tmp_path / "broken.xml").write_text("<testCases>")
    assert main([str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "there is no file 0004-simpletable-U.dmn" in told
    assert "broken.xml" in told
    assert told.endswith("level other: 0/4\n")


def test_a_folder_without_suites_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == main([]) == main(["nowhere"]) == 2
    assert "usage" in capsys.readouterr().out
