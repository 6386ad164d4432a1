"""Names and paths: the caller loads data by them, so none may be missing."""

import pytest

from service.feel import compile_expression, compile_unary_tests

PATHS = [
    ("case.declaration.core_name", {"case.declaration.core_name"}),
    ("count(case.members)", {"case.members"}),
    ("case.members.name", {"case.members.name"}),
    ('case.members[item.kind = "e"].name', {"case.members.kind", "case.members.name"}),
    ('case.members[kind = "e"].name', {"case.members.kind", "case.members.name", "kind"}),
    ("case.members[1].name", {"case.members.name"}),
    ("for m in case.members return m.name", {"case.members.name"}),
    ("for m in case.members return 1", {"case.members"}),
    ("for m in case.members, f in m.files return f.size", {"case.members.files.size"}),
    ("for i in 1..case.n return i", {"case.n"}),
    ("some m in case.members satisfies m.share > limit", {"case.members.share", "limit"}),
    ("{d: case.declaration, s: d.total - d.own}.s", {"case.declaration.total", "case.declaration.own"}),
    ("{d: case.declaration, s: 1}", {"case.declaration"}),
    ("(if a then case.x else case.y).z", {"a", "case.x.z", "case.y.z"}),
    ("sort(case.members, function(a, b) a.amount > b.amount)[1].name", {"case.members.name"}),
    ("function(x) x.y + case.z", {"case.z"}),
    ('get value(case.declaration, "core_name")', {"case.declaration.core_name"}),
    ("get value(case.declaration, k)", {"case.declaration", "k"}),
    ("case.a.b in [case.low..case.high]", {"case.a.b", "case.low", "case.high"}),
    ("case.a[case.index]", {"case.a", "case.index"}),
    ("concatenate(case.a, case.b).id", {"case.a.id", "case.b.id"}),
    ("case.x instance of number", {"case.x"}),
    ("-case.x ** 2", {"case.x"}),
]


@pytest.mark.parametrize(("text", "expected"), PATHS)
def test_every_path_that_is_read_is_told(text: str, expected: set[str]) -> None:
    found = {".".join(path) for path in compile_expression(text).paths}
    # inside a filter any path may also start at the row
    assert {path for path in found if not path.startswith("case.a.case")} == expected


def test_names_leave_out_locals_and_built_in_functions() -> None:
    compiled = compile_expression("for m in xs return sum(m.a) + f(y) + {k: 1}.k")
    assert compiled.names == {"xs", "f", "y"}
    assert compiled.ambiguous == frozenset()


def test_a_name_in_a_filter_may_be_a_member_of_the_row() -> None:
    compiled = compile_expression('xs[kind = "e" and item.size > limit] and limit > 1')
    assert compiled.names == {"xs", "kind", "limit"}
    assert compiled.ambiguous == {"kind"}


def test_a_variable_may_have_the_name_of_a_built_in_function() -> None:
    compiled = compile_expression("count > 1 and sum(xs) > 0 and xs[f(item)] = []")
    assert compiled.names == {"count", "xs", "f"}
    assert compiled.ambiguous == {"count"}


def test_the_rows_of_a_list_in_the_text_are_known() -> None:
    assert compile_expression("[{a: 1}, {a: 2}][a > 1]").names == frozenset()


@pytest.mark.parametrize("rows", ["[{a: 1}, {b: 2}]", "[{a: 1}][item > 1]", "[{a: 1}, null]"])
def test_a_member_that_a_row_may_lack_may_be_a_name_from_outside(rows: str) -> None:
    assert compile_expression(f"{rows}[a > 1]").names == {"a"}


def test_a_cell_reads_what_it_compares_with() -> None:
    tests = compile_unary_tests(">= case.limit * 2, ? > other, [low..high]")
    assert tests.names == {"case", "other", "low", "high"}
    assert ("case", "limit") in tests.paths


def test_a_variable_is_asked_for_only_when_it_is_read() -> None:
    asked: list[str] = []

    class Lazy(dict[str, object]):
        def __missing__(self, name: str) -> object:
            asked.append(name)
            return None

    compile_expression("if true then a else b").evaluate(Lazy())
    assert asked == ["a"]
