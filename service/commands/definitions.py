"""Gives what a deployment defines a row and a key each, when it is published."""

from __future__ import annotations

from typing import Any

from lxml import etree
from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.programmes.compiled import CompiledProgramme
from service.store.definitions import DECISION, FORM, PROCESS, REQUIREMENTS, Definition


def register(session: Session, programme: CompiledProgramme, deployment_id: int) -> None:
    """Add the rows of a new deployment."""
    closure = programme.closure
    files = [_requirements(path, closure.files[path]) for path in sorted(set(closure.decisions.values()))]
    written = insert(Definition).returning(Definition.path, Definition.id)
    values = [{"deployment_id": deployment_id, **row} for row in files]
    of_file = {path: id_ for path, id_ in session.execute(written, values)} if values else {}
    rows: list[dict[str, Any]] = [
        {"kind": PROCESS, "name": one.id, "title": one.name, "path": one.file, "requirements_id": None}
        for one in closure.processes.values()
    ]
    for name, path in closure.decisions.items():
        title = programme.decisions[name].decisions[name].name
        rows.append({"kind": DECISION, "name": name, "title": title, "path": path, "requirements_id": of_file[path]})
    rows += [
        {"kind": FORM, "name": name, "title": name, "path": path, "requirements_id": None}
        for name, path in closure.forms.items()
    ]
    session.execute(insert(Definition), [{"deployment_id": deployment_id, **row} for row in rows])


def _requirements(path: str, content: bytes) -> dict[str, Any]:
    """The file's own row, under the id and name its root has; the file was checked when it was published."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    name = root.get("id") or path.rpartition("/")[2].removesuffix(".dmn")
    return {"kind": REQUIREMENTS, "name": name, "title": root.get("name") or name, "path": path}
