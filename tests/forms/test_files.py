"""Files are ids of attachments of the case, uploaded by a command of their own and kept by a ticked box."""

from __future__ import annotations

import pytest

from service.forms import enter
from tests.forms.desk import Page, codes, compiled_of, drawn, rows, send

ONE = {"type": "filepicker", "key": "f", "accept": ".pdf"}
MANY = {**ONE, "multiple": True}


def test_an_upload_arrives_as_its_id() -> None:
    assert send(compiled_of(ONE), [("f", "att-0001")], attachments={"att-0001"}).data == {"f": ["att-0001"]}


def test_where_one_file_is_taken_the_newest_replaces_it() -> None:
    taken = send(compiled_of(ONE), [("f", "att-old1"), ("f", "att-new1")], attachments={"att-old1", "att-new1"})
    assert taken.data == {"f": ["att-new1"]}
    many = send(compiled_of(MANY), [("f", "att-old1"), ("f", "att-new1")], attachments={"att-old1", "att-new1"})
    assert many.data == {"f": ["att-old1", "att-new1"]}


@pytest.mark.parametrize("code", ["att-foreign", "../../etc/passwd", "att-", "x" * 100, "<script>"])
def test_an_id_that_is_not_of_the_case_is_refused(code: str) -> None:
    assert codes(send(compiled_of(ONE), [("f", code)], attachments={"att-0001"}), "f") & {
        "attachment",
        "format-attachment",
    }


def test_a_draft_does_not_make_a_foreign_id_ours() -> None:
    assert codes(send(compiled_of(ONE), [("f", "att-foreign")], stored={"f": ["att-foreign"]}), "f") == {"attachment"}


def test_an_unticked_box_removes_the_file() -> None:
    required = compiled_of({**ONE, "validate": {"required": True}})
    taken = send(required, [], stored={"f": ["att-0001"]}, attachments={"att-0001"})
    assert taken.data == {"f": None}
    assert codes(taken, "f") == {"required-file"}


def test_the_page_offers_to_keep_what_was_uploaded() -> None:
    compiled = compiled_of({**ONE, "validate": {"required": True}}, rows("r", ONE))
    data = {"f": ["att-0001"], "r": [{"f": ["att-0002"]}]}
    _, html = drawn(compiled, data, files={"att-0001": "章程.pdf"}, file_url="/files/{}")
    page = Page(html)
    assert "保留已上传的 章程.pdf" in html
    assert ("a", {"href": "/files/att-0001"}) in page.elements
    assert ("f", "att-0001") in page.pairs()
    assert ("r[0].f", "att-0002") in page.pairs()
    inputs = [c for c in page.controls if c.attributes.get("type") == "file"]
    assert [(c.name, c.attributes["accept"], "required" in c.attributes) for c in inputs] == [
        ("f", ".pdf", False),
        ("r[0].f", ".pdf", False),
    ]
    _, read = drawn(compiled, data, files={"att-0001": "章程.pdf"}, readonly=True)
    assert '<a href="/attachments/att-0001">章程.pdf</a>' in read


def test_a_hostile_file_name_is_text() -> None:
    _, html = drawn(compiled_of(ONE), {"f": ["att-0001"]}, files={"att-0001": "<img src=x onerror=alert(1)>.pdf"})
    assert "<img" not in html


def test_a_preview_lists_the_files_a_formula_names() -> None:
    compiled = compiled_of({"type": "documentPreview", "label": "材料", "dataSource": "=case.files"})
    _, html = drawn(compiled, {}, variables={"case": {"files": ["att-0001", 7, None]}})
    assert html.count("/attachments/") == 1
    assert "暂无文件" in drawn(compiled, {}, variables={"case": {}})[1]


def test_a_draft_drops_ids_that_are_not_of_the_case_where_it_is_told_which_are() -> None:
    compiled = compiled_of(MANY, rows("r", ONE))
    pairs = [("f", "att-0001"), ("f", "att-foreign"), ("r[0].f", "att-foreign")]
    data, told = enter(compiled, pairs, stored={}, roles=(), variables={}, attachments={"att-0001"})
    assert data == {"f": ["att-0001"], "r": [{"f": None}]}
    assert [(p.control, p.code) for p in told] == [("f", "attachment"), ("r[0].f", "attachment")]
    data, told = enter(compiled, pairs, stored={}, roles=(), variables={})
    assert (data["r"], told) == ([{"f": ["att-foreign"]}], [])
