"""What a decision reads, through everything it requires."""

from service.feel import from_json
from tests.dmn.models import context, data, decision, knowledge, literal, model, table

FACTS = decision(
    "facts",
    context(
        members='case.declaration.members[item.kind = "enterprise"]',
        share="count(members) / count(case.declaration.members)",
        banned="list contains(lookup.banned, case.declaration.lead.code)",
    ),
)


def paths(made: object, id_: str) -> set[str]:
    return {".".join(path) for path in made.decisions[id_].paths}  # type: ignore[attr-defined]


def test_a_decision_reads_what_its_requirements_read() -> None:
    verdict = table(["facts.share", "route"], ["r"], ['>= case.limit | "city" | 1', "- | - | 2"])
    made = model(FACTS, decision("d", verdict, needs="facts"))
    assert made.decisions["d"].inputs == {"case", "lookup", "route"}
    assert paths(made, "d") == {
        "case.declaration.members",
        "case.declaration.members.kind",
        "case.declaration.lead.code",
        "case.limit",
        "lookup.banned",
        "route",
    }


def test_facts_lead_on_to_what_they_were_made_of() -> None:
    made = model(FACTS, decision("d", literal("for m in facts.members return m.name"), needs="facts"))
    assert "case.declaration.members.name" in paths(made, "d")
    assert "facts" not in made.decisions["d"].inputs


def test_input_data_is_a_root_name() -> None:
    made = model(data("units"), decision("d", literal("units.name"), needs="units"))
    assert made.decisions["d"].inputs == {"units"}
    assert paths(made, "d") == {"units.name"}


def test_a_knowledge_model_reads_too() -> None:
    parts = [knowledge("f", "x", literal("x + case.extra")), decision("d", literal("f(case.own)"), needs="!f")]
    assert paths(model(*parts), "d") == {"case.extra", "case.own"}


def test_what_is_told_is_enough() -> None:
    """A view that holds only the paths told gives the same value as the whole."""
    made = model(FACTS, decision("d", literal("facts.share"), needs="facts"))
    member = {"kind": "enterprise", "name": "A"}
    whole = from_json(
        {
            "case": {"declaration": {"members": [member, {"kind": "x"}], "lead": {"code": "1"}}, "other": 1},
            "lookup": {"banned": []},
        }
    )
    asked: set[str] = set()

    class Watched(dict[str, object]):
        def __getitem__(self, name: str) -> object:
            asked.add(name)
            return super().__getitem__(name)

    made.evaluate("d", Watched(whole))
    assert asked <= made.decisions["d"].inputs
