"""What an operator types wrongly, or too early, is answered by a sentence in both languages and never by a trace."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli import main, run
from service.cli.failures import failure
from service.simulator.demonstration import NotPublished
from tests.support.office import DATA

SAMPLE = DATA / "sample"


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (("restore", "no-such.zip"), "'SOURCE' 指的文件或文件夹不存在", "'no-such.zip' does not exist"),
        (("calendar", "import", "no-such.toml"), "'FILE' 指的文件或文件夹不存在", "'no-such.toml' does not exist"),
        (("restore",), "缺少 'SOURCE'", "Missing argument 'SOURCE'"),
        (("restor",), "没有命令 restor", "No such command 'restor'"),
        (("--everything",), "没有选项 --everything", "No such option '--everything'"),
        (("user", "token", "a", "--days", "many"), "'--days' 的值不对", "'many' is not a valid integer"),
        (("verify", "all", "of", "it"), "命令写得不对", "unexpected extra arguments"),
    ],
)
def test_a_mistyped_command_is_told_in_both_languages(words: tuple[str, ...], zh: str, en: str) -> None:
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert zh in done.output, done.output
    assert en in done.output, done.output


def test_a_database_without_tables_and_a_folder_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHENBAO_DEVELOPMENT", "1")
    monkeypatch.setenv("SHENBAO_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    monkeypatch.setenv("SHENBAO_DATA_DIR", str(tmp_path / "files"))
    monkeypatch.setattr(sys, "argv", ["shenbao", "verify"])
    with pytest.raises(SystemExit, match="1"):
        run()
    told = capsys.readouterr().err
    assert "再运行 shenbao migrate" in told
    assert "then run shenbao migrate" in told
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / "nowhere" / "backup.zip").write_bytes(b"")
    assert "backup.zip”不能读写" in (failure(missing.value) or "")
    assert failure(KeyError("a defect of ours")) is None
    assert failure(ConnectionRefusedError(111, "Connection refused")) is None


def test_the_demonstration_says_which_programmes_are_missing(sqlite_url: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main,
        ["demonstrate"],
        env={"SHENBAO_DEVELOPMENT": "1", "SHENBAO_DATABASE_URL": sqlite_url, "SHENBAO_DATA_DIR": str(tmp_path)},
    )
    assert isinstance(done.exception, NotPublished)
    assert "shenbao deploy changchun-innovation-consortium " in done.exception.text("zh")


def test_a_designer_reads_where_it_is_and_what_to_do_in_both_languages(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "models")
    diagram = tmp_path / "models" / "bpmn" / "sample-two-dates" / "two-dates.bpmn"
    diagram.write_text(diagram.read_text("utf-8").replace('=verdict = "eligible"', '=verdict == "eligible"'), "utf-8")
    done = CliRunner().invoke(main, ["programme", "check", "sample-two-dates", "--models", str(tmp_path / "models")])
    assert done.exit_code == 1
    lines = diagram.read_text("utf-8").split("\n")
    line = next(number for number, text in enumerate(lines, start=1) if 'sequenceFlow id="g-decide--train"' in text)
    place, zh, en, counted = done.output.splitlines()
    assert f"two-dates.bpmn:{line} g-decide--train “是”" in place
    assert "相等用一个等号" in zh
    assert "write = for equality" in en
    assert counted == "sample-two-dates: 1 个错误 / error: 1"
