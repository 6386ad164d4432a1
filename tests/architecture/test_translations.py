"""The English catalogue holds every text of the pages, finished."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.architecture.house import ROOT

ENGLISH = ROOT / "service/web/translations/en/LC_MESSAGES/messages.po"


def _read(path: Path) -> Catalog:
    with path.open("rb") as lines:
        return read_po(lines)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What pybabel finds in the code and the templates now."""
    pot = tmp_path_factory.mktemp("pot") / "messages.pot"
    run = subprocess.run(
        [str(Path(sys.executable).with_name("pybabel")), "-q", "extract", "-F", "babel.cfg", "-o", str(pot), "service"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return _read(pot)


def test_the_catalogue_holds_what_the_pages_say(extracted: Catalog) -> None:
    there = {message.id for message in _read(ENGLISH) if message.id}
    wanted = {message.id for message in extracted if message.id}
    assert not wanted - there, f"run `make catalogue` and translate: {sorted(map(str, wanted - there))[:20]}"
    assert not there - wanted, f"no page says these any more: {sorted(map(str, there - wanted))[:20]}"


def test_every_text_is_translated_and_none_is_a_guess() -> None:
    catalogue = _read(ENGLISH)
    empty = [
        str(message.id)
        for message in catalogue
        if message.id and not (all(message.string) if isinstance(message.string, tuple | list) else message.string)
    ]
    assert not empty, empty[:20]
    assert not [str(message.id) for message in catalogue if message.id and message.fuzzy]


def test_the_slots_of_a_text_are_those_of_its_translation() -> None:
    def slots(text: object) -> set[str]:
        texts = text if isinstance(text, tuple | list) else (text,)
        return {slot for one in texts for slot in re.findall(r"%\((\w+)\)", str(one))}

    lost = [str(message.id) for message in _read(ENGLISH) if message.id and slots(message.string) - slots(message.id)]
    assert not lost


def test_english_is_english() -> None:
    chinese = [
        str(message.id)
        for message in _read(ENGLISH)
        if message.id and re.search(r"[\u4e00-\u9fff]", str(message.string).replace("申报", "").replace("中文", ""))
    ]
    assert not chinese, chinese[:20]
