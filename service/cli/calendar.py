"""Import a year of the business calendar."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.console import as_operator, main


@main.group()
def calendar() -> None:
    """工作日历。 / The business calendar."""


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
def calendar_import(file: Path) -> None:
    """导入一年的工作日历（TOML），受影响的期限重新计算。 / Import a year and recompute open deadlines."""
    from service.commands.calendar import import_year  # noqa: PLC0415

    moved = as_operator(import_year, content=file.read_text(encoding="utf-8"))
    for row in moved:
        click.echo(row)
    click.echo(f"已导入；{len(moved)} 个期限改变")
