"""What can be wrong with a decision file, said of the element a designer can click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class DmnProblem:
    """One thing to say; `element` is the nearest id, `name` the decision, `line` counts in the file from 1.

    An error keeps the file from being used, a warning may be meant so, a note says what was not looked into.
    """

    file: str
    element: str
    code: str
    zh: str
    en: str
    name: str = ""
    line: int = 0
    level: Level = "error"

    def text(self, language: str = "zh") -> str:
        """The problem in one line."""
        place = f"{self.file}:{self.line} {self.element}" + (f" “{self.name}”" if self.name else "")
        return f"{place}: {self.en}" if language == "en" else f"{place}：{self.zh}"


class DmnError(Exception):
    """A decision file that cannot be used, with everything that is wrong in it."""

    def __init__(self, problems: list[DmnProblem]) -> None:
        super().__init__("\n".join(problem.text("en") for problem in problems))
        self.problems = problems
