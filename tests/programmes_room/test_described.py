"""The pages about the shipped programmes follow their models (`shenbao programme show KEY --to docs/programmes`)."""

from __future__ import annotations

import pytest

from service.programmes.describe import document_folder
from service.programmes.folder import programme_keys
from service.settings import ROOT

PAGES = ROOT / "docs" / "programmes"
KEYS = programme_keys(ROOT)


@pytest.mark.parametrize("key", KEYS)
def test_a_programmes_page_and_pictures_are_current(key: str) -> None:
    stale = [
        path
        for path, content in document_folder(ROOT, key).items()
        if not (PAGES / path).exists() or (PAGES / path).read_bytes() != content
    ]
    assert stale == [], f"write them anew: shenbao programme show {key} --to docs/programmes"


def test_no_page_or_picture_is_left_over() -> None:
    wanted = {path for key in KEYS for path in document_folder(ROOT, key)}
    assert {path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*") if path.is_file()} == wanted
