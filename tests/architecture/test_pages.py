"""Pages obey the strict policy (no inline script or style, nothing marked safe) and keep to what old browsers know."""

from __future__ import annotations

import re

import pytest

from tests.architecture.house import ROOT, SERVICE, named

TEMPLATES = sorted((SERVICE / "web" / "templates").rglob("*.html"))
RULES = {
    "a script without src": re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/json)[^>]*>", re.IGNORECASE
    ),
    "an inline style": re.compile(r"<style\b|\sstyle\s*=\s*[\"']", re.IGNORECASE),
    "an inline event": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "text marked safe": re.compile(r"\|\s*safe\b"),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_template_obeys_the_policy(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    broken = {rule: match[0] for rule, pattern in RULES.items() if (match := pattern.search(text))}
    assert not broken


@pytest.mark.parametrize("path", sorted((SERVICE / "web" / "static").glob("*.css")), ids=named)
def test_a_style_sheet_asks_nothing_of_a_browser_that_chromium_88_does_not_know(path: object) -> None:
    """The browsers shipped with Kylin and UOS desktops."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)  # type: ignore[attr-defined]
    newer = (":has(", "@container", "@layer", "color-mix(", "subgrid", "&:")  # what is only finer may be new
    assert [one for one in newer if one in text] == []


def test_scripts_are_strict() -> None:
    frontend = SERVICE / "web" / "frontend"
    assert '"strict": true' in (frontend / "tsconfig.json").read_text(encoding="utf-8")
    loose = [
        named(path)
        for path in (frontend / "src").glob("*.ts")
        if re.search(
            r"\bany\b(?=[\s>;,)\]])(?<=: any)|@ts-ignore|innerHTML\s*=|\beval\(", path.read_text(encoding="utf-8")
        )
    ]
    assert not loose
    assert not [path for path in (ROOT / "service/web/static").rglob("*.js") if "dist" not in path.parts]
