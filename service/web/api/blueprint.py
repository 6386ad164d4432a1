"""One part of an API: every route says its scope, is asked for credentials first, and stands in the OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import flask_smorest  # type: ignore[import-untyped] # it has no stubs
from flask import Flask, current_app, g, request

from service.commands.api_tokens import SCOPES
from service.domain.errors import NotFound
from service.web.api import credentials
from service.web.api.bodies import LARGEST_BODY, Parser

View = TypeVar("View", bound=Callable[..., Any])
OPEN = ""  # the scope of what everybody may read


class ApiBlueprint(flask_smorest.Blueprint):  # type: ignore[misc] # it has no stubs
    """A blueprint for programs; the pages' session, token and guards do not concern it."""

    ARGUMENTS_PARSER = Parser()
    guards_itself = True

    def __init__(self, name: str, module: str, **more: Any) -> None:
        super().__init__(name, module, **more)
        self.before_request(_admit)

    # The library has no types: what its decorators do to a view is said here.
    def get(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register a view for GET."""
        return self._typed(self.route(rule, methods=["GET"], **options))

    def post(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register a view for POST."""
        return self._typed(self.route(rule, methods=["POST"], **options))

    def patch(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register a view for PATCH."""
        return self._typed(self.route(rule, methods=["PATCH"], **options))

    def delete(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register a view for DELETE."""
        return self._typed(self.route(rule, methods=["DELETE"], **options))

    def takes(self, schema: Any, **options: Any) -> Callable[[View], View]:
        """Load the body (or, with `location="query"`, the query string) by a schema, as the view's last argument."""
        return self._typed(self.arguments(schema, **options))

    def gives(self, status: int, schema: Any = None, **options: Any) -> Callable[[View], View]:
        """Answer with this status, in the shape of a schema."""
        return self._typed(self.response(status, schema, **options))

    def documents(self, **described: Any) -> Callable[[View], View]:
        """Add to the operation in the OpenAPI document what no schema says."""
        return self._typed(self.doc(**described))

    @staticmethod
    def _typed(decorator: Any) -> Callable[[View], View]:
        return cast("Callable[[View], View]", decorator)


def allows(scope: str, *, largest: int = LARGEST_BODY) -> Callable[[View], View]:
    """Say which scope a route needs (OPEN: none, and no credentials) and the largest body it takes, in bytes."""
    if scope not in (*SCOPES, OPEN):
        raise ValueError(scope)

    def decorate(view: View) -> View:
        view.scope, view.largest = scope, largest  # type: ignore[attr-defined] # read before each request
        return view

    return decorate


def _admit() -> None:
    g.is_program = True
    view = current_app.view_functions.get(str(request.endpoint))
    scope = getattr(view, "scope", None)
    if scope is None:
        raise NotFound()  # a route that does not say whom it lets in does not exist
    request.max_content_length = view.largest  # type: ignore[union-attr] # set beside the scope
    if scope != OPEN:
        credentials.admit()
        credentials.demand(scope)


class Api(flask_smorest.Api):  # type: ignore[misc] # it has no stubs
    """A set of blueprints with one OpenAPI document; errors are ours, not the library's."""

    def __init__(self, app: Flask, *, prefix: str, title: str, version: str, address: str) -> None:
        app.config.update(
            {f"{prefix}_API_TITLE": title, f"{prefix}_API_VERSION": version, f"{prefix}_OPENAPI_VERSION": "3.1.0"}
        )
        schemes = {"bearer": {"type": "http", "scheme": "bearer"}, "basic": {"type": "http", "scheme": "basic"}}
        options = {"components": {"securitySchemes": schemes}, "security": [{"bearer": []}, {"basic": []}]}
        super().__init__(app, spec_kwargs=options, config_prefix=prefix)
        self._serve_document(app, address)

    def _register_error_handlers(self) -> None:
        """None: every refusal of the service is answered in one place."""

    def _serve_document(self, app: Flask, address: str) -> None:
        document = ApiBlueprint(f"{self.config_prefix}openapi".replace("_", "-").lower(), __name__)

        @document.get(f"{address}/openapi.json")
        @allows(OPEN)
        def openapi() -> dict[str, Any]:
            """The OpenAPI document of this API; it says nothing that the guide does not say."""
            return dict(self.spec.to_dict())

        app.register_blueprint(document)
