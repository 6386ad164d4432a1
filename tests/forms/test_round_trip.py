"""What a page shows comes back the same: page → pairs → data, and rows by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.forms import CompiledForm, initialise, judge
from service.forms.model import Node
from service.forms.places import name_of, parse_name
from service.forms.values import is_empty
from tests.forms.desk import TODAY, VARIABLES, Page, drawn, example, send

_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30).map(str.strip)
_AREAS = st.lists(_WORDS, max_size=3).map("\n".join).map(str.strip)
_NUMBERS = st.none() | st.decimals(-(10**6), 10**6, places=2).map(lambda n: int(n) if n == n.to_integral_value() else n)
_DATES = st.none() | st.dates().map(lambda d: d.isoformat())
_FILES = st.none() | st.just(["att-0001"])
FILES = ("att-0001",)


def _field(node: Node) -> st.SearchStrategy[Any]:
    if node.type == "textarea":
        return _AREAS
    if node.type == "number":
        return _NUMBERS
    if node.type == "datetime":
        return _DATES
    if node.type == "checkbox":
        return st.booleans()
    if node.type == "filepicker":
        return _FILES
    if "values" not in node.raw:
        return st.just(None) if node.type in ("select", "radio") else st.just([]) if node.type == "taglist" else _WORDS
    values = [item["value"] for item in node.raw["values"]]
    if node.type in ("checklist", "taglist"):
        return st.sets(st.sampled_from(values)).map(lambda chosen: [v for v in values if v in chosen])
    return st.none() | st.sampled_from(values)


@st.composite
def data_for(draw: st.DrawFn, compiled: CompiledForm) -> dict[str, Any]:
    """Data of the form's shape."""

    def fill(nodes: tuple[Node, ...], into: dict[str, Any]) -> None:
        for node in nodes:
            holder = into
            for part in node.path[:-1]:
                holder = holder.setdefault(part, {})
            if node.is_field:
                if not node.is_computed:
                    holder[node.path[-1]] = draw(_field(node))
            elif node.repeats:
                holder[node.path[-1]] = [{} for _ in range(draw(st.integers(0, 2)))]
                for row in holder[node.path[-1]]:
                    fill(node.components, row)
            else:
                fill(node.components, holder.setdefault(node.path[-1], {}) if node.path else into)

    out: dict[str, Any] = {}
    fill(compiled.form.root.components, out)
    return out


def _bare(value: Any) -> Any:
    """Without what is empty: an empty text and no text are the same on a page."""
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items() if not is_empty(v)}
    return [_bare(v) for v in value] if isinstance(value, list) else value


def _sent_back_unchanged(compiled: CompiledForm, given_data: dict[str, Any]) -> None:
    expected = judge(
        compiled, {}, roles=("lead",), variables=VARIABLES, today=TODAY, attachments=FILES, stored=given_data
    )
    _, html = drawn(compiled, given_data)
    again = send(compiled, Page(html).pairs(), stored=given_data, attachments=FILES)
    assert _bare(again.data) == _bare(expected.data)
    assert {(p.control, p.code) for p in again.problems} == {(p.control, p.code) for p in expected.problems}


@settings(max_examples=10)
@given(st.data(), st.sampled_from(["consortium-declaration", "torture"]))
def test_a_page_sent_back_unchanged_changes_nothing(data: st.DataObject, name: str) -> None:
    compiled = example(name)
    _sent_back_unchanged(compiled, initialise(compiled, data.draw(data_for(compiled))))


@pytest.mark.proof
@settings(max_examples=1000)
@given(st.data(), st.sampled_from(["consortium-declaration", "torture"]))
def test_a_thousand_pages_sent_back_unchanged_change_nothing(data: st.DataObject, name: str) -> None:
    compiled = example(name)
    _sent_back_unchanged(compiled, initialise(compiled, data.draw(data_for(compiled))))


def test_what_a_hidden_field_hid_is_shown_at_once() -> None:
    """`m` is hidden and hides the group `g.h`: a page that believed its value would lose `g.h.n` when sent back."""
    compiled = example("torture")
    _sent_back_unchanged(compiled, initialise(compiled, {"flag": False, "m": "x", "g": {"h": {"t": "", "n": 0}}}))


@settings(max_examples=60)
@given(
    st.lists(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True) | st.integers(0, 9999), min_size=1, max_size=8
    )
)
def test_names_and_paths_say_the_same(parts: list[str | int]) -> None:
    path = tuple(parts)
    assert parse_name(name_of(path)) == (path if isinstance(path[0], str) else ())


@settings(max_examples=80)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=20) | st.sampled_from(["members[0].name", "lead.uscc", "truth", "members[1]._row"]),
            st.text(max_size=30),
        ),
        max_size=12,
    )
)
def test_no_request_breaks_the_judge(pairs: list[tuple[str, str]]) -> None:
    send(example(), pairs)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["lead", "name", "members", "tasks", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=80)
@given(
    st.dictionaries(
        st.sampled_from(["lead", "members", "tasks", "direct", "field_code", "files", "x"]), _JSON, max_size=5
    )
)
def test_no_json_body_breaks_the_judge_or_the_page(body: dict[str, Any]) -> None:
    found = judge(example(), body, roles=("lead",), variables=VARIABLES, today=TODAY, attachments=(), stored=body)
    drawn(example(), found.shown, problems=found.problems)
