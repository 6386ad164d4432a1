"""Every refusal has a code of its own and its text in both languages."""

from __future__ import annotations

import importlib
import pkgutil
import re

import service
from service.domain.errors import Refusal


def _refusals() -> list[type[Refusal]]:
    for module in pkgutil.walk_packages(service.__path__, "service."):
        if not re.search(r"migrations|__main__", module.name):
            importlib.import_module(module.name)
    found: list[type[Refusal]] = []
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return [kind for kind in found if kind.__module__.startswith("service.")]


def test_every_refusal_has_a_code_and_both_languages() -> None:
    incomplete = [
        kind.__qualname__
        for kind in _refusals()
        if "code" not in vars(kind)
        or not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", kind.code)
        or ("zh" in vars(kind)) != ("en" in vars(kind))
        or not (kind.zh and kind.en)
    ]
    assert not incomplete, f"a code of its own (kebab), and both languages, its own or both its parent's: {incomplete}"


def test_no_two_refusals_share_a_code() -> None:
    codes = [kind.code for kind in _refusals()]
    assert len(codes) == len(set(codes)), sorted(code for code in set(codes) if codes.count(code) > 1)


def test_the_texts_are_in_their_languages() -> None:
    mixed = [
        kind.code
        for kind in _refusals()
        if not re.search(r"[\u4e00-\u9fff{]", kind.zh) or re.search(r"[\u4e00-\u9fff]", kind.en)
    ]
    assert not mixed
