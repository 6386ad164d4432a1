"""A closure made ready to run: engine bundle, decisions, forms and letters, compiled once per digest and process.

Everything here is immutable and shared by all threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from sqlalchemy.orm import Session

from service.dmn import DecisionModel, DmnError, DmnProblem, read_model
from service.domain.errors import DeploymentRefused, NotFound, Problem
from service.engine import Bundle, compile_bundle
from service.feel import from_json
from service.forms import CompiledForm, compile_form, read_form
from service.programmes.closure import Closure, freeze
from service.programmes.functions import FUNCTION_NAMES
from service.programmes.letters import CompiledLetter, compile_letter
from service.programmes.manifest import Manifest
from service.programmes.scan import deadline_names
from service.store import deployments
from service.store.deployments import Deployment

T = TypeVar("T")

#: how many programmes' versions a process keeps compiled; the one used longest ago goes first
KEPT = 64
#: how many decision files; a programme has some ten, and its versions share most of them
KEPT_DECISIONS = 256


@dataclass(frozen=True)
class CompiledProgramme:
    """One deployment of a programme, ready to run."""

    closure: Closure
    bundle: Bundle
    decisions: Mapping[str, DecisionModel]
    forms: Mapping[str, CompiledForm]
    letters: Mapping[str, CompiledLetter]

    @property
    def manifest(self) -> Manifest:
        """What the programme's manifest says."""
        return self.closure.manifest

    @property
    def key(self) -> str:
        """The programme's key."""
        return self.closure.key

    @property
    def digest(self) -> str:
        """The digest of the closure."""
        return self.closure.digest


def deadline_of(source: str) -> str | None:
    """The name of the deadline a timer's or due date's FEEL text asks for; None where it asks for none.

    >>> deadline_of('=deadline("paper-delivery")')
    'paper-delivery'
    """
    return next(iter(deadline_names(source)), None)


def compile_closure(closure: Closure) -> CompiledProgramme:
    """Compiles everything in a closure. Raises DeploymentRefused with every problem of its parts."""
    problems: list[Problem] = []
    models = _each(closure.decisions, lambda path: read_decisions(closure.files[path], path), problems)
    forms = _each(closure.forms, lambda path: _form(closure, path), problems)
    letters = _each(closure.letters, lambda path: letter_of(closure, path), problems)
    if problems:
        raise DeploymentRefused(problems)
    decisions = {name: model for model in models.values() for name in model.decisions}
    bundle = compile_bundle(
        diagrams(closure), decisions=decisions, functions=FUNCTION_NAMES, operations=None, forms=closure.forms.keys()
    )
    return CompiledProgramme(
        closure=closure,
        bundle=bundle,
        decisions=MappingProxyType(decisions),
        forms=MappingProxyType({name: forms[path] for name, path in closure.forms.items()}),
        letters=MappingProxyType({name: letters[path] for name, path in closure.letters.items()}),
    )


def compiled(closure: Closure) -> CompiledProgramme:
    """The compiled closure, from the cache where this process has compiled the same digest before."""
    return _CACHE.get(closure.digest, lambda: closure)


def compiled_of(session: Session, deployment_id: int) -> CompiledProgramme:
    """The compiled programme of a deployment; its files are read only if this process has not compiled it yet.

    Raises NotFound where there is no such deployment.
    """
    row = session.get(Deployment, deployment_id)
    if row is None:
        raise NotFound(what=f"deployment {deployment_id}")
    return _CACHE.get(row.digest, lambda: freeze(deployments.files_of(session, deployment_id), row.programme))


class Cache:
    """Compiled programmes by digest; one thread compiles a digest while others ask for theirs."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._programmes: OrderedDict[str, CompiledProgramme] = OrderedDict()

    def get(self, digest: str, load: Callable[[], Closure]) -> CompiledProgramme:
        """The programme of this digest; `load` gives its closure where it has to be compiled first."""
        with self._lock:
            found = self._programmes.get(digest)
            if found is not None:
                self._programmes.move_to_end(digest)
                return found
        # two threads may compile the same one at the same time: harmless, and nobody waits for a stranger's programme
        fresh = compile_closure(load())
        with self._lock:
            kept = self._programmes.setdefault(digest, fresh)
            self._programmes.move_to_end(digest)
            while len(self._programmes) > self._kept:
                self._programmes.popitem(last=False)
        return kept


_CACHE = Cache()


def diagrams(closure: Closure) -> dict[str, bytes]:
    """The `.bpmn` files of a closure."""
    return {path: content for path, content in closure.files.items() if path.endswith(".bpmn")}


@lru_cache(maxsize=KEPT_DECISIONS)
def read_decisions(content: bytes, path: str) -> DecisionModel:
    """The decisions of one file, read once a process. Raises DeploymentRefused in our shape of problems."""
    try:
        return read_model(content, file=path, functions=FUNCTION_NAMES)
    except DmnError as error:
        raise DeploymentRefused([problem_of(one) for one in error.problems]) from error


def problem_of(one: DmnProblem) -> Problem:
    """A problem of a decision file in our shape."""
    return Problem(one.file, one.element, one.code, one.zh, one.en, name=one.name, line=one.line, level=one.level)


def letter_of(closure: Closure, path: str) -> CompiledLetter:
    """One compiled letter of a closure, with the programme's settings as FEEL values."""
    settings = {
        name: from_json(list(value) if isinstance(value, tuple) else value)
        for name, value in closure.manifest.settings.items()
    }
    return compile_letter(closure.files[path], file=path, settings=settings)


def _form(closure: Closure, path: str) -> CompiledForm:
    return compile_form(read_form(closure.files[path], file=path), functions=FUNCTION_NAMES)


def _each(homes: Mapping[str, str], make: Callable[[str], T], problems: list[Problem]) -> dict[str, T]:
    """What `make` gives for each file, once; problems are collected, not raised."""
    made: dict[str, T] = {}
    for path in dict.fromkeys(homes.values()):
        try:
            made[path] = make(path)
        except DeploymentRefused as refused:
            problems += refused.problems
    return made
