"""Programmes: publish, check, show, pack, and play their stories."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click

from service.cli.console import application, main, settings_of
from service.domain.errors import DeploymentRefused, Problem
from service.settings import Settings

_LEVELS = {"error": "错误", "warning": "警告", "note": "提示"}


def _folder(models: Path | None) -> Path:
    """The folder of models that is named, or the installed one; what a service needs to start is not asked for."""
    return models or Settings.from_environment(development=True).models_dir


@main.command()
@click.argument("keys", nargs=-1)
def deploy(keys: tuple[str, ...]) -> None:
    """检查并发布专项（不写名称则发布全部）。 / Check and publish programmes."""
    from service.commands import deployments  # noqa: PLC0415
    from service.domain.identity import SYSTEM  # noqa: PLC0415
    from service.programmes.folder import programme_keys, read_folder  # noqa: PLC0415
    from service.store.unit_of_work import transact  # noqa: PLC0415

    settings = settings_of()
    with application(settings).app_context():
        for key in keys or programme_keys(settings.models_dir):
            try:
                published = transact(
                    deployments.publish, read_folder(settings.models_dir, key), key, actor=SYSTEM, now=datetime.now(UTC)
                )
            except DeploymentRefused as refused:
                for problem in refused.problems:
                    click.echo(_both(problem), err=True)
                sys.exit(1)
            click.echo(f"{key}: 版本 {published.version}" + ("" if published.changed else "（没有变化）"))


def _both(problem: Problem) -> str:
    """The place once, with its line, and below it the words in both languages."""
    line = f":{problem.line}" if problem.line else ""
    place = f"{problem.file}{line} {problem.element}".strip() + (f" “{problem.name}”" if problem.name else "")
    return f"{place}\n  {problem.zh}\n  {problem.en}"


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

    problems = check_folder(_folder(models), key, operations=CATALOGUE.keys())
    for problem in problems:
        click.echo(f"{_LEVELS[problem.level]} {_both(problem)}")
    levels = Counter(problem.level for problem in problems)
    found = "，".join(f"{count} 个{_LEVELS[level]}" for level, count in levels.items())
    counted = ", ".join(f"{level}: {count}" for level, count in levels.items())
    click.echo(f"{key}: {found or '没有问题'} / {counted or 'no problems'}")
    sys.exit(1 if levels["error"] else 0)


@programme.command("show")
@click.argument("key")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="连同流程图的图片写到这个文件夹。"
)
@click.option("--models", type=click.Path(path_type=Path, exists=True), default=None, help="模型所在文件夹。")
def programme_show(key: str, folder: Path | None, models: Path | None) -> None:
    """把专项打印成一页（Markdown）：程序、任务、角色、表单、期限、决策、操作、文书。 / Describe a programme."""
    from service.programmes.describe import describe_folder, document_folder  # noqa: PLC0415

    if folder is None:
        click.echo(describe_folder(_folder(models), key))
        return
    for path, content in document_folder(_folder(models), key).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    click.echo(str(folder / f"{key}.md"))


@programme.command("new")
@click.argument("key")
@click.option("--like", "other", required=True, help="照哪一个专项做。")
@click.option("--name", default="", help="中文名称；不写则为“原名（副本）”。")
@click.option("--name-en", default="", help="英文名称。")
@click.option(
    "--models",
    type=click.Path(path_type=Path, exists=True),
    default=None,
    help="从哪个文件夹照做，也写在那里；不写则照安装的专项做，写在当前文件夹。",
)
def programme_new(key: str, other: str, name: str, name_en: str, models: Path | None) -> None:
    """照一个专项做一份可以改的副本：模型、专项说明与故事，换成新的名称。 / Begin a programme from another."""
    from service.domain.errors import Refusal  # noqa: PLC0415
    from service.programmes.copying import begin  # noqa: PLC0415

    try:
        source, target = _folder(models), (models or Path()).resolve()
        made = begin(source, other, key, target, name=name, name_en=name_en)
        for folder, count in Counter(path.parent for path in made).items():
            click.echo(f"{folder}：{count} 个文件 / files")
        _tell_next(key, target)
    except Refusal as refused:
        click.echo(f"{refused.text('zh')} / {refused.text('en')}", err=True)
        sys.exit(1)


def _tell_next(key: str, target: Path) -> None:
    """Say how what was copied is checked, played, packed and brought into the service."""
    click.echo("接着 / next:")
    for command in (f"programme check {key}", f"simulate {key}", f"programme pack {key} {key}.zip"):
        click.echo(f"  shenbao {command} --models {target}")
    click.echo(f"  网页“专项与版本”上传 {key}.zip，核对后发布 / upload it on the page of programmes, check, publish")


@programme.command("pack")
@click.argument("key")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--models", type=click.Path(path_type=Path, exists=True), default=None, help="模型所在文件夹。")
def programme_pack(key: str, target: Path, models: Path | None) -> None:
    """把专项打成一个可上传的 zip。 / Pack a programme as a zip for upload."""
    from service.programmes.folder import read_folder  # noqa: PLC0415
    from service.programmes.package import pack  # noqa: PLC0415

    target.write_bytes(pack(read_folder(_folder(models), key)))
    click.echo(str(target))


@main.command()
@click.argument("key")
@click.argument("procedure", required=False, default="")
@click.option(
    "--story", "stories", multiple=True, type=click.Path(path_type=Path, exists=True), help="故事文件（TOML）。"
)
@click.option("--what-if", "changes", default="", help="移动期限再走一遍，列出变化：“paper-delivery +1 working day”。")
@click.option("--models", type=click.Path(path_type=Path, exists=True), default=None, help="模型所在文件夹。")
def simulate(key: str, procedure: str, stories: tuple[Path, ...], changes: str, models: Path | None) -> None:
    """用真实命令、虚拟时钟把案件走一遍，打印经过；结果与故事所说不符时退出码为 1。 / Play a story."""
    from service.app import create_throw_away  # noqa: PLC0415
    from service.simulator import play, what_if  # noqa: PLC0415

    folder = _folder(models)
    if changes:
        question = what_if.Question(folder, key, stories, procedure, create_throw_away)
        found = what_if.ask(question, changes, click.echo)
    else:
        found = play.play_stories(folder, key, stories, click.echo, create_throw_away, procedure=procedure)
    sys.exit(found)
