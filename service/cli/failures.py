"""What a command that was typed wrongly, or that met a missing database or file, says: a sentence in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

NO_TABLE = "42P01"  # PostgreSQL's SQLSTATE; SQLite answers with an OperationalError


class Console(click.Group):
    """The group of all commands; a mistake in what was typed, also of a command below, is told in Chinese too."""

    def make_context(self, *given: Any, **more: Any) -> click.Context:
        """The context, after the options of the group itself were read."""
        with _bilingual():
            return super().make_context(*given, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, after its options were read."""
        with _bilingual():
            return super().invoke(ctx)


def failure(error: Exception) -> str | None:
    """What to say of a file or a database that is not there; None for what has no such cause, whose trace is needed."""
    from sqlalchemy.exc import OperationalError, ProgrammingError  # noqa: PLC0415 - `serve` does without it

    if isinstance(error, OSError) and error.filename:
        where, what = error.filename, error.strerror or str(error)
        return f"文件“{where}”不能读写（{what}）。 / The file “{where}” cannot be read or written: {what}."
    if isinstance(error, OperationalError) or (isinstance(error, ProgrammingError) and _has_no_tables(error.orig)):
        why = str(error.orig).strip()
        return (
            f"数据库打不开，或者还没有建表。请核对 SHENBAO_DATABASE_URL，再运行 shenbao migrate。（{why}） / "
            "The database cannot be opened or has no tables. "
            f"Check SHENBAO_DATABASE_URL, then run shenbao migrate. ({why})"
        )
    return None


def _has_no_tables(reason: BaseException | None) -> bool:
    return getattr(reason, "sqlstate", None) == NO_TABLE


@contextmanager
def _bilingual() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        raise click.UsageError(f"{_in_chinese(error)} / {error.format_message()}", error.ctx) from None


def _in_chinese(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}"
    if isinstance(error, click.exceptions.NoSuchCommand):
        return f"没有命令 {error.command_name}"
    if not isinstance(error, click.BadParameter) or error.param is None:
        return "命令写得不对"
    name = error.param.get_error_hint(error.ctx) if error.ctx else error.param.name
    if isinstance(error, click.MissingParameter):
        return f"缺少 {name}"
    if isinstance(error.param.type, click.Path | click.File):
        return f"{name} 指的文件或文件夹不存在，或者不能读写"
    return f"{name} 的值不对"
