"""The map from the notices' rows to the models names only what stands, leaves no row out, and the page is current."""

from __future__ import annotations

import pytest

from tests.requirements import parts
from tests.requirements.page import PAGE, page
from tests.requirements.rows import KINDS, Row, exists, named_in_models, programmes, proofs, rows, state
from tests.requirements.unshown import FINDS, OWNERS, listed

ROWS = list(rows().values())


@pytest.mark.parametrize("number", programmes())
def test_every_named_element_stands(number: str) -> None:
    named = [(row.id, element) for row in ROWS if row.id.startswith(f"{number}-") for element in row.elements]
    assert [pair for pair in named if not exists(pair[1])] == []


def test_an_element_that_does_not_stand_is_seen() -> None:
    folder = "jilin-manufacturing-innovation-centre"
    assert exists(f"dmn/{folder}/eligibility.dmn#p1_findings-c04")
    assert exists(f"forms/{folder}/declaration.form#plan.research")
    assert exists(f"bpmn/{folder}/programme.toml#deadlines.summary-dispatch")
    for gone in ("eligibility.dmn#p1_findings-c99", "no-such.dmn#p1_findings-c04"):
        assert not exists(f"dmn/{folder}/{gone}")
    assert not exists(f"forms/{folder}/declaration.form#research")
    assert not exists(f"bpmn/{folder}/programme.toml#deadlines.no-such")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_carried_and_shown_or_says_what_is_missing(row: Row) -> None:
    assert row.text
    assert row.source
    assert set(row.kind.split()) <= set(KINDS)
    assert not (row.missing and row.gap)
    if state(row) == "held":
        assert row.elements, "nothing carries it"
        assert row.id in proofs(), "no story and no scenario shows it"
    if row.missing:
        assert row.id not in proofs(), "a story says it shows what is said to be missing"


def test_every_row_that_a_story_a_scenario_or_a_model_names_is_on_the_map() -> None:
    named = {**{id_: found[0].file for id_, found in proofs().items()}, **named_in_models()}
    assert {id_: file for id_, file in named.items() if id_ not in rows()} == {}


def test_a_row_is_shown_by_stories_of_its_own_programme() -> None:
    keys = {number: programme["key"] for number, programme in programmes().items()}
    stories = [(id_, proof) for id_, found in proofs().items() for proof in found if proof.file.endswith(".toml")]
    assert [(id_, proof.file) for id_, proof in stories if keys[id_[:2]] != proof.file.split("/")[1]] == []


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tests.requirements.page"


def test_what_is_listed_as_not_shown_stands_in_the_models_and_has_a_reason() -> None:
    standing = {part for owner in OWNERS for part in (*parts.flows(owner), *parts.rules(owner))}
    assert set(listed()) == set(FINDS)
    assert {part for found in listed().values() for part in found} - standing == set()
    assert [part for found in listed().values() for part, reason in found.items() if not reason] == []
