"""A programme is a folder of models: no Python of the service knows one by its key or its name."""

from __future__ import annotations

import tomllib

from tests.architecture.house import ROOT, named, python_files

MANIFESTS = sorted((ROOT / "bpmn").glob("*/programme.toml"))


def _names() -> set[str]:
    names: set[str] = set()
    for path in MANIFESTS:
        manifest = tomllib.loads(path.read_text(encoding="utf-8"))
        names |= {path.parent.name, manifest.get("name", ""), manifest.get("name_en", "")}
    return names - {""}


def test_a_manifests_key_is_the_name_of_its_folder() -> None:
    wrong = [
        named(path)
        for path in MANIFESTS
        if tomllib.loads(path.read_text(encoding="utf-8")).get("key") != path.parent.name
    ]
    assert not wrong


def test_no_python_knows_a_programme() -> None:
    names = _names()
    known = [
        f"{named(path)}: {name}"
        for path in python_files("service")
        for name in names
        if name in path.read_text(encoding="utf-8")
    ]
    assert not known, f"what is special about a programme belongs into its models: {known}"
