"""Compare two versions of decisions."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from service.cli.console import application, main, settings_of
from service.domain.errors import Language, Refusal


@main.group()
def decision() -> None:
    """比较决策的两个版本。 / Compare two versions of decisions."""


@decision.command("diff")
@click.argument("old")
@click.argument("new")
@click.option("--decision", "names", multiple=True, help="只比较这些决策（编号），可多次。")
@click.option(
    "--facts", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="JSON 或 JSONL：每项一组变量。"
)
@click.option("--csv", "table", type=click.Path(path_type=Path, dir_okay=False), help="另存为 CSV，含两版的全部理由。")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", help="zh 或 en。")
def decision_diff(
    *, old: str, new: str, names: tuple[str, ...], facts: Path | None, table: Path | None, language: Language
) -> None:
    """用记录下来的事实比较决策的两个版本，列出结果改变的事实与两版的理由。 / Compare two versions of decisions.

    OLD 与 NEW 是 .dmn 文件，或者数据库中部署的摘要（前 6 位以上）。不写 --facts 时，用审计记录里这些决策读过的事实。

    OLD and NEW are .dmn files, or the digest of a deployment in the database (its first 6 signs or more). Without
    --facts the facts are those that the decisions in the audit trail have read.

    \b
    退出码 Exit code
      0  没有结果改变               no outcome changed
      1  有结果改变                 outcomes changed
      2  无法比较：文件、编号或事实有误  cannot be compared: a file, an id or a fact is wrong
    """
    from service.queries import decision_diff as query  # noqa: PLC0415
    from service.store.session import db  # noqa: PLC0415

    paths = [Path(old), Path(new)]
    text = facts.read_text(encoding="utf-8-sig", errors="replace") if facts else None
    needs_database = text is None or not all(map(query.is_file, paths))
    with application(settings_of()).app_context() if needs_database else nullcontext():
        session = db.session() if needs_database else None
        try:
            before, after = (query.version_of(session, path) for path in paths)
            rows = query.facts_of(text, str(facts)) if text is not None else None
            found = query.diff(session, before, after, names, rows)
            if table is not None:
                query.write_csv(table, found, language)
        except Refusal as refusal:
            click.echo(refusal.text(language), err=True)
            sys.exit(2)
    click.echo(query.as_table(found, language))
    sys.exit(1 if found.changes else 0)
