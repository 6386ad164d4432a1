"""Where something stands in an expression's text, and the error of a text that is no FEEL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one expression and where it comes from, such as the cell of a table."""

    text: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a source, as an offset in characters."""

    source: Source
    at: int = 0

    @property
    def line(self) -> int:
        """Line, counted from 1."""
        return self.source.text.count("\n", 0, self.at) + 1

    @property
    def column(self) -> int:
        """Column in characters, counted from 1."""
        return self.at - (self.source.text.rfind("\n", 0, self.at) + 1) + 1

    @property
    def excerpt(self) -> str:
        """A few characters of the text from here on."""
        return self.source.text[self.at : self.at + 40].split("\n", 1)[0]


NOWHERE = Place(Source(""))


class FeelSyntaxError(Exception):
    """A text that is no FEEL: `line` and `column` from 1, and what to do about it in Chinese and English."""

    def __init__(self, line: int, column: int, zh: str, en: str) -> None:
        super().__init__(line, column, zh, en)
        self.line, self.column, self.zh, self.en = line, column, zh, en

    def text(self, language: str = "zh") -> str:
        """The error in one line, with its place."""
        if language == "en":
            return f"line {self.line}, column {self.column}: {self.en}"
        return f"第 {self.line} 行第 {self.column} 列：{self.zh}"

    def __str__(self) -> str:
        return self.text("en")
