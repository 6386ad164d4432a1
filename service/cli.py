"""The console script `shenbao`: a door for operators and designers; each command calls one function of the house."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from service.domain.errors import DeploymentRefused, Language, Refusal
from service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from flask import Flask

    from service.commands.backup import BackupReport, Verification

T = TypeVar("T")
_LEVELS = {"error": "错误", "warning": "警告", "note": "提示"}


@click.group()
def main() -> None:
    """申报：把政府申报程序作为流程图运行。 / Shenbao runs declaration procedures as diagrams."""


@main.command()
@click.option("--development", is_flag=True, help="演示模式：SQLite、演示账号与虚构案件。")
def serve(development: bool) -> None:
    """迁移数据库，然后启动网页服务与时钟。 / Migrate, then serve the pages and run the clock."""
    from service.supervisor import serve as run  # noqa: PLC0415 - the web server is loaded only where it serves

    sys.exit(run(_settings(development=development)))


@main.command()
def web() -> None:
    """只启动网页服务（数据库须已迁移）。 / Serve the pages only."""
    from service.supervisor import serve_web  # noqa: PLC0415

    serve_web(_settings())


@main.command()
def clock() -> None:
    """只启动时钟：到期、提醒、发信、重试。 / Run the clock only."""
    from service.clock.scheduler import run  # noqa: PLC0415

    settings = _settings()
    run(_app(settings), tick_seconds=settings.tick_seconds)


@main.command()
def migrate() -> None:
    """把数据库升级到当前版本，并载入工作日历。 / Upgrade the database and load the calendar."""
    from service.supervisor import migrate as run  # noqa: PLC0415

    run(_settings())


@main.command()
@click.argument("keys", nargs=-1)
def deploy(keys: tuple[str, ...]) -> None:
    """检查并发布专项（不写名称则发布全部）。 / Check and publish programmes."""
    from service.commands import deployments  # noqa: PLC0415
    from service.domain.identity import SYSTEM  # noqa: PLC0415
    from service.programmes.folder import programme_keys, read_folder  # noqa: PLC0415
    from service.store.unit_of_work import transact  # noqa: PLC0415

    settings = _settings()
    with _app(settings).app_context():
        for key in keys or programme_keys(settings.models_dir):
            try:
                published = transact(
                    deployments.publish, read_folder(settings.models_dir, key), key, actor=SYSTEM, now=datetime.now(UTC)
                )
            except DeploymentRefused as refused:
                for problem in refused.problems:
                    click.echo(problem.text(), err=True)
                sys.exit(1)
            click.echo(f"{key}: 版本 {published.version}" + ("" if published.changed else "（没有变化）"))


@main.command()
def demonstrate() -> None:
    """填入演示账号与虚构案件（仅开发模式）。 / Fill in fictional accounts and cases (development only)."""
    from service.simulator.demonstration import demonstrate as run  # noqa: PLC0415

    settings = _settings()
    if not settings.development:
        click.echo("只有开发模式可以填入演示数据。 / Demonstration data is for development only.", err=True)
        sys.exit(2)
    with _app(settings).app_context():
        run(settings.models_dir, datetime.now(UTC), click.echo)
    click.echo(f"申报 / Shenbao: {settings.base_url}")


@main.group()
def programme() -> None:
    """检查、查看、打包专项。 / Check, show and pack programmes."""


@programme.command("check")
@click.argument("key")
@click.option("--models", type=click.Path(path_type=Path, exists=True), default=None, help="模型所在文件夹。")
def programme_check(key: str, models: Path | None) -> None:
    """列出专项的全部问题；没有问题时说明没有。 / List every problem of a programme."""
    from service.operations import CATALOGUE  # noqa: PLC0415
    from service.programmes.check import check_folder  # noqa: PLC0415

    problems = check_folder(models or Settings().models_dir, key, operations=CATALOGUE.keys())
    for problem in problems:
        click.echo(f"{_LEVELS[problem.level]} {problem.text()}")
    levels = Counter(problem.level for problem in problems)
    found = "，".join(f"{count} 个{_LEVELS[level]}" for level, count in levels.items())
    click.echo(f"{key}: {found or '没有问题'}")
    sys.exit(1 if levels["error"] else 0)


@programme.command("show")
@click.argument("key")
@click.option("--models", type=click.Path(path_type=Path, exists=True), default=None, help="模型所在文件夹。")
def programme_show(key: str, models: Path | None) -> None:
    """把专项打印成一页：程序、任务、角色、表单、期限、决策、操作、文书。 / Describe a programme in one page."""
    from service.programmes.describe import describe_folder  # noqa: PLC0415

    click.echo(describe_folder(models or Settings().models_dir, key))


@programme.command("pack")
@click.argument("key")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--models", type=click.Path(path_type=Path, exists=True), default=None, help="模型所在文件夹。")
def programme_pack(key: str, target: Path, models: Path | None) -> None:
    """把专项打成一个可上传的 zip。 / Pack a programme as a zip for upload."""
    from service.programmes.folder import read_folder  # noqa: PLC0415
    from service.programmes.package import pack  # noqa: PLC0415

    target.write_bytes(pack(read_folder(models or Settings().models_dir, key)))
    click.echo(str(target))


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
    with _app(_settings()).app_context() if needs_database else nullcontext():
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


@main.command()
@click.argument("key")
@click.option(
    "--story", "stories", multiple=True, type=click.Path(path_type=Path, exists=True), help="故事文件（TOML）。"
)
@click.option("--models", type=click.Path(path_type=Path, exists=True), default=None, help="模型所在文件夹。")
def simulate(key: str, stories: tuple[Path, ...], models: Path | None) -> None:
    """用真实命令、虚拟时钟把案件走一遍，打印经过；结果与故事所说不符时退出码为 1。 / Play a story."""
    from service.app import create_throw_away  # noqa: PLC0415
    from service.simulator.play import play_stories  # noqa: PLC0415

    sys.exit(play_stories(models or Settings().models_dir, key, stories, click.echo, create_throw_away))


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
    with _app(_settings()).app_context():
        found = migrations.plan(db.session(), programme, version, source=source, numbers=numbers, renamed=renamed)
        click.echo(migrations.told(found))
        ready = [move.instance_id for move in found.moves if move.verdict == "ready"]
        for instance_id in ready if yes else ():
            transact(commands.move, instance_id, found.deployment_id, renamed, actor=SYSTEM, now=datetime.now(UTC))
    sys.exit(1 if len(ready) < len(found.moves) else 0)


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

    _as_operator(people.add_user, login=login, **given)
    click.echo(login)


@user.command("token")
@click.argument("login")
@click.option("--name", required=True, help="给哪个程序用。")
@click.option("--days", default=90, show_default=True, help="有效天数，1 至 366。")
@click.option("--scope", "scopes", multiple=True, default=("read",), help="read、work、jobs、deploy、operate，可多次。")
def user_token(**given: object) -> None:
    """为账号生成接口令牌，只显示这一次。 / Make an API token for an account; it is shown this once."""
    from service.commands.api_tokens import create  # noqa: PLC0415

    click.echo(_as_operator(create, **given))


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

    _as_operator(people.add_organisation, code=code, **given)
    click.echo(code)


@main.group()
def calendar() -> None:
    """工作日历。 / The business calendar."""


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
def calendar_import(file: Path) -> None:
    """导入一年的工作日历（TOML），受影响的期限重新计算。 / Import a year and recompute open deadlines."""
    from service.commands.calendar import import_year  # noqa: PLC0415

    moved = _as_operator(import_year, content=file.read_text(encoding="utf-8"))
    for row in moved:
        click.echo(row)
    click.echo(f"已导入；{len(moved)} 个期限改变")


@main.command()
def verify() -> None:
    """核对审计链与保存的文件，报告尚未封存的尾部；有问题时退出码为 1。 / Verify the audit chain and the kept files."""
    from service.commands.backup import verify as run  # noqa: PLC0415

    _report(run)


@main.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def backup(target: Path) -> None:
    """把数据库与文件备份成一个自带校验的归档；可在运行中进行。缺文件时退出码为 1。 / Back up into one archive."""
    from service.commands.backup import back_up as run  # noqa: PLC0415

    _report(run, target, datetime.now(UTC))


@main.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(source: Path) -> None:
    """把备份恢复到一个空数据库，并核对；目标不空则拒绝。 / Restore a backup into an empty database and verify it."""
    from service.commands.backup import restore_whole as run  # noqa: PLC0415

    _report(run, source, datetime.now(UTC), migrated=True)


def _report(act: Callable[..., BackupReport | Verification], *given: object, migrated: bool = False) -> None:
    """Do something to the whole service, say what came of it, and end with 1 where something is wrong."""
    from service.store.migrations import upgrade  # noqa: PLC0415

    app = _app(_settings())
    if migrated:
        upgrade(app)
    with app.app_context():
        report = act(*given)
    click.echo(report.told())
    sys.exit(0 if report.whole else 1)


def _app(settings: Settings) -> Flask:
    """The application; loaded by the commands that need it, so that the parent of `serve` stays small."""
    from service.app import create_app  # noqa: PLC0415 - as the docstring says

    return create_app(settings)


def _as_operator(command: Callable[..., T], **given: object) -> T:
    """Run one command in the name of the service itself; what it gives."""
    from service.domain.identity import SYSTEM  # noqa: PLC0415
    from service.store.unit_of_work import transact  # noqa: PLC0415

    with _app(_settings()).app_context():
        return transact(command, **given, actor=SYSTEM, now=datetime.now(UTC))


def _settings(*, development: bool = False) -> Settings:
    try:
        return Settings.from_environment(development=development)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def run() -> None:
    """Run a command; a refusal is a sentence on standard error, not a trace."""
    try:
        main(standalone_mode=True)
    except Refusal as refusal:
        click.echo(refusal.text(), err=True)
        sys.exit(1)
