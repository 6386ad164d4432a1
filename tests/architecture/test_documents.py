"""What the documents say of the house is true of it."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from service.cli import main
from tests.architecture.house import ROOT, SERVICE, tracked

ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
SECTIONS = ("## Context", "## Decision", "## Rejected", "## Consequences")


def _tree(readme: str) -> dict[str, set[str]]:
    """The folders of the README's tree: at the top, and the rooms under service/."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    block = re.search(r"```text\n(shenbao/.*?)```", text, re.DOTALL)
    assert block, f"{readme} has no tree"
    found: dict[str, set[str]] = {"top": set(), "service": set()}
    for line in block[1].splitlines()[1:]:
        if entry := re.match(r"^(?:├──|└──) ([\w.-]+)/", line):
            found["top"].add(entry[1])
        elif entry := re.match(r"^│   (?:├──|└──) ([\w.-]+?)(?:/|\.py)", line):
            found["service"].add(entry[1])
    return found


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readmes_tree_is_the_real_tree(readme: str) -> None:
    files = tracked()
    top = {name.split("/")[0] for name in files if "/" in name}
    rooms = {
        name.split("/")[1].removesuffix(".py")
        for name in files
        if name.startswith("service/") and (name.count("/") > 1 or name.endswith(".py"))
    }
    told = _tree(readme)
    assert told["top"] == top
    assert told["service"] == {room for room in rooms if not room.startswith("__")}


def test_the_records_are_numbered_without_a_gap() -> None:
    assert [path.name[:4] for path in ADRS] == [f"{number:04d}" for number in range(1, len(ADRS) + 1)]


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.name)
def test_a_record_says_what_was_decided_and_what_was_rejected(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(rf"# {path.name[:4]}\. \S", text)
    assert all(section in text for section in SECTIONS), [section for section in SECTIONS if section not in text]
    assert text.count("\n") <= 70, "one page"


@pytest.mark.parametrize("name", tracked("*.md"))
def test_a_link_leads_somewhere(name: str) -> None:
    path = ROOT / name
    links = re.findall(
        r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    )
    dead = [link for link in links if not re.match(r"[a-z]+:", link) and not (path.parent / link).exists()]
    assert not dead


@pytest.mark.parametrize("name", [name for name in tracked("*.md") if name.startswith(("README", "docs/"))])
def test_every_command_in_a_guide_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL) + re.findall(r"`(shenbao [^`]+)`", text)
    told = [line for block in blocks for line in re.findall(r"\bshenbao ((?:[a-z-]+ ?)+)", block)]
    unknown = [command for command in told if not _exists(command.split())]
    assert not unknown


def _exists(words: list[str]) -> bool:
    """Whether the words begin with a command of the console script; what follows it are its arguments."""
    found: click.Command = main
    for word in words:
        if not isinstance(found, click.Group):
            return True
        if word not in found.commands:
            return False
        found = found.commands[word]
    return not isinstance(found, click.Group)


def test_every_setting_is_in_the_operators_guide() -> None:
    variables = set(re.findall(r"^    (\w+): ", (SERVICE / "settings.py").read_text(encoding="utf-8"), re.MULTILINE))
    for guide in ("docs/operator.md", "docs/operator.zh-CN.md"):
        text = (ROOT / guide).read_text(encoding="utf-8")
        missing = sorted(name for name in variables if f"SHENBAO_{name.upper()}" not in text and name != "development")
        assert not missing, f"{guide}: {missing}"
