"""No lock file and no configuration names a package host: every machine uses its own."""

from __future__ import annotations

import re

from tests.architecture.house import ROOT, tracked

LOCKS = re.compile(r"(^|/)([\w.-]*\.lock|[\w.-]*-lock\.(json|yaml)|\.npmrc|pip\.conf|uv\.toml)$")
CONFIGURATION = re.compile(
    r"(^|/)(Makefile|Dockerfile|\.ci/run|pyproject\.toml|package\.json|vite\.config\.ts|compose\.ya?ml)$|\.(sh|mjs|conf)$"
)
ADDRESS = re.compile(r"https?://|file:///|\"resolved\"")
SETTING = re.compile(
    r"--(extra-)?index-url[= ]\S*[/.]|^\s*registry\s*=|(index-url|find-links)\s*=\s*\S*/"
    r"|(pypi|npmjs|pythonhosted|npmmirror|registry)\.[a-z]|mirrors?\.[a-z]",
    re.MULTILINE,
)


def test_no_lock_file_holds_an_address() -> None:
    locks = [name for name in tracked() if LOCKS.search(name)]
    assert {"requirements.lock", "requirements-dev.lock"} <= set(locks)
    named = [name for name in locks if ADDRESS.search((ROOT / name).read_text(encoding="utf-8"))]
    assert not named, f"run `make lock`; these name a host: {named}"


def test_no_configuration_names_an_index() -> None:
    files = [name for name in tracked() if CONFIGURATION.search(name) or LOCKS.search(name)]
    named = [name for name in files if SETTING.search((ROOT / name).read_text(encoding="utf-8"))]
    assert not named


def test_the_two_locks_agree() -> None:
    def pins(name: str) -> dict[str, str]:
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        found = (re.match(r"([\w.-]+)==(\S+)", line) for line in lines)
        return {match[1]: match[2] for match in found if match}

    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert runtime
    assert all(development.get(name) == version for name, version in runtime.items())
