"""Every state and every end that the shipped diagrams name is told in words, never by its code."""

from __future__ import annotations

import re
import tomllib
from html import unescape

from flask import Flask

from service.settings import ROOT
from service.web.words import state_word

OUTCOME = re.compile(r'<zeebe:output source="=([^"]*)" target="outcome"')
STATE = re.compile(r'name="case-state" value="([^"]+)"')


def named() -> set[str]:
    """The codes: the states written on elements, and how the procedures of the programmes end."""
    manifests = [tomllib.loads(path.read_text(encoding="utf-8")) for path in ROOT.glob("bpmn/*/programme.toml")]
    procedures = {key for manifest in manifests for key in manifest["procedures"]}
    found: set[str] = set()
    for path in ROOT.glob("bpmn/*/*.bpmn"):
        text = path.read_text(encoding="utf-8")
        found |= set(STATE.findall(text))
        if path.stem in procedures:
            found |= {code for source in OUTCOME.findall(text) for code in re.findall(r'"([a-z_]+)"', unescape(source))}
    return found


def test_no_state_shows_its_code(site: Flask) -> None:
    codes = named()
    assert {"published", "filed", "returned"} <= codes
    with site.test_request_context():
        assert sorted(code for code in codes if state_word(code).staff == code) == []
