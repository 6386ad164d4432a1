"""The designers' workshop: programmes and versions, an upload with every problem by file and element, publishing."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service.commands import deployments as commands
from service.domain.errors import DeploymentRefused, InvalidInput, NotFound, Problem
from service.operations import CATALOGUE
from service.programmes.check import check_programme
from service.programmes.differences import FileDifference, differences
from service.programmes.manifest import FILE_NAME
from service.programmes.package import pack, replace, unpack
from service.queries import drawings, programmes
from service.store.session import db
from service.store.unit_of_work import transact
from service.web import schemas
from service.web.download import attachment
from service.web.i18n import gettext
from service.web.menu import ADMINISTRATOR, DESIGNER
from service.web.security import moment, requires, who

pages = Blueprint("workshop", __name__, url_prefix="/workshop")

MAX_UPLOAD = 20 * 1024 * 1024


@pages.get("")
@requires(DESIGNER, ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """Every programme with its version, its status and its running cases."""
    return _index([], "", 200)


@pages.get("/<key>")
@requires(DESIGNER, ADMINISTRATOR)
def show(key: str) -> ResponseReturnValue:
    """One programme: its versions and the files of the newest."""
    return _show(key, [], "", 200)


@pages.post("")
@requires(DESIGNER, ADMINISTRATOR)
def publish_folder() -> ResponseReturnValue:
    """Check a folder that was uploaded as a zip; publish it when asked to and nothing is wrong."""
    try:
        files = unpack(_upload()[1])
        key = _key_in(files)
    except DeploymentRefused as refusal:
        return _index(list(refusal.problems), "", 422)
    return _check_or_publish(key, files, whole=True)


@pages.post("/<key>")
@requires(DESIGNER, ADMINISTRATOR)
def publish_file(key: str) -> ResponseReturnValue:
    """Check one uploaded file in the place of its namesake in the newest version, with all the rest."""
    programme = _programme(key)
    name, content = _upload()
    try:
        present = programmes.all_files(db.session(), programme.deployment_id)
        files = unpack(content) if name.endswith(".zip") else replace(present, key, name, content)
    except DeploymentRefused as refusal:
        return _show(key, list(refusal.problems), name, 422)
    return _check_or_publish(key, files, whole=False, name=name, base=programme.deployment_id)


@pages.get("/<key>/versions/<int:version>.zip")
@requires(DESIGNER, ADMINISTRATOR)
def package(key: str, version: int) -> ResponseReturnValue:
    """A version as a zip, to open in the modeler and to upload again."""
    rows = [row for row in programmes.versions(db.session(), _programme(key).key) if row.version == version]
    if not rows:
        raise NotFound()
    content = pack(programmes.all_files(db.session(), rows[0].deployment_id))
    return attachment(make_response(content), f"{key}-v{version}.zip", "application/zip")


@pages.get("/<key>/compare")
@requires(DESIGNER, ADMINISTRATOR)
def compare(key: str) -> ResponseReturnValue:
    """What two versions differ in, part by part; without a choice the newest and the one before it."""
    programme, asked = _programme(key), schemas.query(schemas.CompareQuery)
    known = {row.version: row for row in programmes.versions(db.session(), key)}
    new = known.get(asked["new"] or programme.version)
    old = known.get(asked["old"] or max(programme.version - 1, 1))
    if old is None or new is None:
        raise NotFound()
    contents = (programmes.all_files(db.session(), one.deployment_id) for one in (old, new))
    return render_template(
        "pages/workshop_compare.html",
        section="workshop",
        programme=programme,
        versions=known.values(),
        old=old,
        new=new,
        found=differences(*contents),
    )


@pages.get("/<key>/files/<path:path>")
@requires(DESIGNER, ADMINISTRATOR)
def file(key: str, path: str) -> ResponseReturnValue:
    """One file of the newest version as a download."""
    content = programmes.file_content(db.session(), _programme(key).deployment_id, path)
    return attachment(make_response(content), path.rpartition("/")[2], "application/octet-stream")


@pages.get("/<key>/diagrams/<process>")
@requires(DESIGNER, ADMINISTRATOR)
def diagram(key: str, process: str) -> ResponseReturnValue:
    """One diagram of the newest version."""
    programme = _programme(key)
    drawing = drawings.drawings(db.session(), programme.deployment_id).get(process)
    if drawing is None:
        raise NotFound()
    links = {shape.id: f"/workshop/{key}/diagrams/{shape.called}" for shape in drawing.shapes if shape.called}
    return render_template(
        "pages/workshop_diagram.html", section="workshop", programme=programme, drawing=drawing, links=links
    )


@pages.get("/<key>/diagrams/<process>.bpmn")
@requires(DESIGNER, ADMINISTRATOR)
def diagram_source(key: str, process: str) -> ResponseReturnValue:
    """The BPMN file of a diagram, for the viewer."""
    programme = _programme(key)
    drawing = drawings.drawings(db.session(), programme.deployment_id).get(process)
    if drawing is None:
        raise NotFound()
    response = make_response(programmes.file_content(db.session(), programme.deployment_id, drawing.file))
    response.mimetype = "application/xml"
    return response


def _check_or_publish(
    key: str, files: dict[str, bytes], *, whole: bool, name: str = "", base: int | None = None
) -> ResponseReturnValue:
    found = check_programme(files, key, operations=CATALOGUE.keys())
    problems = sorted(found, key=lambda one: one.order)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors or request.form.get("act") != "publish":
        status = 422 if errors else 200
        if whole or base is None:
            return _index(problems, key, status)
        changes = differences(programmes.all_files(db.session(), base), files) if not errors else ()
        return _show(key, problems, name, status, changes)
    done = transact(commands.publish, files, key, base=base, actor=who(), now=moment())
    if done.changed:
        flash(gettext("已发布第 %(version)s 版；在办的申报留在原版本。", version=done.version))
    else:
        flash(gettext("和第 %(version)s 版完全相同，没有新的版本。", version=done.version))
    return redirect(f"/workshop/{key}", 303)


def _index(problems: list[Problem], checked: str, status: int) -> ResponseReturnValue:
    session = db.session()
    found = programmes.within(session, who(), "design")
    page = render_template(
        "pages/workshop.html",
        section="workshop",
        programmes=found,
        running=programmes.running_cases(session, found),
        problems=problems,
        checked=checked,
    )
    return make_response(page, status)


def _show(
    key: str, problems: list[Problem], checked: str, status: int, changes: tuple[FileDifference, ...] = ()
) -> ResponseReturnValue:
    session, programme = db.session(), _programme(key)
    known = drawings.drawings(session, programme.deployment_id)
    page = render_template(
        "pages/workshop_programme.html",
        section="workshop",
        programme=programme,
        versions=programmes.versions(session, key),
        files=programmes.files(session, programme.deployment_id),
        drawings=sorted(known.values(), key=lambda one: (one.process not in programme.manifest.procedures, one.file)),
        problems=problems,
        checked=checked,
        changes=changes,
    )
    return make_response(page, status)


def _programme(key: str) -> programmes.ProgrammeRow:
    found = programmes.within(db.session(), who(), "design").get(key)
    if found is None:
        raise NotFound()
    return found


def _upload() -> tuple[str, bytes]:
    upload = request.files.get("package")
    if upload is None or not upload.filename:
        raise InvalidInput(field=gettext("文件"), zh="请先选择文件", en="choose a file first")
    return upload.filename.replace("\\", "/").rpartition("/")[2], upload.stream.read(MAX_UPLOAD + 1)


def _key_in(files: dict[str, bytes]) -> str:
    """The programme in a package: the one folder with a manifest."""
    keys = sorted(path.split("/")[1] for path in files if path.startswith("bpmn/") and path.endswith(f"/{FILE_NAME}"))
    if len(keys) == 1:
        return keys[0]
    zh, en = "压缩包里没有 bpmn/<专项>/programme.toml。", "The package has no bpmn/<key>/programme.toml."
    if keys:
        zh = f"压缩包里有几个专项：{'、'.join(keys)}。请一次上传一个。"
        en = f"The package holds several programmes: {', '.join(keys)}. Upload one at a time."
    raise DeploymentRefused([Problem("", "", "manifest-missing", zh, en)])
