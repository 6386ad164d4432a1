"""The letters of the shipped programmes: whose paper each is, and that nothing a clerk writes for it is dropped."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from service.settings import ROOT

FORMS = ROOT / "forms"
#: each form whose entries a letter prints, and the letter
PRINTED = (
    ("filing", "filing-notice"),
    ("rectify-notice", "rectify-notice"),
    ("revoke-proposal", "defence-notice"),
    ("revoke-decision", "revocation-decision"),
)


#: what the public notice of the same decision says
PUBLISHED = {"title", "contact_name", "contact_phone"}


@pytest.mark.parametrize("path", sorted(FORMS.glob("*/*recommend*.letter.md")), ids=lambda path: path.parent.name)
def test_what_the_department_decides_is_its_own_paper(path: Path) -> None:
    front = tomllib.loads(path.read_text(encoding="utf-8").split("+++")[1])
    assert front["issuer"] == "competent", path.name


@pytest.mark.parametrize(("form", "letter"), PRINTED, ids=lambda name: name)
def test_what_is_written_for_a_letter_stands_in_it(form: str, letter: str) -> None:
    fields = json.loads((FORMS / "common" / f"{form}.form").read_text(encoding="utf-8"))["components"]
    written = {one["key"] for one in fields if one["type"] in {"textfield", "textarea", "datetime"}}
    for path in FORMS.glob(f"*/{letter}.letter.md"):
        text = path.read_text(encoding="utf-8")
        dropped = {key for key in written - PUBLISHED if f"case.{form.replace('-', '_')}.{key}" not in text}
        assert not dropped, f"{path}: {dropped}"
