"""Writes a migration from the difference between the models and the migrations so far.

    python -m service.store.migrations.generate 0002_what_changes

Until the first release the one first migration is written anew: `… generate 0001_tables`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from flask import Flask

from service.store.migrations import DIRECTORY, prepare, upgrade
from service.store.session import attach

VERSIONS = DIRECTORY / "versions"


def generate(name: str) -> Path:
    """Write `versions/<name>.py`; the name is the revision id too. A file of that name is replaced."""
    import flask_migrate  # noqa: PLC0415 # see upgrade

    if not re.fullmatch(r"\d{4}_[a-z0-9_]+", name):
        raise SystemExit("a migration is named like 0002_what_changes")
    target = VERSIONS / f"{name}.py"
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        app = Flask("service")
        attach(app, f"sqlite:///{folder}/empty.sqlite3")
        if any(VERSIONS.glob("*.py")):
            upgrade(app)
        prepare(app)
        with app.app_context():
            flask_migrate.revision(message=name[5:].replace("_", " ").capitalize(), autogenerate=True, rev_id=name)
    written = next(VERSIONS.glob(f"{name}_*.py"))
    written.rename(target)
    for act in (["check", "--quiet", "--exit-zero", "--fix"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *act, str(target)], check=True, capture_output=True)  # noqa: S603 # ours
    return target


if __name__ == "__main__":
    generate(sys.argv[1])
