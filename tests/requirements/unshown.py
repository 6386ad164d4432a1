"""What no story shows, and the changes that no story notices; the lists of them in unshown.toml.

python -m tests.requirements.unshown             plays every story and writes the flows and rules that none shows
python -m tests.requirements.unshown changes     tries every change as well, and writes those that no story notices
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from service.programmes.folder import programme_keys
from service.settings import ROOT
from tests.requirements import parts
from tests.requirements.evidence import COMMON, Evidence, comes_true, gather, tellers

LIST = Path(__file__).with_name("unshown.toml")
KEYS = programme_keys(ROOT)
OWNERS = (*KEYS, COMMON)
ATTEMPTS = 3  # the shortest stories that showed a part, played again without it
HEAD = """\
# 没有故事演到的顺序流（flows）和规则（rules），以及改了也没有故事察觉的（unnoticed_…），各写明为什么故事演不到。
# 演到了还列着，或者没有写原因，测试失败。由 python -m tests.requirements.unshown [changes] 写成，原因手写。
"""
Find = Callable[[str, Sequence[Evidence]], set[str]]


def flows(owner: str, played: Sequence[Evidence]) -> set[str]:
    """The sequence flows of a programme's diagrams that no story took."""
    return set(parts.flows(owner)) - {flow for story in played for flow in story.flows}


def rules(owner: str, played: Sequence[Evidence]) -> set[str]:
    """The rules of a programme's tables that matched in no story."""
    return set(parts.rules(owner)) - {rule for story in played for rule in story.rules}


def unnoticed_rules(owner: str, played: Sequence[Evidence]) -> set[str]:
    """The rules that matched in a story and whose deletion leaves the shortest such stories true."""
    return {
        rule
        for rule, path in parts.rules(owner).items()
        if _unnoticed([one for one in played if rule in one.rules], parts.without(path, rule.partition("#")[2]))
    }


def unnoticed_flows(owner: str, played: Sequence[Evidence]) -> set[str]:
    """The flows that a story took and whose condition turned round leaves the shortest such stories true."""
    return {
        flow
        for flow, path in parts.flows(owner, conditioned=True).items()
        if _unnoticed([one for one in played if flow in one.flows], parts.negated(path, flow.partition("/")[2]))
    }


FINDS: dict[str, Find] = {
    "flows": flows,
    "rules": rules,
    "unnoticed_rules": unnoticed_rules,
    "unnoticed_flows": unnoticed_flows,
}


def listed() -> dict[str, dict[str, str]]:
    """The parts as they stand in the file, each with its reason, under the names of FINDS."""
    return tomllib.loads(LIST.read_text("utf-8"))


def write(lists: dict[str, Iterable[str]]) -> None:
    """Write these lists; those not given and the reasons that stand stay as they are."""
    text = HEAD
    for name, known in listed().items():
        found = lists.get(name, known)
        text += f"\n[{name}]\n" + "".join(f'"{part}" = "{known.get(part, "")}"\n' for part in sorted(found))
    LIST.write_text(text, "utf-8")


def _unnoticed(shown_by: Sequence[Evidence], changed: dict[str, bytes]) -> bool:
    shortest = sorted(shown_by, key=lambda story: (len(story.flows), story.programme, story.story))[:ATTEMPTS]
    return bool(shortest) and all(comes_true(story.path, changed) for story in shortest)


def _found(name: str, owner: str, folder: Path) -> set[str]:
    return FINDS[name](owner, gather(folder, tellers(owner)))


def _main(names: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        list(pool.map(gather, [Path(folder)] * len(KEYS), [[key] for key in KEYS]))
        asked = [(name, owner) for name in names for owner in OWNERS]
        found = list(pool.map(_found, *zip(*asked, strict=True), [Path(folder)] * len(asked)))
    by_name = [(name, part) for (name, _owner), some in zip(asked, found, strict=True) for part in some]
    write({name: [part for of, part in by_name if of == name] for name in names})


if __name__ == "__main__":
    _main(list(FINDS) if "changes" in sys.argv[1:] else ["flows", "rules"])
