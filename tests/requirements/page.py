"""The page that says which requirement of which notice is carried by what and shown where; made from rows.toml.

python -m tests.requirements.page        writes docs/requirements.md
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from service.settings import ROOT
from tests.requirements.rows import KINDS, Proof, Row, programmes, proofs, rows, state

PAGE = ROOT / "docs/requirements.md"
STATES = {"held": "✓", "partly": "部分", "missing": "缺"}
HEAD = """# 要求对照 · Requirements

五份通知、办法里的每一条要求：由哪些模型元素承担，由哪些故事和场景证明。
本页由 `python -m tests.requirements.page` 生成；要求和元素写在 `tests/requirements/rows.toml`，
证明写在故事的 `rows` 和场景的标签里。编号不补零的是办理环节（P3-S1 是环节，P3-S01 是条件）。

Each requirement of the five notices: the model elements that carry it, and the stories and scenarios that show it.
The page is generated; the elements stand in `tests/requirements/rows.toml`, a proof is a story's `rows` or a
scenario's tag.

- ✓ 有元素承担，也有故事或者场景证明 carried and shown
- 部分：有一部分没有承担，或者没有证明，写明是什么 in part, and what part is not
- 缺：没有做到，写明原因 not modelled, and why

每条规则、每条顺序流都有故事演到；演不到的连同原因列在 `tests/requirements/unshown.toml`，
`make proof` 把每个故事演一遍来核对。
Every rule and every flow is shown by a story; those that no story can show stand in `tests/requirements/unshown.toml`
with the reason, and `make proof` plays every story to see it.
"""


def page() -> str:
    """The page as it must be."""
    parts = [HEAD, "\n## 汇总 · Summary\n\n", *_summary(), "\n## 缺的和部分做到的 · What is missing\n\n", *_missing()]
    for number, programme in programmes().items():
        parts += [f"\n## {number} {programme['notice']}\n\n模型 `bpmn/{programme['key']}`\n\n", *_programme(number)]
    return "".join(parts)


def _of(number: str) -> list[Row]:
    return [row for row in rows().values() if row.id.startswith(f"{number}-")]


def _summary() -> Iterator[str]:
    yield "| 专项 programme | 要求 rows | ✓ | 部分 | 缺 |\n|---|---|---|---|---|\n"
    total: Counter[str] = Counter()
    for number, programme in programmes().items():
        counted = Counter(state(row) for row in _of(number))
        total += counted
        yield _line(f"{number} `{programme['key']}`", counted.total(), *(counted[name] for name in STATES))
    yield _line("合计", total.total(), *(total[name] for name in STATES))


def _missing() -> Iterator[str]:
    yield "| 编号 | 要求 | 状态 | 原因 |\n|---|---|---|---|\n"
    for row in rows().values():
        if state(row) != "held":
            yield _line(row.id, row.text, STATES[state(row)], row.missing or row.gap)


def _programme(number: str) -> Iterator[str]:
    yield "| 编号 | 要求 | 依据 | 性质 | 模型元素 | 场景 | |\n|---|---|---|---|---|---|---|\n"
    for row in _of(number):
        kind = "、".join(KINDS[part] for part in row.kind.split())
        shown = "；".join(_shown(proofs().get(row.id, ())))
        yield _line(row.id, row.text, row.source, kind, "<br>".join(_elements(row)), shown, STATES[state(row)])


def _elements(row: Row) -> Iterator[str]:
    """The elements of one file together: its name once, linked, then the ids."""
    files: dict[str, list[str]] = defaultdict(list)
    for element in row.elements:
        path, _, place = element.partition("#")
        files[path] += [place] if place else []
    for path, places in files.items():
        yield " ".join((f"[{path.rsplit('/', 1)[1]}](../{path})", *(f"`{place}`" for place in places)))


def _shown(found: Sequence[Proof]) -> Iterator[str]:
    for proof in found:
        name = f"`{proof.name}`" if proof.file.endswith(".toml") else proof.name
        yield f"[{name}](../{proof.file})"


def _line(*cells: object) -> str:
    return "| " + " | ".join(re.sub(r"([*|])", r"\\\1", str(cell)) for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
