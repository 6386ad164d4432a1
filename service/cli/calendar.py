"""Import a year of the business calendar, after showing which open deadlines it moves."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.console import as_operator, main


@main.group()
def calendar() -> None:
    """工作日历。 / The business calendar."""


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="导入；不加时只列出会移动的期限。 / Apply; without it nothing is kept.")
def calendar_import(file: Path, *, yes: bool) -> None:
    """一年的工作日历（TOML）：先列出会移动的期限，加 --yes 才导入。 / Show which open deadlines move; --yes imports."""
    from service.commands.calendar import import_year, preview_year  # noqa: PLC0415

    try:
        content = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{file} 须为 UTF-8 文本 / must be UTF-8 text") from None
    moved = as_operator(import_year if yes else preview_year, content=content)
    for row in moved:
        click.echo(row)
    if yes:
        click.echo(f"已导入；{len(moved)} 个期限改变 / imported; {len(moved)} deadlines moved")
    else:
        click.echo(f"{len(moved)} 个期限会改变，尚未导入；加 --yes 导入 / {len(moved)} would move; add --yes to import")
