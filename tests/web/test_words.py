"""What the shipped diagrams and people's browsers call by a code is told in words."""

from __future__ import annotations

import re
import tomllib
from html import unescape

import pytest
from flask import Flask

from service.settings import ROOT
from service.web.words import device_word, state_word

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


@pytest.mark.parametrize(
    ("client", "told"),
    [
        ("10.0.0.7 Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0 Safari/537.36", "Chrome · Linux · 10.0.0.7"),
        ("10.0.0.7 Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge · Windows · 10.0.0.7"),
        ("::1 Mozilla/5.0 (iPhone; CPU iPhone OS 17 like Mac OS X) Safari/604.1", "Safari · iPhone · ::1"),
        ("10.0.0.7 curl/8.0", "10.0.0.7 curl/8.0"),
        ("", ""),
    ],
)
def test_a_device_is_called_as_people_call_it(client: str, told: str) -> None:
    assert device_word(client) == told
