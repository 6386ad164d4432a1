"""Running cases: move them to another version of their programme."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from service.cli.console import application, main, settings_of


@main.group()
def instance() -> None:
    """在办的案件。 / Running cases."""


@instance.command("migrate")
@click.argument("programme")
@click.option("--to", "version", type=int, default=None, help="目标版本；不写则为最新版本。")
@click.option("--from", "source", type=int, default=None, help="只迁移这个版本上的案件。")
@click.option("--case", "numbers", multiple=True, help="只迁移这些案件（案件号或编号），可多次。")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="对应表（TOML）：每个流程一节，节内写“旧标识 = 新标识”，任务、事件、网关、连线均可。",
)
@click.option("--yes", is_flag=True, help="照计划迁移；不写则只列出计划。")
def instance_migrate(
    *,
    programme: str,
    version: int | None,
    source: int | None,
    numbers: tuple[str, ...],
    mapping: Path | None,
    yes: bool,
) -> None:
    """把在办案件迁移到专项的另一个版本：先列出计划，--yes 才迁移，每个案件一次提交。 / Plan, then move running cases.

    退出码：0 全部可以迁移，1 有案件需要对应表或不能迁移。 / Exit code 1: some need a mapping or are blocked.
    """
    from service.commands import migrations as commands  # noqa: PLC0415
    from service.domain.identity import SYSTEM  # noqa: PLC0415
    from service.programmes.moving import read_renamed  # noqa: PLC0415
    from service.queries import migrations  # noqa: PLC0415
    from service.store.session import db  # noqa: PLC0415
    from service.store.unit_of_work import transact  # noqa: PLC0415

    renamed = read_renamed(mapping.read_text(encoding="utf-8-sig", errors="replace") if mapping else "")
    with application(settings_of()).app_context():
        found = migrations.plan(db.session(), programme, version, source=source, numbers=numbers, renamed=renamed)
        click.echo(migrations.told(found))
        ready = [move.instance_id for move in found.moves if move.verdict == "ready"]
        for instance_id in ready if yes else ():
            transact(commands.move, instance_id, found.deployment_id, renamed, actor=SYSTEM, now=datetime.now(UTC))
    sys.exit(1 if len(ready) < len(found.moves) else 0)
