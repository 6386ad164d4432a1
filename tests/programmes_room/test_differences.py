"""What two versions differ in is told part by part, in the designers' names, and redrawing is no difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.programmes.differences import MOST_PARTS, FileDifference, differences
from service.programmes.folder import read_folder

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
KEY = "sample-two-dates"
DIAGRAM = f"bpmn/{KEY}/two-dates.bpmn"
MANIFEST = f"bpmn/{KEY}/programme.toml"
TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m"><decision id="d" name="Verdict">
<decisionTable id="t" hitPolicy="%s"><rule id="r1"><inputEntry id="i1"><text>&lt; 10</text></inputEntry></rule>
<rule id="r2"><inputEntry id="i2"><text>-</text></inputEntry></rule></decisionTable></decision></definitions>"""


def _one(path: str, before: bytes, after: bytes) -> FileDifference:
    (found,) = differences({path: before}, {path: after})
    return found


def test_the_same_files_do_not_differ() -> None:
    files = read_folder(SAMPLE, KEY)
    assert differences(files, dict(files)) == ()


def test_files_that_came_and_went_are_named() -> None:
    came, went = differences({"dmn/b.dmn": b""}, {"dmn/a.dmn": b""})
    assert (came.path, came.change, went.path, went.change) == ("dmn/a.dmn", "added", "dmn/b.dmn", "removed")


def test_an_element_with_another_name_is_told_before_and_after() -> None:
    before = read_folder(SAMPLE, KEY)[DIAGRAM]
    name = before.split(b'<bpmn:userTask id="', 1)[1].split(b'name="', 1)[1].split(b'"', 1)[0]
    found = _one(DIAGRAM, before, before.replace(b'name="' + name + b'"', b'name="X"'))
    assert ("name", name.decode(), "X") in [value for part in found.parts for value in part.values]
    assert {part.change for part in found.parts} == {"changed"}


def test_a_diagram_drawn_anew_has_no_parts() -> None:
    before = read_folder(SAMPLE, KEY)[DIAGRAM]
    assert b'x="' in before
    assert _one(DIAGRAM, before, before.replace(b'x="', b'x="1')).parts == ()


def test_a_rule_is_told_by_its_decision_and_number() -> None:
    before = TABLE % b"UNIQUE"
    (part,) = _one("dmn/a.dmn", before, before.replace(b"&lt; 10", b"&lt; 12")).parts
    assert (part.name, part.values) == ("Verdict #1", (("text", "< 10", "< 12"),))


@pytest.mark.parametrize(("policy", "told"), [("FIRST", True), ("UNIQUE", False)])
def test_the_order_of_rules_counts_where_the_first_one_wins(policy: str, *, told: bool) -> None:
    before = TABLE % policy.encode()
    first, second = before.index(b'<rule id="r1"'), before.index(b'<rule id="r2"')
    end = before.index(b"</decisionTable>")
    after = before[:first] + before[second:end] + before[first:second] + before[end:]
    assert bool([part for part in _one("dmn/a.dmn", before, after).parts if part.values]) is told


def test_a_setting_is_told_by_its_place() -> None:
    before = read_folder(SAMPLE, KEY)[MANIFEST]
    (part,) = _one(MANIFEST, before, before + b"\n[settings_of_a_test]\ncopies = 3\n").parts
    assert (part.change, part.id) == ("added", "settings_of_a_test.copies")


def test_a_letter_is_compared_line_by_line() -> None:
    (part,) = _one("forms/a/x.letter.md", b"one\ntwo\nthree", b"one\n2\nthree").parts
    assert part.values == (("", "two", "2"),)


def test_a_property_is_told_as_the_file_writes_it() -> None:
    before, after = (
        b'{"components": [{"id": "a", "key": "a", "type": "textfield", "layout": %s, "disabled": %s}]}' % given
        for given in ((b'{"columns": 6}', b"false"), (b'{"columns": null}', b"true"))
    )
    (part,) = _one("forms/a/x.form", before, after).parts
    assert sorted(part.values) == [("disabled", "false", "true"), ("layout.columns", "6", "")]


def test_a_file_that_cannot_be_read_is_still_told() -> None:
    assert _one("bpmn/a.bpmn", b"<a/>", b"<a").change == "changed"


def test_of_very_many_parts_the_rest_is_counted() -> None:
    rows = "\n".join(f"k{number} = 1" for number in range(MOST_PARTS + 7))
    found = _one("bpmn/a/programme.toml", b"", rows.encode())
    assert (len(found.parts), found.more) == (MOST_PARTS, 7)
