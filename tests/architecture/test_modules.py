"""Every module is small, says what it is for, and has a name that says it too."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.house import ROOT, named, parsed, python_files

LONGEST = 400
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "handler", "handlers", "misc", "info"}
MODULES = python_files("service")


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_fits_in_one_head(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    lines = text.count("\n")
    assert lines <= LONGEST, f"{lines} lines: split it by responsibility"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_says_its_responsibility_in_one_sentence(path: object) -> None:
    said = ast.get_docstring(parsed(path))  # type: ignore[arg-type]
    assert said, "no module docstring"
    first = said.split("\n\n")[0]
    assert re.search(r"[.。]$", first.strip()), f"the first paragraph is one sentence, ended by a full stop: {first!r}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    found = [named(path) for path in MODULES if FORBIDDEN_NAMES & {path.stem, *path.relative_to(ROOT).parts}]
    services = [
        f"{named(path)}: {node.name}"
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Service")
    ]
    assert not found + services
