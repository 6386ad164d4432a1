"""Runs the benchmarks beside it and prints their rows; `python -m bench engine inbox` runs those two."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import bench

NO_BENCHMARKS = {"__main__", "many_cases", "row", "twin"}


def main(names: Sequence[str]) -> int:
    """Run the benchmarks named, or all; the number of goals missed."""
    known = sorted({found.name for found in pkgutil.iter_modules(bench.__path__)} - NO_BENCHMARKS)
    if unknown := set(names) - set(known):
        print(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
        return 2
    missed = 0
    print("| what | goal | measured | met |\n|---|---|---|---|")
    for name in names or known:
        for row in importlib.import_module(f"bench.{name}").measure():
            missed += not row.met
            print(f"| {row.what} | {row.goal} | {row.measured} | {'yes' if row.met else '**no**'} |", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
