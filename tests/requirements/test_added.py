"""Whoever reads a programme's README or its page of rules sees every default that the notice does not write."""

from __future__ import annotations

import pytest

from service.programmes.defaults import SETTING_NAMES, added
from service.programmes.manifest import read_manifest
from service.settings import ROOT
from tests.requirements.added import KEYS, readme, whole


@pytest.mark.parametrize("key", KEYS)
def test_the_readme_lists_every_default_that_is_added(key: str) -> None:
    assert readme(key).read_text(encoding="utf-8") == whole(key), "write it anew: python -m tests.requirements.added"


@pytest.mark.parametrize("key", KEYS)
def test_every_number_of_a_programme_is_named_in_both_languages(key: str) -> None:
    manifest = read_manifest((ROOT / "bpmn" / key / "programme.toml").read_bytes(), file=f"bpmn/{key}/programme.toml")
    assert manifest.settings.keys() <= SETTING_NAMES.keys()
    assert {one.key for one in added(manifest) if one.kind == "setting"} == (
        manifest.settings.keys() - set(manifest.settings_written)
    )
