"""Gives what a deployment defines a row and a key each, when it is published."""

from __future__ import annotations

from lxml import etree
from sqlalchemy.orm import Session

from service.programmes.compiled import CompiledProgramme
from service.store.definitions import DECISION, FORM, PROCESS, REQUIREMENTS, Definition


def register(session: Session, programme: CompiledProgramme, deployment_id: int) -> None:
    """Add the rows of a new deployment."""
    closure = programme.closure
    files: dict[str, Definition] = {}
    for path in sorted(set(closure.decisions.values())):
        files[path] = _requirements(deployment_id, path, closure.files[path])
    session.add_all(files.values())
    session.flush()
    rows = [
        Definition(deployment_id=deployment_id, kind=PROCESS, name=one.id, title=one.name, path=one.file)
        for one in closure.processes.values()
    ]
    for name, path in closure.decisions.items():
        title = programme.decisions[name].decisions[name].name
        rows.append(
            Definition(
                deployment_id=deployment_id, kind=DECISION, name=name, title=title, path=path,
                requirements_id=files[path].id,
            )
        )  # fmt: skip
    rows += [
        Definition(deployment_id=deployment_id, kind=FORM, name=name, title=name, path=path)
        for name, path in closure.forms.items()
    ]
    session.add_all(rows)
    session.flush()


def _requirements(deployment_id: int, path: str, content: bytes) -> Definition:
    """The file's own row, under the id and name its root has; the file was checked when it was published."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    name = root.get("id") or path.rpartition("/")[2].removesuffix(".dmn")
    return Definition(
        deployment_id=deployment_id, kind=REQUIREMENTS, name=name, title=root.get("name") or name, path=path
    )
