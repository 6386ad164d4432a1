"""A list as the columns of a sheet: what a cell says is what a person reads, and reads back as it was stored."""

from __future__ import annotations

from typing import Any

import pytest

from service.forms.columns import Column

OPTIONS = (("企业", "enterprise"), ("高校", "university"))


def column(kind: str = "select", *, options: tuple[tuple[str, str], ...] = OPTIONS, several: bool = False) -> Column:
    """A column that may hold one of two words."""
    return Column("kind", "单位类别", kind, True, options, several, "")


@pytest.mark.parametrize(
    ("asked", "stored", "cell"),
    [
        (column(), "enterprise", "企业"),
        (column(several=True), ["enterprise", "university"], "企业、高校"),
        (column("checkbox", options=()), True, "是"),
        (column("textfield", options=()), "示例单位", "示例单位"),
        (column(), None, ""),
    ],
)
def test_a_cell_shows_the_word_and_reads_back_the_value(asked: Column, stored: Any, cell: str) -> None:
    assert asked.shown(stored) == cell
    sent = [str(one) for one in stored] if isinstance(stored, list) else [str(stored)] if stored is not None else []
    assert asked.texts(cell) == (["true"] if stored is True else sent)


def test_a_word_that_is_no_option_is_left_as_it_stands() -> None:
    assert column().shown("gone") == "gone"
    assert column().texts("没有的词") == ["没有的词"]
