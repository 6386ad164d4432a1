"""Packages: out and in again without a difference, and hostile archives refused with a reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import DeploymentRefused, InvalidInput, NotFound
from service.programmes import package
from service.programmes.folder import programme_keys, read_folder
from service.programmes.package import namesake, pack, replace, unpack
from tests.programmes_room.sample import KEY, ROOT, process, sample_files

BPMN = "bpmn/one/a.bpmn"


def make_zip(*entries: tuple[str, bytes], mode: int = 0o100644) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()


def refused(content: bytes) -> set[str]:
    with pytest.raises(DeploymentRefused) as caught:
        unpack(content)
    assert all(problem.zh and problem.en for problem in caught.value.problems)
    return {problem.code for problem in caught.value.problems}


def test_a_programme_goes_out_and_comes_in_again() -> None:
    assert unpack(pack(sample_files())) == sample_files()


def test_the_same_files_give_the_same_bytes() -> None:
    assert pack(sample_files()) == pack(dict(reversed(sample_files().items())))


def test_the_enclosing_folder_of_an_archiver_is_taken_off_and_its_litter_left_out() -> None:
    content = make_zip(
        ("my-programme/" + BPMN, b"x"), ("__MACOSX/my-programme/._a.bpmn", b"x"), ("my-programme/.DS_Store", b"x")
    )
    assert unpack(content) == {BPMN: b"x"}


@pytest.mark.parametrize(
    "name",
    [
        "../bpmn/one/a.bpmn",
        "bpmn/../../etc/passwd",
        "/bpmn/one/a.bpmn",
        "bpmn\\one\\a.bpmn",
        "C:/bpmn/one/a.bpmn",
        "bpmn/../one/a.bpmn",
    ],
)
def test_paths_that_lead_outside_are_refused(name: str) -> None:
    assert refused(make_zip((name, b"x"), (BPMN, b"x"))) == {"package-path"}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_with_wrong_bytes_inside_is_refused(method: int) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr(BPMN, b"<definitions/>" * 500)
    start = 30 + len(BPMN)
    wrong = bytearray(target.getvalue())
    for place in range(start + 4, start + 20):
        wrong[place] ^= 0xFF
    assert refused(bytes(wrong)) == {"package-unreadable"}


@pytest.mark.parametrize("mode", [0o120777, 0o060644, 0o010644], ids=["link", "device", "pipe"])
def test_links_and_devices_are_refused(mode: int) -> None:
    assert refused(make_zip((BPMN, b"/etc/passwd"), mode=mode)) == {"package-special"}


@pytest.mark.parametrize(
    "name",
    [
        "bpmn/one/run.py",
        "a.bpmn",
        "bpmn/one/sub/a.bpmn",
        "bpmn/one/a.form",
        "dmn/one/a.bpmn",
        "bpmn/one/.bpmn",
        "x/y/z.dmn",
    ],
)
def test_what_is_no_model_is_refused_rather_than_skipped(name: str) -> None:
    assert refused(make_zip((name, b"x"), (BPMN, b"x"))) == {"file-kind"}


def test_sizes_and_numbers_are_limited() -> None:
    large = b"\0" * (package.MAX_FILE_BYTES + 1)
    assert refused(make_zip((BPMN, large))) == {"file-too-large"}
    assert refused(make_zip(*[(f"bpmn/one/{n}.bpmn", large[:-1]) for n in range(11)])) == {"package-too-large"}
    assert refused(make_zip(*[(f"bpmn/one/{n}.bpmn", b"") for n in range(501)])) == {"package-entries"}
    assert refused(b"\0" * (package.MAX_PACKAGE_BYTES + 1)) == {"package-too-large"}


def test_a_file_at_the_limit_is_taken() -> None:
    content = b"\0" * package.MAX_FILE_BYTES
    assert unpack(make_zip((BPMN, content))) == {BPMN: content}


def test_an_archive_that_lies_about_a_size_is_refused() -> None:
    content = bytearray(make_zip((BPMN, b"\0" * 1_000_000)))
    small = (1000).to_bytes(4, "little")
    content[22:26] = small
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = small
    assert refused(bytes(content)) == {"package-unreadable"}


def test_a_file_twice_in_one_archive_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = make_zip((BPMN, b"x"), (BPMN, b"y"))
    assert refused(content) == {"package-doubled"}


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", b"%PDF-1.7"], ids=range(4))
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    assert refused(content) == {"package-unreadable"}


def test_an_empty_archive_is_refused() -> None:
    assert refused(make_zip()) == {"package-empty"}


def test_an_encrypted_archive_is_refused() -> None:
    content = bytearray(make_zip((BPMN, b"x")))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    assert refused(bytes(content)) == {"package-unreadable"}


@given(st.binary(max_size=400))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    whole = pack({BPMN: b"x" * 100})
    for content in (garbage, whole[: len(garbage)] + garbage, garbage + whole[len(garbage) :]):
        try:
            unpack(content)
        except DeploymentRefused:
            continue


def test_an_upload_replaces_its_namesake_own_before_common() -> None:
    files = {"forms/common/a.form": b"1", "forms/one/b.form": b"2", "forms/common/b.form": b"3"}
    assert replace(files, "one", "a.form", b"new")["forms/common/a.form"] == b"new"
    assert replace(files, "one", "b.form", b"new") == {**files, "forms/one/b.form": b"new"}
    assert replace(files, "one", "forms/common/b.form", b"new") == {**files, "forms/common/b.form": b"new"}
    assert namesake(files, "one", "b.form") == "forms/one/b.form"
    with pytest.raises(NotFound):
        namesake(files, "one", "c.form")


def test_an_upload_without_a_namesake_goes_to_the_programmes_own_folder() -> None:
    assert replace({}, "one", "told.letter.md", b"x") == {"forms/one/told.letter.md": b"x"}
    assert replace({}, "one", "C:\\models\\a.dmn", b"x") == {"dmn/one/a.dmn": b"x"}


@pytest.mark.parametrize("name", ["a.py", "../a.txt", "bpmn/two/a.bpmn", "", ".bpmn", "a/../..", "x" * 5])
def test_an_upload_that_is_no_model_of_the_programme_is_refused(name: str) -> None:
    with pytest.raises(DeploymentRefused):
        replace({}, "one", name, b"x")


def test_an_upload_too_large_is_refused() -> None:
    with pytest.raises(DeploymentRefused):
        replace({}, "one", "a.bpmn", b"\0" * (package.MAX_FILE_BYTES + 1))


def test_the_sample_is_a_folder_with_one_programme() -> None:
    assert programme_keys(ROOT) == (KEY,)
    with pytest.raises(InvalidInput, match=KEY):
        read_folder(ROOT, "other")


def test_a_folder_hands_over_models_only_and_follows_no_link(tmp_path: Path) -> None:
    own = tmp_path / "bpmn" / "one"
    own.mkdir(parents=True)
    (own / "programme.toml").write_text("")
    (own / "a.bpmn").write_bytes(process("a"))
    (own / "notes.txt").write_text("secret")
    (tmp_path / "secret.form").write_text("secret")
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms" / "one").symlink_to(tmp_path)
    (own / "b.bpmn").symlink_to(tmp_path / "secret.form")
    assert list(read_folder(tmp_path, "one")) == ["bpmn/one/a.bpmn", "bpmn/one/programme.toml"]
