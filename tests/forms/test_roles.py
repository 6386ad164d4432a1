"""Who may write, read or not see a field."""

from __future__ import annotations

from service.forms import always_shows, initialise, judge, redact, shows_anything
from tests.forms.desk import TODAY, codes, compiled_of, drawn, example, rows, send, text


def test_a_role_writes_only_what_it_may() -> None:
    taken = send(example(), [("office_note", "同意")])
    assert codes(taken, "office_note") == {"not-writable"}
    assert taken.data["office_note"] == ""
    assert send(example(), [("office_note", "同意")], roles=["office"]).data["office_note"] == "同意"


def test_a_container_caps_what_its_fields_allow() -> None:
    stored = {"lead": {"name": "原名"}}
    taken = send(example(), [("lead.name", "改名")], stored=stored, roles=["local-clerk"])
    assert codes(taken, "lead.name") == {"not-writable"}
    assert taken.data["lead"]["name"] == "原名"


def test_of_several_roles_the_best_counts() -> None:
    compiled = compiled_of(text("a", properties={"per-role": "one=read, two=write"}))
    assert send(compiled, [("a", "x")], roles=["one", "two"]).data == {"a": "x"}
    assert codes(send(compiled, [("a", "x")], roles=["one"]), "a") == {"not-writable"}
    assert codes(send(compiled, [("a", "x")], roles=["three"]), "a") == {"not-writable"}


def test_nobody_is_asked_for_a_field_he_cannot_write() -> None:
    compiled = compiled_of(
        text("mine", validate={"required": True}),
        text("theirs", validate={"required": True, "minLength": 3}, properties={"per-role": "office=write"}),
    )
    taken = send(compiled, [("mine", "x")], stored={"theirs": "y"})
    assert taken.problems == ()
    assert taken.data == {"mine": "x", "theirs": "y"}
    assert codes(send(compiled, [], roles=["office"]), "theirs") == {"required"}


def test_the_page_shows_a_role_only_what_it_may_see() -> None:
    stored = initialise(example(), {"lead": {"contact_mobile": "13812345678"}, "office_note": "内部"})
    for role, sees in (("lead", (True, False)), ("office", (True, True)), ("expert", (False, False))):
        for readonly in (False, True):
            _, html = drawn(example(), stored, roles=(role,), readonly=readonly)
            assert ("13812345678" in html, "内部" in html) == sees, role


def test_what_a_role_reads_of_a_form_is_told_without_its_data_where_no_condition_decides() -> None:
    shut, condition = {"per-role": "office=read, *=hidden"}, {"hide": '=other != "yes"'}
    for part, told, shown in (
        (text("a"), True, True),
        (text("a", properties=shut), False, False),
        (text("a", conditional=condition), False, True),
        (text("a", type="button", action="submit"), False, False),
    ):
        compiled = compiled_of(part, text("other", properties=shut))
        assert always_shows(compiled, ("lead",)) is told
        assert shows_anything(compiled, {"a": "1", "other": "yes"}, roles=("lead",), variables={}) is shown
        assert always_shows(compiled, ("office",)), "the other field is theirs to read"


def test_data_given_out_lacks_what_is_hidden() -> None:
    compiled = compiled_of(
        text("a"), rows("list", text("open"), text("shut", properties={"per-role": "office=read, *=hidden"}))
    )
    data = {"a": "1", "list": [{"open": "2", "shut": "3"}]}
    assert redact(compiled, data, roles=("lead",)) == {"a": "1", "list": [{"open": "2"}]}
    assert redact(compiled, data, roles=("office",)) == data


def test_a_field_hidden_from_a_role_keeps_its_value_in_its_row() -> None:
    compiled = compiled_of(rows("list", text("open"), text("shut", properties={"per-role": "office=write, *=hidden"})))
    stored = {"list": [{"open": "a", "shut": "1"}, {"open": "b", "shut": "2"}]}
    taken = send(compiled, [("list[1]._row", "1"), ("list[1].open", "c")], stored=stored)
    assert taken.data == {"list": [{"open": "c", "shut": "2"}]}


def test_a_json_body_is_held_to_the_same_levels() -> None:
    compiled = compiled_of(text("a"), text("b", properties={"per-role": "office=write, *=read"}))

    def judged(body: dict[str, object]) -> set[tuple[str, str]]:
        found = judge(
            compiled, body, roles=("lead",), variables={}, today=TODAY, attachments=(), stored={"a": "", "b": "kept"}
        )
        assert found.data["b"] == "kept"
        return {(p.control, p.code) for p in found.problems}

    assert judged({"a": "x", "b": "changed"}) == {("b", "not-writable")}
    assert judged({"a": "x", "b": "kept"}) == set()
