"""The part of the grammar that reads types, after `instance of` and behind parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from service.feel.names import KnownNames
from service.feel.scanner import MAX_NAME, Scanner
from service.feel.source import FeelSyntaxError, Source
from service.feel.types import ANY, SIMPLE, ContextType, FeelType, FunctionType, ListType, RangeType, simple_type

MAX_NESTING = 80
_COLON = re.compile(r":")


class TypeScanner(Scanner):
    """A scanner that knows names and types, and reads a type."""

    def __init__(self, source: Source, known: KnownNames, types: Mapping[str, FeelType]) -> None:
        super().__init__(source)
        self.known = known
        self.types = types
        self.nesting = 0

    def deeper(self) -> None:
        """Note one more level of nesting; too many are an error, not an overflow."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise self.too_deep()

    def too_deep(self) -> FeelSyntaxError:
        """The error of a text nested too deeply."""
        return self.error(
            f"嵌套超过 {MAX_NESTING} 层，请拆成几步", f"nested more than {MAX_NESTING} levels deep, split it into steps"
        )

    def type(self) -> FeelType:
        """Read a type."""
        self.deeper()
        word = self.word()
        if word in ("list", "range", "context", "function"):
            self.take_word(word)
            found = self._generic_type(word)
        else:
            found = self._named_type()
        self.nesting -= 1
        return found

    def _generic_type(self, word: str) -> FeelType:
        if not self.take("<"):
            return {"list": ListType(ANY), "range": RangeType(ANY)}.get(word) or SIMPLE[word]
        if word == "context":
            return self._context_type()
        if word == "function":
            return self._function_type()
        element = self.type()
        self.need(">")
        return ListType(element) if word == "list" else RangeType(element)

    def _context_type(self) -> FeelType:
        members: dict[str, FeelType] = {}
        while True:
            name = self.declared_name(_COLON)
            self.need(":")
            members[name] = self.type()
            if not self.take(","):
                break
        self.need(">")
        return ContextType(members)

    def _function_type(self) -> FeelType:
        params: list[FeelType] = []
        while not self.sees(">"):
            params.append(self.type())
            if not self.take(","):
                break
        self.need(">")
        if not self.text.startswith("->", self.at):
            raise self.error("这里应为“->”", "expected “->” here")
        self.at += 2
        self.skip()
        return FunctionType(params, self.type())

    def _named_type(self) -> FeelType:
        start = self.at
        name = self._type_name()
        while len(name) < MAX_NAME and self.take("."):
            name += "." + self._type_name()
        found = self.types.get(name) or simple_type(name)
        if found is None:
            raise self.error(f"没有“{name}”这种类型", f"there is no type “{name}”", start)
        return found

    def _type_name(self) -> str:
        known = self.known.plus([*SIMPLE, *self.types]).match(self.text, self.at)
        if known:
            name, self.at = known
        else:
            word = self.word()
            if word is None:
                raise self.unexpected()
            name, self.at = word, self.at + len(word)
        self.skip()
        return name
