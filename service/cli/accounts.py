"""Accounts, their tokens, and the organisations they belong to."""

from __future__ import annotations

import click

from service.cli.console import as_operator, main, settings_of


@main.group()
def user() -> None:
    """账号。 / Accounts."""


@user.command("add")
@click.argument("login")
@click.option("--name", required=True, help="姓名。")
@click.option("--organisation", required=True, help="单位代码。")
@click.option("--role", "roles", multiple=True, help="角色，可多次。")
@click.option("--email", default="", help="电子邮箱。")
@click.password_option(help="口令（不写则在终端输入）。")
def user_add(login: str, **given: object) -> None:
    """建立账号并授予角色。 / Create an account and grant roles."""
    from service.commands import people  # noqa: PLC0415

    as_operator(people.add_user, login=login, **given)
    click.echo(login)


@user.command("token")
@click.argument("login")
@click.option("--name", required=True, help="给哪个程序用。")
@click.option("--days", default=90, show_default=True, help="有效天数，1 至 366。")
@click.option("--scope", "scopes", multiple=True, default=("read",), help="read、work、jobs、deploy、operate，可多次。")
def user_token(**given: object) -> None:
    """为账号生成接口令牌，只显示这一次。 / Make an API token for an account; it is shown this once."""
    from service.commands.api_tokens import create  # noqa: PLC0415

    click.echo(as_operator(create, **given))


@user.command("reset")
@click.argument("login")
def user_reset(login: str) -> None:
    """作废账号的口令，给出设新口令的一次性链接。 / Take a password away; prints the link that sets a new one."""
    from service.commands.accounts import reset_login  # noqa: PLC0415

    click.echo(f"{settings_of().base_url}/set-password/{as_operator(reset_login, login=login)}")


@main.group()
def organisation() -> None:
    """单位。 / Organisations."""


@organisation.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option(
    "--kind", required=True, type=click.Choice(["authority", "competent", "enterprise", "institute", "other"])
)
@click.option("--parent", default=None, help="上级单位代码。")
@click.option("--competent", default=None, help="归口主管部门的单位代码。")
@click.option("--credit-code", default=None, help="统一社会信用代码。")
@click.option("--region", default="", help="所在区域。")
def organisation_add(code: str, **given: object) -> None:
    """登记单位。 / Register an organisation."""
    from service.commands import people  # noqa: PLC0415

    as_operator(people.add_organisation, code=code, **given)
    click.echo(code)
