"""A programme begun from another one is whole, is a draft, and has its own key everywhere."""

from __future__ import annotations

import pytest

from service.domain.errors import InvalidInput
from service.programmes.check import check_programme
from service.programmes.copying import copied
from service.programmes.manifest import read_manifest
from tests.programmes_room.sample import KEY, sample_files


def test_a_copy_is_a_whole_draft_under_its_own_key() -> None:
    files = copied(sample_files(), KEY, "sixth-one", name="第六个专项", name_en="The sixth")
    path = "bpmn/sixth-one/programme.toml"
    manifest = read_manifest(files[path], file=path)
    assert (manifest.key, manifest.name, manifest.name_en, manifest.status) == (
        "sixth-one",
        "第六个专项",
        "The sixth",
        "draft",
    )
    assert manifest.roles["lead"].name == "申报单位"
    assert len(files) == len(sample_files())
    assert not any(KEY in name for name in files)
    assert check_programme(files, "sixth-one") == []


@pytest.mark.parametrize("key", ["Sixth", "common", KEY, "", "a/b", "../x"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput):
        copied(sample_files(), KEY, key, name="x")


@pytest.mark.parametrize("name", ["", " ", 'a"b', "a\nb"])
def test_a_name_that_would_break_the_manifest_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        copied(sample_files(), KEY, "sixth-one", name=name)
