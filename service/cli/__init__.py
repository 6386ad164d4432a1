"""The console script `shenbao`: a door for operators and designers; each command calls one function of the house."""

from __future__ import annotations

import sys

import click

from service.cli import accounts, calendar, decisions, instances, keeping, processes, programmes, retention
from service.cli.console import main
from service.cli.failures import failure
from service.domain.errors import Refusal

__all__ = [
    "accounts",
    "calendar",
    "decisions",
    "instances",
    "keeping",
    "main",
    "processes",
    "programmes",
    "retention",
    "run",
]


def run() -> None:
    """Run a command; a refusal, or a file or database that is not there, is a sentence on standard error, no trace."""
    try:
        main(standalone_mode=True)
    except Refusal as refusal:
        click.echo(f"{refusal.text('zh')} / {refusal.text('en')}", err=True)
    except Exception as error:
        told = failure(error)
        if told is None:
            raise
        click.echo(told, err=True)
    sys.exit(1)
