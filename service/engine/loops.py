"""The loop around an activity: parallel or sequential turns, results by position, a completion condition."""

from __future__ import annotations

from typing import Any

from service.engine.activities import Activity
from service.engine.incidents import Stuck
from service.engine.limits import TOKENS, TURNS
from service.engine.model import Loop, Node
from service.engine.scopes import assign, chain
from service.engine.spiff import FUTURE, STARTED, ProcessSpec, Token
from service.engine.stepping import crowd


class MultiInstance(Activity):
    """Runs its turn once per item; boundary events stand beside the loop, not beside the turn."""

    def __init__(self, process: ProcessSpec, name: str, node: Node, turn: str, loop: Loop) -> None:
        super().__init__(process, name, node)
        self.turn, self.loop = turn, loop

    def arrive(self, token: Token) -> bool:
        """Take the items and begin the turns. The mappings belong to the turns."""
        loop, memo = self.loop, token.internal_data
        items = token.workflow.top.evaluation.json(loop.collection, chain(token))
        if not isinstance(items, list):
            raise Stuck("collection", text=loop.collection)
        if len(items) > TURNS:
            raise Stuck("too-many-turns", text=loop.collection, count=len(items), most=TURNS)
        if not loop.sequential and crowd(token.workflow.top) + len(items) > TOKENS:
            raise Stuck("too-many-tokens", most=TOKENS)
        memo.update(count=len(items), done=0)
        if loop.output:
            memo["out"] = [None] * len(items)
        if not items:
            return True
        token._set_state(STARTED)
        if loop.sequential:
            memo["rest"] = items[1:]
            items = items[:1]
        for index, item in enumerate(items):
            self.begin(token, index, item)
        return False

    def waits(self, token: Token) -> bool:
        """For its turns."""
        return any(turn.live for turn in token.children)

    def begin(self, token: Token, index: int, item: Any) -> None:
        """One turn."""
        local: dict[str, Any] = {"loopCounter": index + 1}
        if own := self.loop.own:
            local[own] = None
        if self.loop.element:
            local[self.loop.element] = item
        turn = token.child(token.workflow.spec.task_specs[self.turn], FUTURE)
        turn.internal_data.update(turn=index, local=local)
        turn.task_spec._update(turn)

    def turn_done(self, token: Token, turn: Token) -> None:
        """A turn has given its results; nothing is counted before everything could be evaluated. May raise Stuck."""
        loop, memo = self.loop, token.internal_data
        evaluation, scopes = token.workflow.top.evaluation, chain(turn)
        if loop.output and loop.output_element:
            memo["out"][turn.internal_data["turn"]] = evaluation.json(loop.output_element, scopes)
        enough = bool(loop.until) and evaluation.truth(loop.until or "", [self._counts(memo, loop), *scopes])
        memo["done"] += 1
        self.go_on(token, enough)

    @staticmethod
    def _counts(memo: dict[str, Any], loop: Loop, done: int = 1) -> dict[str, Any]:
        done, gone = memo["done"] + done, memo.get("gone", 0)
        counts: dict[str, Any] = {
            "numberOfInstances": memo["count"],
            "numberOfCompletedInstances": done,
            "numberOfActiveInstances": memo["count"] - done - gone - len(memo.get("rest", ())),
            "numberOfTerminatedInstances": gone,
        }
        if loop.output:
            counts[loop.output] = memo["out"]
        return counts

    def go_on(self, token: Token, enough: bool = False) -> None:
        """The next turn, or the end of the loop."""
        memo = token.internal_data
        if enough or memo["done"] + memo.get("gone", 0) >= memo["count"]:
            for turn in token.children:
                turn.cancel()
            token._ready()
        elif memo.get("rest"):
            self.begin(token, memo["count"] - len(memo["rest"]), memo["rest"].pop(0))

    def add(self, token: Token, item: Any) -> None:
        """One more turn while the loop runs."""
        memo = token.internal_data
        memo["count"] += 1
        if self.loop.output:
            memo["out"].append(None)
        if self.loop.sequential:
            memo["rest"].append(item)
        else:
            self.begin(token, memo["count"] - 1, item)

    def remove(self, token: Token, turn: Token) -> None:
        """One turn less; the completion condition is asked again, because the number that matters has changed."""
        turn.cancel()
        memo, loop = token.internal_data, self.loop
        memo["gone"] = memo.get("gone", 0) + 1
        enough = False
        if loop.until:
            scopes = chain(token)
            enough = token.workflow.top.evaluation.truth(loop.until, [self._counts(memo, loop, done=0), *scopes])
        self.go_on(token, enough)

    def finish(self, token: Token) -> None:
        """The collected results are propagated."""
        if self.loop.output:
            assign(token, self.loop.output, token.internal_data["out"])
        self.release(token)
