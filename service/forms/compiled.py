"""A form ready to serve, compiled once a deployment: its schema, its validator, its formulas, and what they read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jsonschema_rs

from service.domain.errors import DeploymentRefused
from service.forms.check import check_form
from service.forms.expressions import SPECIAL, VARIABLES, Formulas
from service.forms.formulas import Formula, formulas
from service.forms.model import Form, Node
from service.forms.places import Pattern
from service.forms.schema import compile_schema, make_validator

StaticPath = tuple[str, ...]


@dataclass(frozen=True)
class CompiledForm:
    """What pages, commands and the API work with. `schema` is JSON Schema 2020-12; `digest` names this version."""

    form: Form
    formulas: Formulas = field(repr=False)
    schema: Mapping[str, Any] = field(repr=False)
    validator: jsonschema_rs.Draft202012Validator = field(repr=False)
    patterns: Mapping[Pattern, Node] = field(repr=False)
    digest: str
    paths: frozenset[StaticPath]

    @property
    def id(self) -> str:
        """The form's id."""
        return self.form.id

    @cached_property
    def file_fields(self) -> Mapping[str, Node]:
        """Name of each file field, rows left open (`members[].authorisation`) → its component."""
        return {_open_name(place): node for place, node in self.patterns.items() if node.type == "filepicker"}

    @cached_property
    def fields(self) -> Mapping[str, Node]:
        """Name of each field, rows left open → its component."""
        return {_open_name(self.form.places[node.id]): node for node in self.form.nodes if node.is_field}

    @cached_property
    def classification(self) -> Mapping[str, str]:
        """Name of each field, rows left open → its class; `public` where neither it nor a container says otherwise."""
        out: dict[str, str] = {}

        def visit(node: Node, above: str) -> None:
            here = str(node.properties.get("classification") or above)
            if node.is_field:
                out[_open_name(self.form.places[node.id])] = here
            for child in node.components:
                visit(child, here)

        visit(self.form.root, "public")
        return out

    @cached_property
    def driving(self) -> frozenset[str]:
        """Ids of the fields that formulas of the page read, so that a change there may change the page."""
        read = {path for formula in formulas(self.form) if not formula.where.startswith("validate.")
                for path in self._read_by(formula)}  # fmt: skip
        return frozenset(node.id for place, node in self.patterns.items() if any(_meets(place, path) for path in read))

    @cached_property
    def beside(self) -> frozenset[str]:
        """Ids of the texts and tables that show whoever fills the form in what stands in the case.

        They show it as it is now: to a later reader it is neither what was submitted nor what stood there then. A file
        stays as it was, so a member reads again what it has confirmed.
        """
        showing = [one for one in formulas(self.form) if one.shown and one.node.type in ("text", "table")]
        return frozenset(
            one.node.id for one in showing if any(path and path[0] in VARIABLES for path in self._read_by(one))
        )

    @cached_property
    def read_paths(self) -> frozenset[StaticPath]:
        """Those of `paths` that are asked for when what was submitted is read."""
        return self.paths & {
            path
            for one in formulas(self.form)
            if not (one.serves_filling or one.node.guides or one.node.id in self.beside)
            for path in self._read_by(one)
        }

    def _read_by(self, formula: Formula) -> frozenset[StaticPath]:
        return self.formulas[formula.text].paths


def compile_form(form: Form, *, functions: Iterable[str] = ()) -> CompiledForm:
    """Compile a form; `functions` are the names of the registered FEEL functions.

    Raises DeploymentRefused with everything that `check_form` calls an error (roles are not known here).
    """
    names = frozenset(functions)
    errors = [problem for problem in check_form(form, roles=(), functions=names) if problem.level == "error"]
    if errors:
        raise DeploymentRefused(errors)
    known = Formulas(names)
    read = {path for formula in formulas(form) for path in known[formula.text].paths}
    schema = compile_schema(form)
    return CompiledForm(
        form,
        known,
        schema,
        make_validator(schema),
        {form.places[node.id]: node for node in form.nodes if node.is_field or node.repeats},
        _digest(form),
        frozenset(path for path in read if path and path[0] in ("case", "lookup")),
    )


def _digest(form: Form) -> str:
    text = json.dumps(form.raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _open_name(place: Pattern) -> str:
    return "".join("[]" if part is None else f".{part}" for part in place).removeprefix(".")


def _meets(place: Pattern, path: StaticPath) -> bool:
    """Whether a formula that reads `path` may read the field at `place`; through a row's names, by the last key."""
    if path and path[0] in SPECIAL:
        below = [part for part in path if part not in SPECIAL]
        return bool(below) and below[0] in place
    keys = tuple(part for part in place if part is not None)
    shorter = min(len(keys), len(path))
    return bool(path) and keys[:shorter] == path[:shorter]
