"""The only table from refusals to HTTP statuses, and how a refusal looks to people and to programs."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from service.domain import errors as refusals
from service.web.api.addresses import is_for_programs, problem_words, told
from service.web.api.credentials import CredentialsRefused
from service.web.i18n import language, local
from service.web.i18n import lazy_gettext as _
from service.web.security import TOKEN_FIELD, ForgedRequest, SignInRequired, same_origin

log = logging.getLogger(__name__)

# Looked up along the class's ancestors, so that a new refusal has the status of its family.
STATUS: Final[dict[type[refusals.Refusal], int]] = {
    SignInRequired: 401,
    CredentialsRefused: 401,
    ForgedRequest: 403,
    refusals.NotAllowed: 403,
    refusals.NotFound: 404,
    refusals.Conflict: 409,
    refusals.WrongCommand: 409,
    refusals.DeadlinePassed: 422,
    refusals.InvalidInput: 422,
    refusals.FormInvalid: 422,
    refusals.FileRefused: 422,
    refusals.DeploymentRefused: 422,
    refusals.CalendarGap: 422,
    refusals.TooManyAttempts: 429,
    refusals.Unavailable: 503,
    refusals.NotScanned: 503,
    refusals.Refusal: 422,
}

_ICONS: Final = {
    400: "circle-alert", 401: "key-round", 403: "lock", 404: "search", 405: "circle-alert", 409: "users",
    413: "file-up", 422: "calendar-clock", 429: "clock", 500: "triangle-alert", 503: "cloud-off",
}  # fmt: skip
_TITLES: Final = {
    400: _("这个请求不完整"),
    401: _("请登录后继续"),
    403: _("这一步不由您办理"),
    404: _("没有找到要看的内容"),
    405: _("这一页不能这样打开"),
    409: _("别人先办了，或内容已经变化"),
    413: _("文件太大，没有收下"),
    422: _("没有接受这次提交"),
    429: _("尝试次数太多，请稍后再试"),
    500: _("系统出错，您刚才的操作没有生效"),
    503: _("系统繁忙，操作没有生效"),
}
# Some codes deserve a title of their own rather than their status's.
_OWN_TITLES: Final = {
    "deadline-passed": _("期限已过，没有收到这次提交"),
    "stale-draft": _("这份草稿在另一个窗口改过"),
    "file-refused": _("没有收下这个文件"),
    "invalid-input": _("有一项填写不对"),
    "form-expired": _("这个页面打开太久了"),
    "intake-closed": _("现在不受理"),
    "wrong-command": _("流程现在不能走这一步"),
}
_WHAT_NOW: Final = {
    400: _("请返回上一页，刷新后再试。"),
    404: _("它可能不存在，也可能不在您能查看的范围内。请从待办或申报件列表里打开。"),
    405: _("请从页面上的按钮或链接进入。"),
    413: _("一次最多上传 %(num)s MB，请压缩或拆分后再上传；表单里已填的内容没有丢失。"),
    429: _("请过几分钟再试。"),
    500: _("内容没有丢。请过 5 分钟再试；今天到期的，请打受理单位电话登记。"),
}


@dataclass(frozen=True, slots=True)
class Face:
    """What a person is told about one refusal."""

    status: int
    code: str
    title: str
    text: str
    icon: str
    reference: str


def install_errors(app: Flask) -> None:
    """Answer every refusal and every failure with its page or its problem+json; never with a stack trace."""
    app.register_error_handler(refusals.Refusal, answer_refusal)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, answer_failure)


def status_of(refusal: refusals.Refusal) -> int:
    """The status of a refusal, by its nearest ancestor in the table."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def answer_refusal(refusal: refusals.Refusal) -> ResponseReturnValue:
    """A refusal of the domain, in the reader's language."""
    status = status_of(refusal)
    face = _face(status, refusal.code, refusal.text(language()))
    if isinstance(refusal, refusals.TooManyAttempts):
        return _come_back(face, refusal)
    if status == 401 and not (wants_json() or request.headers.get("HX-Request")):
        return _ask_to_sign_in(face)
    if isinstance(refusal, ForgedRequest) and g.get("actor") is not None and same_origin(proof=True):
        return _offer_again(face)
    return respond(face)


def answer_http(error: HTTPException) -> ResponseReturnValue:
    """A refusal of the web server itself: an unknown address, a method, a body too large."""
    status = error.code or 500
    if 300 <= status < 400:
        return error.get_response()
    if is_for_programs():
        return respond(_face(status, f"http-{status}", told(status)))
    known = status if status in _TITLES else (400 if status < 500 else 500)
    largest = current_app.config["MAX_CONTENT_LENGTH"] >> 20
    return respond(_face(status, f"http-{status}", str(_WHAT_NOW.get(known, "")).replace("%(num)s", str(largest))))


def answer_failure(error: Exception) -> ResponseReturnValue:
    """Our own mistake: logged with the reference the person sees, told without a word of its inside."""
    face = _face(500, "failure", str(_WHAT_NOW[500]))
    log.exception("request failed", extra={"reference": face.reference, "path": request.path}, exc_info=error)
    return respond(face)


def wants_json() -> bool:
    """Whether a program asks: the API's addresses, a JSON body, or an Accept header that prefers JSON."""
    if is_for_programs() or request.is_json:
        return True
    accepts = request.accept_mimetypes
    return bool(accepts) and accepts["application/json"] > accepts["text/html"]


def respond(face: Face) -> Response:
    """The refusal as a page, as a fragment for htmx, or as RFC 9457 problem details."""
    if wants_json():
        return problem(face)
    if request.headers.get("HX-Request"):
        response = make_response(render_template("errors/fragment.html", face=face), face.status)
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#problem", "innerHTML"
        return response
    return make_response(render_template("errors/page.html", face=face, back=_back()), face.status)


def problem(face: Face) -> Response:
    """RFC 9457 problem details with our stable code and a reference; at `/v2` with Camunda 8's statuses and titles."""
    status, title = problem_words(face.status, face.code, face.title)
    body = {
        "type": f"urn:shenbao:{face.code}",
        "title": title,
        "status": status,
        "detail": face.text,
        "instance": request.path,
        "code": face.code,
        "reference": face.reference,
    }
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="shenbao"'  # never Basic: a browser would keep it
    return response


def refusal_face(refusal: refusals.Refusal) -> Face:
    """The words of a refusal, for a page that shows it in place instead of leaving."""
    return _face(status_of(refusal), refusal.code, refusal.text(language()))


def _face(status: int, code: str, text: str) -> Face:
    known = status if status in _TITLES else (400 if status < 500 else 500)
    hour = local(g.now) if g.get("now") else None
    reference = f"{status}-{secrets.token_hex(2).upper()}-{hour:%H%M}" if hour else f"{status}-{secrets.token_hex(2)}"
    return Face(status, code, str(_OWN_TITLES.get(code, _TITLES[known])), text, _ICONS[known], reference)


def _come_back(face: Face, refusal: refusals.TooManyAttempts) -> Response:
    """Said in both languages: whoever is stopped here may not have chosen one; what was asked stands on the page."""
    if wants_json() or request.headers.get("HX-Request"):
        response = respond(face)
    else:
        other = refusal.text("zh" if language() == "en" else "en")
        asked = [(name, value) for name, value in request.args.items() if value]
        page = render_template("errors/too_many.html", face=face, other=other, asked=asked, back=_back())
        response = make_response(page, face.status)
    response.headers["Retry-After"] = str(refusal.details.get("seconds") or 60)
    return response


def _ask_to_sign_in(face: Face) -> Response:
    """The sign-in form in place: what was posted travels along in hidden fields and is offered again afterwards."""
    carried: list[tuple[str, str]] = []
    if request.method == "POST" and same_origin():
        carried = _posted()
    target = request.full_path.rstrip("?") if request.method == "GET" else request.path
    page = render_template(
        "errors/sign_in_again.html", face=face, target=target, carried=carried, posted=request.method == "POST",
        files=[upload.filename for upload in request.files.values() if upload.filename],
    )  # fmt: skip
    return make_response(page, 401)


def _offer_again(face: Face) -> Response:
    """A page of ours from before a new sign-in: its fields are shown to be sent again under the new token."""
    if request.headers.get("HX-Request"):
        return respond(face)
    page = render_template("public/resume.html", section="", target=request.path, carried=_posted(), face=face)
    return make_response(page, face.status)


def _posted() -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.form.items(multi=True) if name != TOKEN_FIELD]


def _back() -> str:
    actor = g.get("actor")
    return "/home" if actor is not None else "/"
