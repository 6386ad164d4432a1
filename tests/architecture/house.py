"""The tree of the project as the guards see it: its Python files, parsed once."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "service"
DOORS = ("web", "clock", "simulator")


def python_files(folder: str = "service") -> list[Path]:
    """All Python files of a top-level folder, migrations and the front end's packages left out."""
    return [
        path
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not {"node_modules", "versions", "__pycache__"} & set(path.parts)
    ]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def named(path: Path) -> str:
    """A path as the tree shows it."""
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    """The room a file of the service is in; a file beside the rooms is its own."""
    return path.relative_to(SERVICE).parts[0].removesuffix(".py")


def tracked(pattern: str = "") -> list[str]:
    """The files git knows, new ones not yet added included; in a copy without git, the files that are there."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *([pattern] if pattern else [])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode == 0 and listing.stdout:
        return sorted({line for line in listing.stdout.splitlines() if (ROOT / line).exists()})
    ignored = {".venv", "node_modules", ".git", "__pycache__", "var", "build", "dist"}
    found = (path for path in ROOT.rglob("*") if path.is_file() and not ignored & set(path.parts))
    return sorted(named(path) for path in found if not pattern or path.match(pattern))
