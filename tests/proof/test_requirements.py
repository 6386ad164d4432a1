"""Every rule matches and every flow is taken in some story; without the rule, or the condition turned, a story fails.

`-k rules` and `-k flows` play one half, `-k jilin-industrial` one programme; `common` is what the programmes share.
What no story can show stands in tests/requirements/unshown.toml, with the reason.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.requirements import parts
from tests.requirements.evidence import gather, tellers
from tests.requirements.unshown import FINDS, LIST, OWNERS, listed

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("what", FINDS)
@pytest.mark.parametrize("owner", OWNERS)
def test_what_no_story_shows_or_notices_is_listed(owner: str, what: str, run_folder: Path) -> None:
    folder = run_folder / "evidence"
    folder.mkdir(exist_ok=True)
    found = FINDS[what](owner, gather(folder, tellers(owner)))
    still = set(listed()[what]) & {*parts.flows(owner), *parts.rules(owner)}
    assert sorted(found - still) == [], "no story shows these, or fails without them: write one, or the reason into"
    assert sorted(still - found) == [], f"shown by now: take these off {LIST.name}"
