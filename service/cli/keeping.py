"""Keep what is there: verify, back up, restore."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.console import application, main, settings_of

if TYPE_CHECKING:
    from service.commands.backup import BackupReport, Verification


@main.command()
def verify() -> None:
    """核对审计链与保存的文件，报告尚未封存的尾部；有问题时退出码为 1。 / Verify the audit chain and the kept files."""
    from service.commands.backup import verify as run  # noqa: PLC0415

    report(run)


@main.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def backup(target: Path) -> None:
    """把数据库与文件备份成一个自带校验的归档；可在运行中进行。缺文件时退出码为 1。 / Back up into one archive."""
    from service.commands.backup import back_up as run  # noqa: PLC0415

    report(run, target, datetime.now(UTC))


@main.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(source: Path) -> None:
    """把备份恢复到一个空数据库，并核对；目标不空则拒绝。 / Restore a backup into an empty database and verify it."""
    from service.commands.backup import restore_whole as run  # noqa: PLC0415

    report(run, source, datetime.now(UTC), migrated=True)


def report(act: Callable[..., BackupReport | Verification], *given: object, migrated: bool = False) -> None:
    """Do something to the whole service, say what came of it, and end with 1 where something is wrong."""
    from service.store.migrations import upgrade  # noqa: PLC0415

    app = application(settings_of())
    if migrated:
        upgrade(app)
    with app.app_context():
        report = act(*given)
    click.echo(report.told())
    sys.exit(0 if report.whole else 1)
