"""Applications made in one process share what was compiled of the templates."""

from __future__ import annotations

from pathlib import Path
from typing import Never

import pytest

from service.app import create_throw_away


def test_the_second_application_of_a_process_compiles_no_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (create_throw_away(tmp_path / name).jinja_env for name in ("first", "second"))
    names = first.list_templates()
    for name in names:
        first.get_template(name)

    def compiled(_source: str, name: str, _filename: str) -> Never:
        pytest.fail(f"{name} is compiled again")

    monkeypatch.setattr(second, "compile", compiled)
    assert [second.get_template(name).name for name in names] == names
