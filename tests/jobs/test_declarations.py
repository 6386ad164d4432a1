"""What comes from outside is declared: jobs, messages and start variables, each refused where the manifest is wrong."""

from __future__ import annotations

import pytest

from service.operations import CATALOGUE
from service.programmes.check import check_programme
from service.programmes.folder import read_folder
from tests.jobs.conftest import MODELS, PROGRAMME

MANIFEST, DIAGRAM = f"bpmn/{PROGRAMME}/programme.toml", f"bpmn/{PROGRAMME}/outside-check.bpmn"
JOB = '[jobs.credit-check]\nname = "信用核查"\nname_en = "Credit check"\nworker = "program-credit"\n'


def found(path: str, old: str, new: str) -> dict[tuple[str, str], str]:
    """The problems after a change, by element and code, with their level."""
    files = read_folder(MODELS, PROGRAMME)
    text = files[path].decode()
    assert old in text
    changed = {**files, path: text.replace(old, new).encode()}
    return {
        (one.element, one.code): one.level for one in check_programme(changed, PROGRAMME, operations=CATALOGUE.keys())
    }


WORKER, SENDER, TAKES = 'worker = "program-credit"', 'sender = "program-credit"', 'takes = ["amount"]'
AT_WORKER, AT_SENDER = "jobs.credit-check.worker", "messages.papers-arrived.sender"
AT_TAKES = "procedures.outside-check.takes.0"


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        (MANIFEST, JOB, "", ("check", "unknown-operation")),
        (DIAGRAM, 'type="credit-check"', 'type="credit-chek"', ("check", "unknown-operation")),
        (MANIFEST, WORKER, 'worker = "office"', (AT_WORKER, "manifest-program-role")),
        (MANIFEST, SENDER, 'sender = "office"', (AT_SENDER, "manifest-program-role")),
        (MANIFEST, WORKER, 'worker = "program-x"', (AT_WORKER, "manifest-unknown-name")),
        (MANIFEST, "[jobs.credit-check]", "[jobs.notify]", ("jobs.notify", "job-is-operation")),
        (MANIFEST, TAKES, 'takes = ["outcome"]', (AT_TAKES, "manifest-variable")),
        (MANIFEST, TAKES, 'takes = ["case_id"]', (AT_TAKES, "manifest-variable")),
        (MANIFEST, TAKES, 'takes = ["Amount"]', (AT_TAKES, "manifest-variable")),
    ],
)
def test_a_wrong_declaration_is_refused_at_its_place(path: str, old: str, new: str, problem: tuple[str, str]) -> None:
    assert found(path, old, new).get(problem) == "error"


def test_a_job_that_nothing_asks_for_is_a_warning() -> None:
    more = JOB + '\n[jobs.tax-check]\nname = "税务核查"\nworker = "program-credit"\n'
    assert found(MANIFEST, JOB, more)[("jobs.tax-check", "job-unused")] == "warning"


def test_the_sample_itself_is_right() -> None:
    assert "error" not in found(MANIFEST, "外部核查", "外部核查").values()
