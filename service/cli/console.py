"""What the commands of the console script share: the group they hang on, the application, acting as the operator."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import click

from service.cli.failures import Console
from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from flask import Flask

T = TypeVar("T")


@click.group(cls=Console)
def main() -> None:
    """申报：把政府申报程序作为流程图运行。 / Shenbao runs declaration procedures as diagrams."""


def application(settings: Settings) -> Flask:
    """The application; loaded by the commands that need it, so that the parent of `serve` stays small."""
    from service.app import create_app  # noqa: PLC0415 - as the docstring says

    return create_app(settings)


def as_operator(command: Callable[..., T], **given: object) -> T:
    """Run one command in the name of the service itself; what it gives."""
    from service.domain.identity import SYSTEM  # noqa: PLC0415
    from service.store.unit_of_work import transact  # noqa: PLC0415

    with application(settings_of()).app_context():
        return transact(command, **given, actor=SYSTEM, now=datetime.now(UTC))


def settings_of(*, development: bool = False) -> Settings:
    """The settings of the environment; what is missing there is said and ends the command with 2."""
    try:
        return Settings.from_environment(development=development)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
