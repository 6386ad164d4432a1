"""Freezes how instances are stored in this version: `python -m tests.engine.freeze` fills tests/data/states/<version>.

For each programme its diagrams, without their drawing, and one state per user task that somebody waits at. What was
frozen is never written again: every later version must load it and go on from it. Processes that were drawn since are
frozen beside it under a name of their own: `python -m tests.engine.freeze NAME PROCESS…`, of whatever programme.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from lxml import etree

from tests.engine.play import Play
from tests.engine.walk import PROGRAMMES, Walk, diagrams, resumed, started, step

STATES = Path(__file__).parents[1] / "data" / "states"
DRAWING = re.compile(r"\{http://www\.omg\.org/spec/BPMN/\d+/DI\}BPMNDiagram")
CALLED = re.compile(r'<zeebe:calledElement[^>]* processId="([^"]+)"')
WALKS = 12  # from the start of each process, and again from each state that was new
LONGEST = 80


def bare(xml: bytes) -> bytes:
    """A diagram without its drawing: the engine never reads it."""
    root = etree.fromstring(xml, etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True))
    for child in list(root):
        if isinstance(child.tag, str) and DRAWING.fullmatch(child.tag):
            root.remove(child)
    return etree.tostring(root, encoding="utf-8", xml_declaration=False)


def waiting(walk: Walk, processes: Iterable[str]) -> dict[str, str]:
    """For each of the processes and user tasks the first state in which it is open, as text."""
    found: dict[str, str] = {}
    for process in sorted(processes):
        todo: list[str | None] = [None]
        for begun in todo:  # grows
            for seed in range(WALKS):
                r = random.Random(seed)  # noqa: S311 - reproducible choices, no secret
                play = started(walk, process, r) if begun is None else resumed(walk, begun, r)
                for _ in range(LONGEST):
                    todo += _noted(found, process, play)
                    if not step(walk, play, r):
                        break
    return found


def _noted(found: dict[str, str], process: str, play: Play) -> list[str]:
    """The state, where something is open that was in none before; no operation waits for its answer in it."""
    new = [f"{process} {' '.join(work.path)}" for work in play.work.values() if not play.jobs]
    new = [place for place in new if place not in found]
    state = play.step.state.decode()
    found.update(dict.fromkeys(new, state))
    return [state] if new else []


def _reached(files: Mapping[str, bytes], processes: Iterable[str]) -> set[str]:
    """The files of these processes and of what they call; a process has the name of its file."""
    found: set[str] = set()
    todo = [f"{process}.bpmn" for process in processes]
    for file in todo:  # grows
        if file not in found:
            found.add(file)
            todo += [f"{called}.bpmn" for called in CALLED.findall(files[file].decode())]
    return found


def freeze(name: str, folders: Iterable[Path], processes: Collection[str] = ()) -> None:
    """Write the diagrams of these programmes with the states of some processes, or of all, unless it was done."""
    target = STATES / version("shenbao") / name
    if target.exists():
        sys.stdout.write(f"{name}: frozen already\n")
        return
    files = {name: bare(data) for folder in folders for name, data in diagrams(folder).items()}
    if processes:
        files = {file: files[file] for file in sorted(_reached(files, processes))}
    walk = Walk(files)
    states = waiting(walk, processes or walk.bundle.processes)
    target.mkdir(parents=True)
    for file, data in files.items():
        (target / file).write_bytes(data + b"\n")
    (target / "states.json").write_text(
        json.dumps(states, ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8"
    )
    sys.stdout.write(f"{target.name}: {len(states)} states\n")


if __name__ == "__main__":
    if sys.argv[1:]:
        freeze(sys.argv[1], PROGRAMMES, sys.argv[2:])
    for programme in PROGRAMMES:
        freeze(programme.name, [programme])
