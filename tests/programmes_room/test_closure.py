"""The closure: exactly what the procedures reach, own files before common ones, one digest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.errors import DeploymentRefused
from service.programmes.closure import freeze, resolve
from tests.programmes_room.sample import (
    KEY,
    call,
    decisions,
    form,
    letter,
    manifest,
    notify,
    process,
    rule,
    sample_files,
    user_task,
)

FILES: dict[str, bytes] = {
    "bpmn/one/programme.toml": manifest("apply"),
    "bpmn/one/apply.bpmn": process("apply", call("c", "review") + rule("r", "verdict")),
    "bpmn/common/review.bpmn": process(
        "review", "<subProcess id='s'>" + user_task("t", "opinion") + notify("n", '="told"') + "</subProcess>"
    ),
    "bpmn/common/unused.bpmn": process("unused"),
    "bpmn/two/apply.bpmn": process("apply"),
    "dmn/one/verdict.dmn": decisions("verdict", "facts"),
    "forms/one/opinion.form": form("opinion"),
    "forms/common/opinion.form": form("opinion") + b" ",
    "forms/one/spare.form": form("spare"),
    "forms/common/told.letter.md": letter(),
    "forms/two/told.letter.md": letter(),
}
REACHED = [
    "bpmn/common/review.bpmn",
    "bpmn/one/apply.bpmn",
    "bpmn/one/programme.toml",
    "dmn/one/verdict.dmn",
    "forms/common/told.letter.md",
    "forms/one/opinion.form",
]


def codes(files: dict[str, bytes]) -> list[tuple[str, str, str]]:
    return [(problem.code, problem.file, problem.element) for problem in resolve(files, "one")[1]]


def test_exactly_what_is_reached_is_in_it_and_own_files_win() -> None:
    closure, problems = resolve(FILES, "one")
    assert list(closure.files) == REACHED
    assert problems == ()
    assert closure.orphans == ("forms/one/spare.form",)
    assert closure.decisions == {"verdict": "dmn/one/verdict.dmn"}


def test_the_sample_is_closed_and_whole() -> None:
    closure, problems = resolve(sample_files(), KEY)
    assert problems == ()
    assert closure.files == sample_files()


def test_resolving_a_closure_gives_it_again() -> None:
    closure = freeze(FILES, "one")
    assert freeze(closure.files, "one").digest == closure.digest


def test_a_change_to_an_unused_file_keeps_the_digest_and_one_to_a_used_file_does_not() -> None:
    before = freeze(FILES, "one").digest
    assert freeze({**FILES, "bpmn/common/unused.bpmn": process("unused", "<task id='x'/>")}, "one").digest == before
    assert freeze({**FILES, "bpmn/two/apply.bpmn": b""}, "one").digest == before
    assert freeze({**FILES, "forms/common/told.letter.md": letter("再见。")}, "one").digest != before


@given(st.permutations(sorted(FILES)))
def test_the_digest_does_not_depend_on_the_order_of_files(order: list[str]) -> None:
    assert freeze({path: FILES[path] for path in order}, "one").digest == freeze(FILES, "one").digest


def test_moving_bytes_between_files_changes_the_digest() -> None:
    one = {**FILES, "forms/one/opinion.form": form("opinion") + b" "}
    two = {path: content for path, content in FILES.items() if path != "forms/one/opinion.form"}
    assert len({freeze(files, "one").digest for files in (FILES, one, two)}) == 3


@pytest.mark.parametrize(
    ("gone", "problem"),
    [
        ("bpmn/one/apply.bpmn", ("process-missing", "bpmn/one/programme.toml", "procedures.apply")),
        ("bpmn/common/review.bpmn", ("process-missing", "bpmn/one/apply.bpmn", "c")),
        ("dmn/one/verdict.dmn", ("decision-missing", "bpmn/one/apply.bpmn", "r")),
        ("forms/common/told.letter.md", ("letter-missing", "bpmn/common/review.bpmn", "n")),
    ],
)
def test_what_is_missing_is_told_at_the_element_that_names_it(gone: str, problem: tuple[str, str, str]) -> None:
    files = {path: content for path, content in FILES.items() if path != gone}
    assert problem in codes(files)
    with pytest.raises(DeploymentRefused):
        freeze(files, "one")


def test_a_form_missing_everywhere_is_told() -> None:
    files = {path: content for path, content in FILES.items() if "opinion" not in path}
    assert codes(files) == [("form-missing", "bpmn/common/review.bpmn", "t")]


def test_no_manifest_is_no_programme() -> None:
    with pytest.raises(DeploymentRefused) as caught:
        resolve({}, "one")
    assert [problem.code for problem in caught.value.problems] == ["manifest-missing"]


def test_an_id_defined_twice_in_one_folder_is_told_and_shadowing_common_is_not() -> None:
    files = {**FILES, "bpmn/one/second.bpmn": process("apply"), "bpmn/one/review.bpmn": process("review")}
    assert codes(files) == [("defined-twice", "bpmn/one/second.bpmn", "apply")]


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("bpmn/one/bad.bpmn", b"<x", "xml-unreadable"),
        ("bpmn/one/bad.bpmn", b"", "xml-unreadable"),
        ("bpmn/one/bad.bpmn", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "xml-doctype"),
        ("dmn/one/bad.dmn", b"\0", "xml-unreadable"),
        ("forms/one/bad.form", b"{", "form-unreadable"),
        ("forms/one/bad.form", b"[" * 100_000, "form-unreadable"),
        ("forms/one/bad.form", b'{"type": "default"}', "form-unreadable"),
        ("bpmn/one/bad.bpmn", b"<a>" + b"x" * (2 * 1024 * 1024) + b"</a>", "file-too-large"),
    ],
    ids=range(8),
)
def test_an_own_file_that_cannot_be_read_is_told_even_if_nothing_reaches_it(
    path: str, content: bytes, code: str
) -> None:
    assert [problem[:2] for problem in codes({**FILES, path: content})] == [(code, path)]


def test_an_unused_common_file_that_cannot_be_read_is_nobodys_concern() -> None:
    assert codes({**FILES, "bpmn/common/bad.bpmn": b"<x"}) == []


def test_entities_are_never_expanded() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 1000 + b'">' + b"]><a>" + b"&a;" * 1000 + b"</a>"
    assert codes({**FILES, "bpmn/one/bomb.bpmn": bomb})[0][0] in {"xml-doctype", "xml-unreadable"}


def test_processes_that_call_each_other_are_walked_once() -> None:
    files = {**FILES, "bpmn/common/review.bpmn": process("review", call("again", "apply") + call("self", "review"))}
    closure, _ = resolve(files, "one")
    assert set(closure.processes) == {"apply", "review"}


def test_a_letter_chosen_by_an_expression_brings_all_its_candidates() -> None:
    chosen = notify("n", '=if outcome = "x" then "told" else "untold"')
    files = {**FILES, "bpmn/common/review.bpmn": process("review", chosen)}
    assert ("letter-missing", "bpmn/common/review.bpmn", "n") in codes(files)
    assert "x" not in resolve(files, "one")[0].letters


def test_models_that_only_operations_need_are_named_in_the_manifest() -> None:
    uses = '[uses]\nletters = ["told"]\nforms = ["spare"]\nprocesses = ["unused"]\n'
    closure = freeze({**FILES, "bpmn/one/programme.toml": manifest("apply", extra=uses)}, "one")
    assert set(closure.files) - set(REACHED) == {"bpmn/common/unused.bpmn", "forms/one/spare.form"}


def test_the_other_processes_of_a_file_bring_what_they_name() -> None:
    two = process("review") + b""
    two = two.replace(
        b"</definitions>", f"<process id='extra'>{user_task('u', 'spare')}</process></definitions>".encode()
    )
    closure = freeze({**FILES, "bpmn/common/review.bpmn": two}, "one")
    assert "spare" in closure.forms
