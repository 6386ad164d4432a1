"""What belongs to the doors for programs, and how a problem reads there: Camunda 8's words at `/v2`, ours at `/api`."""

from __future__ import annotations

import re
from typing import Final

from flask import has_request_context, request

from service.web.i18n import lazy_gettext as _

_V2: Final = re.compile(r"(/programmes/[^/]+)?/v2(/|\Z)")

# Its clients look for these words; only 400, 404 and 409 are typed there, so what we call 422 is one of them.
_CAMUNDA: Final = {
    400: "INVALID_ARGUMENT", 401: "Unauthorized", 403: "Forbidden", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED",
    409: "INVALID_STATE", 413: "PAYLOAD_TOO_LARGE", 415: "UNSUPPORTED_MEDIA_TYPE", 422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL_ERROR", 503: "RESOURCE_EXHAUSTED",
}  # fmt: skip
_IS_STATE: Final = frozenset({"deadline-passed", "calendar-gap", "intake-closed"})
_TOLD: Final = {
    400: _("请求无法读取，请检查内容的格式。"),
    404: _("没有这个接口，或者对象不存在。提供的接口见 /v2/openapi.json 和 /api/v1/openapi.json。"),
    405: _("这个地址不接受这种请求方法。"),
    413: _("请求内容太大。"),
    415: _("内容类型不对：请发送 application/json；部署请发送 multipart/form-data。"),
    500: _("系统出错，这次请求没有生效。请凭编号联系管理员。"),
}


def is_v2() -> bool:
    """Whether the request is for the API that speaks Camunda 8's, known to the service or not."""
    return has_request_context() and _V2.match(request.path) is not None


def is_for_programs() -> bool:
    """Whether the request is for one of the doors for programs."""
    return has_request_context() and (request.path.startswith("/api/") or is_v2())


def problem_words(status: int, code: str, title: str) -> tuple[int, str]:
    """The status and title of a problem at the address that was asked."""
    if not is_v2():
        return status, title
    if code in _IS_STATE:
        status = 409
    status = 400 if status == 422 else status
    return status, _CAMUNDA.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL_ERROR")


def told(status: int) -> str:
    """What a program is told about a refusal of the web server itself."""
    return str(_TOLD.get(status, _TOLD[400 if status < 500 else 500]))
