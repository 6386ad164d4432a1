"""What the readers of one decision file share: the names and types known there, and the list of problems."""

from __future__ import annotations

from collections.abc import Iterable

from service.dmn.problems import DmnProblem
from service.dmn.xml import Element, line_of, local, nearest_id
from service.feel.builtins import SPACED_NAMES
from service.feel.names import KnownNames
from service.feel.parser import parse, parse_tests
from service.feel.source import NOWHERE, FeelSyntaxError, Place, Source
from service.feel.syntax import Literal, Node, UnaryTest
from service.feel.types import ANY, FeelType, ListType, simple_type

_DECLARING = ("decision", "businessKnowledgeModel", "decisionService", "inputData", "variable", "formalParameter")
_NAMED = tuple(f"{{*}}{name}" for name in (*_DECLARING, "parameter", "itemComponent", "output", "column", "import"))
_LOOPS = tuple(f"{{*}}{name}" for name in ("for", "some", "every"))
Cell = tuple[tuple[UnaryTest, ...], bool] | None
NULL = Literal(NOWHERE, None)


class Reading:
    """One decision file being read; problems are collected, never raised one by one."""

    def __init__(self, root: Element, file: str, functions: Iterable[str], home: tuple[str, ...] = ()) -> None:
        self.root = root
        self.file = file
        self.functions = frozenset(functions)
        self.home = home  # the names by which an imported file is reached from the file that is read
        self.namespace = root.get("namespace") or ""
        self.imports: dict[str, Reading] = {}
        self.problems: list[DmnProblem] = []
        self.types: dict[str, FeelType] = {}
        self.known = KnownNames([*SPACED_NAMES, *self.functions, *names_in(root)])

    def key(self, href: str) -> str:
        """What an element is called in the graph: its id, with the namespace before it in an imported file."""
        namespace, _, id_ = href.rpartition("#")
        if namespace and namespace != self.namespace:
            return f"{namespace}#{id_}"
        return f"{self.namespace}#{id_}" if self.home else id_

    def alias_of(self, namespace: str) -> str:
        """The name by which a namespace is imported, "" where it is not or has none."""
        return next((name for name, other in self.imports.items() if other.namespace == namespace), "")

    def report(self, element: Element | None, code: str, zh: str, en: str, *, warning: bool = False) -> None:
        """Note a problem of an element."""
        self.problems.append(
            DmnProblem(
                self.file,
                nearest_id(element),
                code,
                zh,
                en,
                name=_decision_name(element),
                line=line_of(element),
                level="warning" if warning else "error",
            )
        )

    def source(self, element: Element, text: str) -> Source:
        """The text of an expression, knowing where it stands."""
        return Source(text, nearest_id(element))

    def place(self, element: Element) -> Place:
        """The place of a part that has no text of its own."""
        return Place(self.source(element, ""))

    def expression(self, element: Element, text: str) -> Node:
        """A FEEL text as a node; null where it is empty or, with a problem noted, no FEEL."""
        if not text.strip():
            return NULL
        try:
            return parse(self.source(element, text), self.known, self.types)
        except FeelSyntaxError as error:
            self._syntax(element, text, error)
        except RecursionError:
            self._syntax(element, text, FeelSyntaxError(1, 1, "表达式嵌套过深。", "the expression nests too deeply."))
        return NULL

    def cell(self, element: Element, text: str) -> Cell:
        """A cell's unary tests; one that no value passes where, with a problem noted, it is no FEEL."""
        try:
            return parse_tests(self.source(element, text), self.known, self.types)
        except FeelSyntaxError as error:
            self._syntax(element, text, error)
        except RecursionError:
            self._syntax(element, text, FeelSyntaxError(1, 1, "表达式嵌套过深。", "the expression nests too deeply."))
        return (UnaryTest(NOWHERE, "<", NULL, asks=False),), False

    def _syntax(self, element: Element, text: str, error: FeelSyntaxError) -> None:
        shown = text.strip().replace("\n", " ")[:80]
        zh = f"FEEL 表达式“{shown}”有误，{error.text('zh')}"
        self.report(element, "feel", zh, f"in the FEEL expression “{shown}”: {error.text('en')}")

    def type(self, element: Element | None, name: str | None) -> FeelType | None:
        """The type a `typeRef` names, None where nothing is declared or, with a problem noted, nothing of that name."""
        if not name or name.strip() in ("", "Any", "any"):
            return None
        found = self.find_type(name.strip())
        if found is None:
            self.report(element, "unknown-type", f"没有名为“{name}”的类型", f"there is no type “{name}”")
        return found

    def find_type(self, name: str) -> FeelType | None:
        """A type by its name, with or without the prefix of a namespace."""
        bare = name.rpartition(":")[2]
        for candidate in (name, bare):
            found = self.types.get(candidate) or simple(candidate)
            if found is not None:
                return found
        return None


def simple(name: str) -> FeelType | None:
    """A built-in type, `list` among them."""
    return ListType(ANY) if name == "list" else simple_type(name)


def names_in(root: Element) -> set[str]:
    """Every name a file declares, so that expressions can use those with blanks in them."""
    found = {element.get("name") or "" for element in root.iter(*_NAMED)}
    found |= {element.get("iteratorVariable") or "" for element in root.iter(*_LOOPS)}
    return {" ".join(name.split()) for name in found if name.strip()}


def _decision_name(element: Element | None) -> str:
    while element is not None:
        if local(element) in ("decision", "businessKnowledgeModel", "decisionService", "inputData"):
            return element.get("name") or ""
        element = element.getparent()
    return ""
