"""The container files, read and not run: the paths, commands and settings they name exist."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from flask import Flask

from service.cli import main
from service.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
DOCKERFILE = re.sub(r"\\\n", " ", (DOCKER / "Dockerfile").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "shenbao"}
VARIABLES = {PREFIX + field.name.upper() for field in fields(Settings)}


def _instructions(kind: str) -> list[str]:
    return [line[len(kind) :].strip() for line in DOCKERFILE.splitlines() if line.startswith(kind + " ")]


def _known(command: list[str]) -> bool:
    """Whether `shenbao …` is a command of the console script."""
    found: click.Command | None = main
    for word in command[1:]:
        if word.startswith("-"):
            options = {option for parameter in found.params for option in parameter.opts} if found else set()
            if word not in options:
                return False
        else:
            found = found.commands.get(word) if isinstance(found, click.Group) else None
    return command[0] == "shenbao" and found is not None and found is not main


def test_every_copied_path_is_in_the_tree() -> None:
    copied = [line for line in _instructions("COPY") if not line.startswith("--from")]
    assert copied
    missing = [path for line in copied for path in line.split()[:-1] if not (ROOT / path).exists()]
    assert not missing


def test_what_the_second_stage_takes_the_first_has() -> None:
    taken = [path for line in _instructions("COPY") if line.startswith("--from=build") for path in line.split()[1:-1]]
    made = {"/opt/shenbao"} | {
        "/srv/shenbao/" + path.rstrip("/")
        for line in _instructions("COPY")
        if not line.startswith("--from")
        for path in line.split()[:-1]
    }
    assert taken
    assert not [path for path in taken if path not in made]


def test_the_image_runs_a_command_that_exists_and_not_as_root() -> None:
    assert _known(json.loads(_instructions("CMD")[-1]))
    assert _instructions("USER")[-1] not in {"root", "0"}


def test_node_does_not_reach_the_running_image() -> None:
    assert re.search(r"uv pip uninstall[^\n]*\bnodejs-wheel\b[^\n]*\bnodejs-wheel-binaries\b", DOCKERFILE)


def test_every_pinned_tool_is_the_makefiles() -> None:
    pattern = r"uv==([\d.]+)"
    assert re.findall(pattern, DOCKERFILE) == re.findall(pattern, (ROOT / "Makefile").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    assert _known(OURS[name]["command"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_sets_variables_that_are_settings(name: str) -> None:
    assert not {variable for variable in OURS[name]["environment"] if variable.startswith(PREFIX)} - VARIABLES


def test_the_image_sets_variables_that_are_settings() -> None:
    assert not set(re.findall(r"\b(SHENBAO_\w+)=", DOCKERFILE)) - VARIABLES


def test_there_are_two_nodes_of_each_kind_on_one_database() -> None:
    commands = [service["command"][1] for service in OURS.values()]
    assert commands.count("web") == commands.count("clock") == 2
    assert len({service["environment"]["SHENBAO_DATABASE_URL"] for service in OURS.values()}) == 1


def test_no_secret_has_a_default() -> None:
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    assert not re.findall(r"\$\{(?:SHENBAO_SECRET_KEY|POSTGRES_PASSWORD)(?!:\?)", text)


def test_what_is_mounted_is_in_the_tree() -> None:
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", [])]
    assert not [mount for mount in mounts if mount.startswith(".") and not (DOCKER / mount.split(":")[0]).exists()]
    volumes = {mount.split(":")[0] for mount in mounts if not mount.startswith(".")}
    assert volumes <= set(COMPOSE["volumes"])


def test_the_proxy_knows_every_web_node() -> None:
    upstream = set(
        re.findall(r"^\s*server ([\w-]+):8000", (DOCKER / "nginx.conf").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert upstream == {name for name, service in OURS.items() if service["command"][1] == "web"}


@pytest.mark.parametrize(("readme", "words"), [("README.md", "were not run"), ("README.zh-CN.md", "没有实际运行过")])
def test_the_readme_says_that_the_containers_were_not_run(readme: str, words: str) -> None:
    assert words in (ROOT / readme).read_text(encoding="utf-8")


def test_no_key_in_an_address_is_written_to_the_log(app: Flask) -> None:
    """What follows the place of a one-time link or a secret feed opens it to whoever reads the log."""
    text = (DOCKER / "nginx.conf").read_text(encoding="utf-8")
    hidden = re.search(r"\(\?<place>([\w|-]+)\)", text)
    assert hidden
    keys = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules() if "<token>" in rule.rule}
    assert set(hidden[1].split("|")) == keys
    (logged,) = re.findall(r"log_format plain '(.*)';", text)
    assert "$request_uri" not in logged
    assert "$request " not in logged
