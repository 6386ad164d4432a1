"""Activities: their mappings, and what user, service, decision, sub-process and call activities do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from service.engine import decisions
from service.engine.gateways import choose
from service.engine.incidents import Stuck
from service.engine.limits import DEPTH
from service.engine.model import Way
from service.engine.scopes import assign, chain, put
from service.engine.spiff import STARTED, WAITING, NodeSpec, SubFrame, Token
from service.engine.timers import TimerError, instant
from service.feel import to_text


class Activity(NodeSpec):
    """Has input and output mappings; may have boundary events or be one turn of a loop."""

    takes_all: ClassVar[bool] = True  # without output mapping, results become variables

    def arrive(self, token: Token) -> bool:
        """Input mappings make local variables, all of them or none."""
        inputs = self.node.inputs
        if inputs:
            evaluation = token.workflow.top.evaluation
            local = dict(token.internal_data.get("local", ()))
            scopes = [local, *_around(token)]
            for source, target in inputs:
                put(local, target, evaluation.json(source, scopes))
            token.internal_data["local"] = local
        return True

    def finish(self, token: Token) -> None:
        """Results become variables; then the loop or the boundary events beside it are told."""
        memo = token.internal_data
        if "given" not in memo:
            self.give(token, memo.get("result"))
        if "turn" in memo:
            memo["given"] = 1  # should the loop stick, a retry must not map twice
            token.above.task_spec.turn_done(token.above, token)
            return
        if self.conditional and not leads_back(token):
            memo["given"] = 1
            token.chosen = choose(token)
        self.release(token)

    def outgoing(self, token: Token) -> Sequence[Way]:
        """A turn of a loop leads nowhere: the loop goes on."""
        memo = token.internal_data
        if "turn" in memo:
            return ()
        if leads_back(token):
            return ()  # the task that waits for it goes on
        return token.chosen if self.conditional else self.ways

    def release(self, token: Token) -> None:
        """The events that waited beside it wait no longer."""
        host = token.above
        if not host.task_spec.group or self.beside:
            return
        for other in host.children:
            if other.task_spec.beside and other._state == WAITING and not other.fired:
                other.cancel()

    def give(self, token: Token, result: dict[str, Any] | None) -> None:
        """Output mappings, all of them or none; without any, the results propagate."""
        around = self._skip(token)
        if self.node.outputs:
            for target, value in self.mapped(token, result or {}):
                own = 1 if "local" in token.internal_data and "turn" not in token.internal_data else around
                assign(token, target, value, own)
        elif result and self.takes_all:
            for name, value in result.items():
                assign(token, name, value, around)

    def mapped(self, token: Token, result: dict[str, Any]) -> list[tuple[str, Any]]:
        """What the output mappings give; a later one sees an earlier one. May raise Stuck."""
        evaluation, out = token.workflow.top.evaluation, []
        scopes = chain(token)
        seen: dict[str, Any] = {}
        for source, target in self.node.outputs:
            value = evaluation.json(source, [seen, result, *scopes])
            out.append((target, value))
            head = target.split(".", 1)[0]
            if head not in seen:
                known = next((scope[head] for scope in scopes if head in scope), None)
                if head != target:
                    seen[head] = known
            put(seen, target, value)
        return out

    def _skip(self, token: Token) -> int:
        """A boundary event gives to the scope around its activity, not to the activity's own variables."""
        main = token.main() if self.beside else None
        return 1 if main is not None and "local" in main.internal_data else 0


def leads_back(token: Token) -> bool:
    """Whether it was opened beside a task that was sent back to it and waits."""
    return "resume" in token.internal_data.get("returned", ())


def _around(token: Token) -> list[dict[str, Any]]:
    scopes = chain(token)
    return scopes[1:] if "local" in token.internal_data else scopes


class Pass(Activity):
    """A task that only maps, a start event, a link that was reached."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a user task's assignment and schedule come to when it opens."""

    assignee: str | None
    groups: tuple[str, ...]
    due: datetime | None
    follow_up: datetime | None
    priority: int
    form: str | None


class UserTask(Activity):
    """Waits for a person; form data enters by mapping only, so a form never writes a control variable."""

    takes_all = False

    def arrive(self, token: Token) -> bool:
        """Assignment and schedule are evaluated once, when the task opens."""
        super().arrive(token)
        token.assignment = self.assignment(token)
        return True

    def waits(self, token: Token) -> bool:
        """For a person."""
        return True

    def assignment(self, token: Token) -> Assignment:
        """Raises Stuck where a value has the wrong type."""
        work = self.node.work
        evaluation, scopes = token.workflow.top.evaluation, chain(token)

        def value(name: str) -> Any:
            return evaluation.value(work[name], scopes) if work.get(name) else None

        def wrong(name: str, found: Any, zh: str, en: str) -> Stuck:
            return Stuck("assignment", what=name, text=work[name], value=to_text(found), zh=zh, en=en)

        def when(name: str) -> datetime | None:
            found = value(name)
            try:
                return None if found is None or found == "" else instant(found)
            except TimerError:
                raise wrong(name, found, "带时区的日期时间", "a date and time with a zone") from None

        assignee = value("assignee")
        if assignee is not None and not isinstance(assignee, str):
            raise wrong("assignee", assignee, "文字", "a text")
        groups = value("candidateGroups")
        if isinstance(groups, str) and not work["candidateGroups"].startswith("="):
            groups = [part.strip() for part in groups.split(",") if part.strip()]
        if groups is not None and not (isinstance(groups, list) and all(isinstance(g, str) for g in groups)):
            raise wrong("candidateGroups", groups, "文字的列表", "a list of texts")
        return Assignment(
            assignee or None,
            tuple(groups or ()),
            when("dueDate"),
            when("followUpDate"),
            self._priority(value("priority"), wrong),
            value("formId"),
        )

    @staticmethod
    def _priority(found: Any, wrong: Any) -> int:
        if found is None:
            return 50
        try:
            number = int(found)
        except (TypeError, ValueError):
            number = -1
        if not 0 <= number <= 100:
            raise wrong("priority", found, "0 到 100 的整数", "a whole number from 0 to 100")
        return number


class Job(Activity):
    """An operation or a job for an outside worker: handed out as a request, completed by a command."""

    def act(self, token: Token) -> bool | None:
        """The request becomes part of the Step."""
        self.type_of(token)
        token.workflow.top.requested.add(token.id)
        return None

    def waits(self, token: Token) -> bool:
        """For an answer."""
        return True

    def type_of(self, token: Token) -> str:
        """The operation's name. Raises Stuck."""
        text = self.node.job or ""
        found = token.workflow.top.evaluation.value(text, chain(token))
        if not isinstance(found, str) or not found:
            raise Stuck("operation-type", text=text)
        return found


class Decision(Activity):
    """A business rule task; its value is assigned, so that no hit means null and not an old value."""

    def act(self, token: Token) -> bool | None:
        """Decide, and note what was read."""
        taken = decisions.decide(token)
        top = token.workflow.top
        top.decisions.append(taken)
        token.internal_data["result"] = {self.node.result or "": taken.value}
        return True


class SubProcess(Activity):
    """An embedded sub-process, or an event sub-process that has been started."""

    inner: str = ""  # key of what is inside
    border: ClassVar[bool] = False

    def arrive(self, token: Token) -> bool:
        """Its inside begins."""
        super().arrive(token)
        token.internal_data.setdefault("local", {})
        if token.workflow.level >= DEPTH:
            raise Stuck("too-deep", depth=DEPTH)
        token._set_state(STARTED)
        self.entered(token, token.workflow.top.enter(token, self.inner, self.border))
        return False

    def entered(self, token: Token, frame: SubFrame) -> None:
        """Variables go in."""

    def waits(self, token: Token) -> bool:
        """For what is inside."""
        frame = token.workflow.top.subprocesses.get(token.id)
        return frame is not None and frame.active()

    def ended(self, token: Token, frame: SubFrame) -> None:
        """Nothing is left inside."""
        token._ready()

    def cancelled(self, token: Token) -> None:
        """What is inside goes, too; also the processes it called."""
        frame = token.workflow.top.subprocesses.pop(token.id, None)
        if frame is not None:
            frame.cancel()


class CallActivity(SubProcess):
    """Another process, behind a border of variables."""

    border = True

    def entered(self, token: Token, frame: SubFrame) -> None:
        """All visible variables, or only the mapped ones, become the called process' own."""
        scopes = chain(token) if self.node.all_in else [token.internal_data["local"]]
        for scope in reversed(scopes):
            frame.data.update(scope)
        frame.top.entered.append(self.inner)

    def ended(self, token: Token, frame: SubFrame) -> None:
        """Its variables come back, through the output mappings where there are any."""
        token.internal_data["result"] = dict(frame.data) if self.node.outputs or self.node.all_out else {}
        token._ready()
