"""Bring a database to the tables of this version."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Flask

DIRECTORY: Final = Path(__file__).parent


def upgrade(app: Flask, revision: str = "head") -> None:
    """Migrate the application's database; nothing is done when it is up to date.

    Two processes may call this at once: one waits for the other. A migration that is interrupted leaves no trace.
    """
    import flask_migrate  # noqa: PLC0415 # alembic costs 14 MB, and the web process never migrates

    prepare(app)
    with app.app_context():
        flask_migrate.upgrade(revision=revision)


def prepare(app: Flask) -> None:
    """Tell Flask-Migrate where the migrations are, once for an application."""
    from flask_migrate import Migrate  # noqa: PLC0415 # as above

    from service.store.session import db  # noqa: PLC0415 # alembic loads this package without the tables

    if "migrate" not in app.extensions:
        Migrate(app, db, directory=str(DIRECTORY))
