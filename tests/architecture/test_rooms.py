"""Who may know what: the import contracts, and the few places where a library is touched."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.architecture.house import DOORS, ROOT, named, parsed, python_files, room


def _imported(path: Path) -> set[str]:
    """The top-level packages a file imports."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def _calls(path: Path) -> list[tuple[int, str, str]]:
    """Every call of an attribute, as (line, what it is called on, name)."""
    return [
        (node.lineno, ast.unparse(node.func.value), node.func.attr)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([str(lint)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:]


def test_the_engines_ground_is_imported_by_one_file() -> None:
    importers = {named(path) for path in python_files() if "SpiffWorkflow" in _imported(path)}
    assert importers <= {"service/engine/spiff.py"}


def test_there_is_one_commit() -> None:
    commits = {
        f"{named(path)}:{line}"
        for path in python_files()
        for line, _, name in _calls(path)
        if name == "commit" and named(path) != "service/store/unit_of_work.py"
    }
    assert not commits, f"only the unit of work commits: {sorted(commits)}"


# The runner of the DMN kit is a program of its own, and tables of the kit ask for now().
PROGRAMS = {"service/dmn/tck.py"}


def test_below_the_doors_nobody_asks_for_the_time() -> None:
    asked = {
        f"{named(path)}:{line}"
        for path in python_files()
        if room(path) not in (*DOORS, "cli", "app", "supervisor") and named(path) not in PROGRAMS
        for line, owner, name in _calls(path)
        if (name in {"now", "utcnow", "today"} and owner.split(".")[-1] in {"datetime", "date"})
        or (owner == "time" and name in {"time", "time_ns", "localtime"})
    }
    assert not asked, f"`now` is passed in: {sorted(asked)}"
