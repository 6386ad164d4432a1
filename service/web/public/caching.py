"""Let browsers and proxies keep a public page for a minute, and answer 304 while it has not changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, make_response, request
from flask.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

SECONDS = 60


def cacheable(view: View) -> View:
    """For pages that read the same to every visitor of one language; a signed-in person's are never kept."""

    @wraps(view)
    def kept(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        response = make_response(view(*args, **kwargs))
        if g.actor is not None or response.status_code != 200 or g.get("form_token"):
            return response
        response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
        response.headers.add("Vary", "Accept-Language")
        response.add_etag()
        return response.make_conditional(request)

    return cast(View, kept)
