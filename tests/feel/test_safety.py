"""Nothing of Python is reachable from an expression, and no text is ever run as Python."""

import ast
from pathlib import Path

import pytest

from service import dmn, feel
from service.feel import compile_expression, from_json, to_text

ROOMS = (Path(feel.__file__).parent, Path(dmn.__file__).parent)
SOURCES = [path for room in ROOMS for path in sorted(room.rglob("*.py"))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_module_runs_text(path: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not called & {"eval", "exec", "compile", "__import__", "globals", "vars", "locals"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_rooms_stand_alone(path: Path) -> None:
    allowed = ("service.feel",) if ROOMS[0] in path.parents else ("service.feel", "service.dmn")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert all(name.startswith(allowed) for name in names if name.startswith("service")), names


ATTRIBUTES = ["__class__", "__class__.__mro__", "__init__.__globals__", "__dict__", "year.__class__", "call", "_run"]


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@pytest.mark.parametrize("value", ["x", "text", "day", "row", "list", "f", "object", "count"])
def test_an_attribute_of_python_is_no_member(attribute: str, value: str) -> None:
    variables = from_json({"x": 1, "text": "a", "row": {"a": 1}, "list": [1]})
    variables |= {"day": compile_expression('@"2026-04-15"').evaluate({}), "object": object()}
    variables["f"] = compile_expression("function(x) x").evaluate({})
    found = compile_expression(f"{value}.{attribute}").evaluate(variables)
    assert found in (None, [None])


def test_an_object_of_python_stays_closed() -> None:
    variables = {"o": object()}
    for text in ("string(o)", "o + 1", "o = 1", "o[1].x", "o()", "{a: o}.a.x", "o instance of context"):
        assert compile_expression(text).evaluate(variables) in (None, False, "null")
    assert "0x" not in to_text(compile_expression("[o]").evaluate(variables))
