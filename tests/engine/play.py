"""One instance for a test: every command loads and saves, and a second load and save must change nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from service.engine import (
    Bundle,
    CaseValues,
    Command,
    Complete,
    Fire,
    OperationRequest,
    Publish,
    Start,
    Step,
    Work,
    apply,
    compile_bundle,
)
from service.engine.expressions import Evaluation
from service.engine.state import dump, load
from service.feel import Function
from tests.engine.sketch import Lines, sketch

BEGIN = datetime(2026, 4, 1, tzinfo=UTC)


def bundle_of(
    xml: bytes | Mapping[str, bytes],
    *,
    decisions: Mapping[str, Any] | None = None,
    functions: Iterable[str] = (),
    operations: Iterable[str] | None = None,
    forms: Iterable[str] | None = None,
) -> Bundle:
    """Compile one file, or several."""
    files = {"m.bpmn": xml} if isinstance(xml, bytes) else xml
    return compile_bundle(
        files,
        decisions=decisions or {},
        functions=functions,
        operations=None if operations is None else set(operations),
        forms=None if forms is None else set(forms),
    )


def functions_of(given: Mapping[str, Callable[..., Any]]) -> dict[str, Function]:
    """Registered functions of any one parameter list."""
    return {
        name: Function(tuple(f"a{i}" for i in range(call.__code__.co_argcount)), call) for name, call in given.items()
    }


class Play:
    """Plays one instance, and keeps what is open as a caller's tables would."""

    def __init__(
        self,
        model: Lines | bytes | Bundle,
        others: dict[str, Lines] | None = None,
        *,
        decisions: Mapping[str, Any] | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        case: Mapping[str, Any] | None = None,
        lookup: Mapping[str, Any] | None = None,
    ) -> None:
        registered = functions_of(functions or {})
        if isinstance(model, list):
            model = sketch(model, others)
        if isinstance(model, bytes):
            model = bundle_of(model, decisions=decisions, functions=registered)
        self.bundle = model
        self.case = CaseValues(case or {}, lookup or {}, registered)
        self.now = BEGIN
        self.last: Step | None = None
        self.work: dict[int, Work] = {}
        self.jobs: dict[int, OperationRequest] = {}

    @property
    def step(self) -> Step:
        assert self.last is not None
        return self.last

    def do(self, command: Command) -> Play:
        self.last = apply(self.bundle, self.last and self.last.state, command, self.now, self.case)
        again = load(self.last.state, self.bundle, Evaluation(self.bundle.expressions, self.case, self.now))
        assert dump(again) == self.last.state, "not the same after load and save"
        for task in self.last.closed:
            self.work.pop(task, None)
            self.jobs.pop(task, None)
        self.work |= {work.task: work for work in self.last.opened}
        self.jobs |= {job.task: job for job in self.last.operations}
        return self

    def start(self, process: str = "p", **variables: Any) -> Play:
        return self.do(Start(process, variables))

    @property
    def open(self) -> str:
        return " ".join(sorted(thing.element for thing in (*self.work.values(), *self.jobs.values())))

    def id(self, element: str) -> int:
        return min(task for task, thing in (self.work | self.jobs).items() if thing.element == element)

    def done(self, element: str, **variables: Any) -> Play:
        return self.do(Complete(self.id(element), variables))

    def message(self, name: str, key: str | int | None = None, **variables: Any) -> Play:
        return self.do(Publish(name, key, variables))

    def hours(self, hours: float) -> Play:
        """The clock goes on, and every timer that is due fires, the earliest first."""
        self.now += timedelta(hours=hours)
        for _ in range(60):
            due = sorted((t.due, t.task) for t in self.step.timers if t.due is not None and t.due <= self.now)
            if not due:
                return self
            self.do(Fire(due[0][1]))
        raise AssertionError("timers fire for ever")

    @property
    def stuck(self) -> dict[str, str]:
        """Element and code of every incident."""
        return {row.element: row.code for row in self.step.incidents}

    def incident(self, element: str) -> int:
        return next(row.task for row in self.step.incidents if row.element == element)
