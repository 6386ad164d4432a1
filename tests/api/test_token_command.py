"""`shenbao user token`: an operator makes a token for a program's account."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.api.conftest import bearer


def _run(url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "SHENBAO_DEVELOPMENT": "1", "SHENBAO_DATABASE_URL": url, "SHENBAO_DATA_DIR": str(folder),
    }  # fmt: skip
    command = [sys.executable, "-m", "service", "user", "token", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of the site's database."""
    return f"sqlite:///{tmp_path / 'test.sqlite3'}"


def test_an_operator_makes_a_token_for_an_account(client: FlaskClient, url: str, tmp_path: Path) -> None:
    made = _run(url, tmp_path, "office", "--name", "信用核查系统", "--scope", "read", "--scope", "jobs", "--days", "7")
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    answer = client.get("/api/v1/me", headers=bearer(token))
    assert answer.json["scopes"] == ["jobs", "read"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("nobody", "--name", "x"), "没有可用的账号 nobody"),
        (("office", "--name", "x", "--scope", "all"), "范围"),
        (("office", "--name", "x", "--days", "400"), "有效天数"),
    ],
)
def test_a_wrong_order_is_refused_in_a_sentence(
    client: FlaskClient, url: str, tmp_path: Path, arguments: tuple[str, ...], word: str
) -> None:
    del client
    refused = _run(url, tmp_path, *arguments)
    assert refused.returncode == 1
    assert word in refused.stderr
    assert "Traceback" not in refused.stderr
