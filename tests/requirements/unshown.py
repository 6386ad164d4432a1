"""What no story shows, and the changes that no story notices; the lists of them in unshown.toml.

python -m tests.requirements.unshown             plays every story and writes the flows and rules that none shows
python -m tests.requirements.unshown changes     tries every change as well, and writes those that no story notices
"""

from __future__ import annotations

import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from service.programmes.folder import programme_keys
from service.settings import ROOT
from tests.requirements import parts
from tests.requirements.evidence import COMMON, Evidence, gather, tellers
from tests.requirements.together import Files, Trial, true_otherwise

LIST = Path(__file__).with_name("unshown.toml")
KEYS = programme_keys(ROOT)
OWNERS = (*KEYS, COMMON)
ATTEMPTS = 3  # stories that showed a part, played on without it
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
    """The rules that matched in a story and whose deletion leaves the stories tried true."""
    changed = {rule: parts.without(path, rule.partition("#")[2]) for rule, path in parts.rules(owner).items()}
    return _unnoticed(changed, [(one, one.rules) for one in played])


def unnoticed_flows(owner: str, played: Sequence[Evidence]) -> set[str]:
    """The flows that a story took and whose condition turned round leaves the stories tried true."""
    flowing = parts.flows(owner, conditioned=True)
    changed = {flow: parts.negated(path, flow.partition("/")[2]) for flow, path in flowing.items()}
    return _unnoticed(changed, [(one, one.flows) for one in played])


def _unnoticed(changed: Mapping[str, Files], shown_by: Sequence[tuple[Evidence, Mapping[str, int]]]) -> set[str]:
    """The parts whose change no trial notices; tried are the stories that have the fewest steps left at that part."""
    trials: dict[str, dict[str, list[Trial]]] = defaultdict(dict)  # by programme, then by part
    for part in changed:
        showing = [(one.steps - shown[part], one.path, one, shown[part]) for one, shown in shown_by if part in shown]
        for _left, path, one, done in sorted(showing, key=lambda found: found[:2])[:ATTEMPTS]:
            trials[one.programme].setdefault(part, []).append(Trial(path, done))
    true = {key: true_otherwise(key, tried, changed) for key, tried in trials.items()}
    tried = {part for one in trials.values() for part in one}
    return {part for part in tried if all(part in true[key] for key, one in trials.items() if part in one)}


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
