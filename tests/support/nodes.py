"""Processes of the service as they run in earnest, each with a database of its test; stopped or killed by their id."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def running(command: str, count: int, folder: Path, **settings: object) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many `python -m service <command>` with these settings, in development mode; their logs are in the folder."""
    environment = {
        **os.environ,
        "SHENBAO_DEVELOPMENT": "1",
        "SHENBAO_DATA_DIR": str(folder / "files"),
        "SHENBAO_ARGON2_TIME_COST": "1",
        "SHENBAO_ARGON2_MEMORY_KIB": "64",
        **{f"SHENBAO_{name.upper()}": str(value) for name, value in settings.items()},
    }
    nodes = []
    try:
        for number in range(count):
            with (folder / f"{command}-{number}.log").open("wb") as log:
                nodes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "service", command],
                        cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
                    )
                )  # fmt: skip
        yield nodes
    finally:
        for node in nodes:
            if node.poll() is None:
                node.kill()
            node.wait(timeout=20)


def logs(command: str, folder: Path) -> str:
    """Everything that those nodes have written."""
    found = sorted(folder.glob(f"{command}-*.log"))
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in found)
