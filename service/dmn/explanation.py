"""Says why a decision came out as it did, as a small JSON tree and as text in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.dmn.phrases import cell_phrase, shown
from service.dmn.running import DecisionSeen
from service.dmn.table import CellSeen, DecisionTable, TableSeen
from service.feel.conversion import to_json
from service.feel.run import Diagnostic, Run
from service.feel.values import Value, is_context

MOST_DIAGNOSTICS = 20
MOST_RULES = 60  # told of one table: all that matched, and as many as there is room for of those that did not


@dataclass(frozen=True, slots=True)
class Explanation:
    """The value of a decision and why; `tree` is JSON.

    tree: {decision, name, value, inputs, tables: [{policy, inputs, rules}], requires: [tree], diagnostics}; a rule is
    {number, id, note, matched, zh, en} with, where it did not match, `failed`: the columns whose cells failed. A table
    of many rules has `untold`, how many of those that did not match are left out.
    """

    value: Value
    tree: dict[str, Any]

    def text(self, language: str = "zh") -> str:
        """The explanation for a reader: the decision first, then what it required, indented."""
        return "\n".join(_lines(self.tree, "en" if language == "en" else "zh", 0))


def explained(
    seen: DecisionSeen, run: Run, paths: Iterable[tuple[str, ...]], diagnostics: list[Diagnostic]
) -> Explanation:
    """The explanation of what was seen in a run."""
    tree = _tree(seen)
    tree["value"] = json_or_text(seen.value)
    tree["inputs"] = _inputs(run.variables, paths)
    if diagnostics:
        tree["diagnostics"] = [
            {
                "code": each.code,
                "element": each.origin,
                "line": each.line,
                "column": each.column,
                "excerpt": each.excerpt,
                "zh": each.zh,
                "en": each.en,
            }
            for each in dict.fromkeys(diagnostics[: MOST_DIAGNOSTICS * 5])
        ][:MOST_DIAGNOSTICS]
    return Explanation(seen.value, tree)


def json_or_text(value: Value) -> Any:
    """A value as JSON; a function, which has none, as its name."""
    try:
        return to_json(value)
    except TypeError:
        return "function"


def _inputs(variables: Mapping[str, Value], paths: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """What the decision read from outside, by path; of a list only how long it is."""
    found: dict[str, Any] = {}
    for path in sorted(paths):
        value: Value = variables
        reached: list[str] = []
        for name in path:
            if not isinstance(value, Mapping) or name not in value:
                value = value if isinstance(value, list) else None
                break
            value = value[name]
            reached.append(name)
        key = ".".join(reached if isinstance(value, list) else path)
        found[key] = {"count": len(value)} if isinstance(value, list) else _small(value)
    return found


def _brief(value: Value) -> Any:
    """A value whose scalars are told, and of lists how long they are."""
    if is_context(value):
        return {name: {"count": len(part)} if isinstance(part, list) else _small(part) for name, part in value.items()}
    return {"count": len(value)} if isinstance(value, list) else json_or_text(value)


def _small(value: Value) -> Any:
    return {"members": sorted(value)} if is_context(value) else json_or_text(value)


def _tree(seen: DecisionSeen) -> dict[str, Any]:
    tables = [_table(part) for part in seen.parts if isinstance(part, TableSeen)]
    tree: dict[str, Any] = {
        "decision": seen.part.id,
        "name": seen.part.name,
        "value": _brief(seen.value),
    }
    if tables:
        tree["tables"] = tables
    requires = [_tree(part) for part in seen.parts if isinstance(part, DecisionSeen)]
    if requires:
        tree["requires"] = requires
    return tree


def _table(seen: TableSeen) -> dict[str, Any]:
    table = seen.table
    rules = _rules(table, seen.rules)
    matched = [rule for rule in rules if rule["matched"]]
    failed = [rule for rule in rules if not rule["matched"]]
    told = sorted([*matched, *failed[: max(MOST_RULES - len(matched), 0)]], key=lambda rule: rule["number"])
    tree: dict[str, Any] = {
        "table": table.id,
        "policy": table.policy + (f" {table.aggregation}" if table.aggregation else ""),
        "inputs": [
            {"label": column.label, "expression": column.text, "value": _brief(value)}
            for column, value in zip(table.inputs, seen.values, strict=True)
        ],
        "rules": told,
    }
    if len(rules) > len(told):
        tree["untold"] = len(rules) - len(told)
    return tree


def _rules(table: DecisionTable, rules: tuple[tuple[CellSeen, ...], ...]) -> list[dict[str, Any]]:
    """Every rule with the cells that say something: all of one that matched, the failed ones of one that did not.

    With the policy FIRST, rules after the one that matched were not asked.
    """
    found: list[dict[str, Any]] = []
    for number, (rule, cells) in enumerate(zip(table.rules, rules, strict=True), 1):
        failed = [cell for cell in cells if cell.passed is not True]
        told = [cell_phrase(table, rule, cell) for cell in (failed or cells)]
        entry: dict[str, Any] = {"number": number, "id": rule.id, "note": rule.note, "matched": not failed}
        if failed:
            entry["failed"] = [cell.input for cell in failed]
        entry["zh"] = "，".join(zh for zh, _ in told)
        entry["en"] = ", ".join(en for _, en in told)
        found.append(entry)
        if table.policy == "FIRST" and not failed:
            break
    return found


_WORDS = {
    "zh": {"matched": "命中", "failed": "未命中", "rule": "规则 {}", "stop": "：", "untold": "……另有 {} 条规则"},
    "en": {
        "matched": "matched",
        "failed": "not matched",
        "rule": "rule {}",
        "stop": ": ",
        "untold": "… and {} more rules",
    },
}


def _lines(tree: dict[str, Any], language: str, depth: int) -> list[str]:
    words, indent = _WORDS[language], "  " * depth
    lines = [f"{indent}{tree['name']}{words['stop']}{shown(tree['value'], language)}"]
    for table in tree.get("tables", ()):
        lines += [f"{indent}  {_rule_line(rule, language)}" for rule in table["rules"]]
        if "untold" in table:
            lines.append(f"{indent}  {words['untold'].format(table['untold'])}")
    for required in tree.get("requires", ()):
        lines += _lines(required, language, depth + 1)
    said = (f"{indent}  ! {each['element']} {each[language]}" for each in tree.get("diagnostics", ()))
    return [*lines, *dict.fromkeys(said)]


def _rule_line(rule: dict[str, Any], language: str) -> str:
    words = _WORDS[language]
    state = words["matched"] if rule["matched"] else words["failed"]
    name = rule["note"] or words["rule"].format(rule["number"])
    return f"[{state}] {name} {rule[language]}".rstrip()
