"""What of the kept personal data is over its period: shown first, taken away on request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from service.cli.console import application, main, settings_of

if TYPE_CHECKING:
    from service.commands.expired import Plan
    from service.domain.personal import Periods


# Beside the cases: what is counted and taken away, as the plan says it.
RESTS: Final = {
    "drafts": ("没有提交的草稿", "drafts"),
    "mails": ("已发邮件的正文", "texts of mail"),
    "addresses": ("一次性链接的收件地址", "addresses of one-time links"),
    "messages": ("站内消息", "messages"),
    "registrations": ("已办结的单位注册资料", "what registered units said of themselves"),
    "tokens": ("失效的接口令牌", "API tokens that have ended"),
    "sessions": ("过期的登录", "sessions that are over"),
    "password_links": ("过期的设口令链接", "password links that are over"),
}


@main.command()
@click.option("--yes", is_flag=True, help="照计划清除；不写则只列出计划。 / Take away as planned.")
def retention(yes: bool) -> None:
    """列出（并清除）超过保存期限的个人信息。 / List, and take away, personal data whose time is over."""
    settings = settings_of()
    with application(settings).app_context():
        found = _plan(settings.periods)
        for line in _told(found):
            click.echo(line)
        if yes and not found.is_empty:
            _clear(found, settings.periods)
            click.echo("已清除。 / Done.")
        elif not found.is_empty:
            click.echo("这是计划，什么也没有改。照此清除请加 --yes。 / A plan only; add --yes to carry it out.")


def _plan(periods: Periods) -> Plan:
    from service.commands import expired  # noqa: PLC0415 - see service/cli/console.py
    from service.store.session import db  # noqa: PLC0415

    found = expired.plan(db.session(), periods, datetime.now(UTC))
    db.session.rollback()
    return found


def _clear(found: Plan, periods: Periods) -> None:
    """One case after the other, then the rest, then the bytes that no row names any more."""
    from service.commands import retention as commands  # noqa: PLC0415
    from service.domain.identity import SYSTEM  # noqa: PLC0415
    from service.store.unit_of_work import transact  # noqa: PLC0415

    hashes: set[str] = set()
    now = datetime.now(UTC)
    for case in found.cases:
        hashes |= transact(commands.clear_case, case.case_id, periods, actor=SYSTEM, now=now)
    hashes |= transact(commands.clear_rest, periods, actor=SYSTEM, now=now)[1]
    transact(commands.forget_files, hashes, actor=SYSTEM, now=now)


def _told(found: Plan) -> list[str]:
    if found.is_empty:
        return ["没有超过保存期限的数据。 / Nothing is over its period."]
    lines = [
        f"{one.number or one.case_id} {one.title}：个人信息 {one.fields} 项，附件 {one.files} 件，"
        f"异议人 {one.objectors} 个 / {one.fields} fields, {one.files} files, {one.objectors} objectors"
        for one in found.cases
    ]
    return [*lines, *(_counted(kind, count) for kind, count in found.rest.items() if count)]


def _counted(kind: str, count: int) -> str:
    zh, en = RESTS[kind]
    return f"{zh} {count} 份 / {en}: {count}"
