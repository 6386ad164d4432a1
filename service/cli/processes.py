"""What runs: the pages, the clock, the migration before them, and the demonstration's cases."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from service.cli.console import application, main, settings_of


@main.command()
@click.option("--development", is_flag=True, help="演示模式：SQLite、演示账号与虚构案件。")
def serve(development: bool) -> None:
    """迁移数据库，然后启动网页服务与时钟。 / Migrate, then serve the pages and run the clock."""
    from service.supervisor import serve as run  # noqa: PLC0415 - the web server is loaded only where it serves

    sys.exit(run(settings_of(development=development)))


@main.command()
def web() -> None:
    """只启动网页服务（数据库须已迁移）。 / Serve the pages only."""
    from service.supervisor import serve_web  # noqa: PLC0415

    serve_web(settings_of())


@main.command()
def clock() -> None:
    """只启动时钟：到期、提醒、发信、重试。 / Run the clock only."""
    from service.clock.scheduler import run  # noqa: PLC0415

    settings = settings_of()
    run(application(settings), tick_seconds=settings.tick_seconds)


@main.command()
def migrate() -> None:
    """把数据库升级到当前版本，并载入工作日历。 / Upgrade the database and load the calendar."""
    from service.supervisor import migrate as run  # noqa: PLC0415

    run(settings_of())


@main.command()
def demonstrate() -> None:
    """填入演示账号与虚构案件（仅开发模式）。 / Fill in fictional accounts and cases (development only)."""
    from service.simulator.demonstration import demonstrate as run  # noqa: PLC0415

    settings = settings_of()
    if not settings.development:
        click.echo("只有开发模式可以填入演示数据。 / Demonstration data is for development only.", err=True)
        sys.exit(2)
    with application(settings).app_context():
        run(settings.models_dir, datetime.now(UTC), click.echo)
    click.echo(f"申报 / Shenbao: {settings.base_url}")
