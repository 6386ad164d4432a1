"""Keep what is there: verify, back up, restore, and check a dossier that went out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

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


@main.command("check-dossier")
@click.argument("source", type=click.File("rb"))
def check_dossier(source: IO[bytes]) -> None:
    """按清单里的哈希核对导出的案卷；不一致时退出码为 1。 / Check an exported dossier by its manifest."""
    from service.delivery.dossier import check  # noqa: PLC0415

    words = {
        "changed": "内容变了 / has changed",
        "missing": "不在压缩包里 / is not in the archive",
        "added": "不在清单里 / is not in the manifest",
        "unreadable": "读不出清单 / no manifest can be read",
    }
    found = check(source)
    for path, what in found:
        click.echo(f"{path}：{words[what]}")
    click.echo(
        "案卷完整，没有改动。 / The dossier is whole and unchanged." if not found else "案卷不完整。 / It is not whole."
    )
    sys.exit(1 if found else 0)


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
