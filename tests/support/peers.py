"""Programs in JavaScript that tests compare ours with: one question a line in, as JSON, one answer a line out."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "peers"
NODE = ROOT / ".venv" / "bin" / "node"


def need(package: str) -> None:
    """Skips where a package is not installed, fails under REQUIRE_BROWSER; `make test` installs it."""
    if not (FOLDER / "node_modules" / package).is_dir() or not NODE.exists():
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(f"REQUIRE_BROWSER is set, but {package} is not installed: run `make test`")
        pytest.skip(f"{package} is not installed: run `make test`")


def answers(script: str, questions: Iterable[Any]) -> list[Any]:
    """What a script of tests/peers answers."""
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([NODE, script], input=lines, capture_output=True, text=True, cwd=FOLDER, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
