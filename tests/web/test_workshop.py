"""Designers publish by upload: every problem by file and element, nothing published while there is one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from flask import Flask

from service.programmes.folder import read_folder
from service.programmes.package import pack
from service.store import deployments
from service.store.deployments import Deployment
from service.store.session import db
from tests.web.conftest import PROGRAMME, SAMPLE, Browser

Browse = Callable[..., Browser]


def _upload(browser: Browser, path: str, name: str, content: bytes, act: str = "publish"):  # type: ignore[no-untyped-def]
    return browser.post(path, {"package": (io.BytesIO(content), name), "act": act}, content_type="multipart/form-data")


def _versions(site: Flask) -> int:
    with site.app_context():
        return db.session.query(Deployment).count()


def test_a_folder_is_published_once(site: Flask, browse: Browse) -> None:
    designer = browse("designer")
    files = read_folder(SAMPLE, PROGRAMME)
    assert _upload(designer, "/workshop", "folder.zip", pack(files)).status_code == 303
    assert _versions(site) == 1
    changed = {**files, f"bpmn/{PROGRAMME}/programme.toml": files[f"bpmn/{PROGRAMME}/programme.toml"] + b"\n# 2\n"}
    assert _upload(designer, "/workshop", "folder.zip", pack(changed), act="check").status_code == 200
    assert _versions(site) == 1
    assert _upload(designer, "/workshop", "folder.zip", pack(changed)).status_code == 303
    assert _versions(site) == 2
    page = designer.get(f"/workshop/{PROGRAMME}").text
    assert "v2" in page


def test_earlier_contents_are_a_version_of_their_own_again(site: Flask, browse: Browse) -> None:
    designer, files = browse("designer"), read_folder(SAMPLE, PROGRAMME)
    place = f"bpmn/{PROGRAMME}/programme.toml"
    for version, content in ((2, files[place] + b"\n# 2\n"), (3, files[place]), (3, files[place])):
        _upload(designer, "/workshop", "folder.zip", pack({**files, place: content}))
        assert _versions(site) == version
    with site.app_context():
        newest = deployments.newest(db.session(), PROGRAMME)
        assert deployments.files_of(db.session(), newest or 0)[place] == files[place]


def test_every_problem_names_its_file_and_its_element(site: Flask, browse: Browse) -> None:
    designer = browse("designer")
    path = f"bpmn/{PROGRAMME}/two-dates.bpmn"
    broken = read_folder(SAMPLE, PROGRAMME)[path].replace(b"userTask", b"manualTask")
    answer = _upload(designer, f"/workshop/{PROGRAMME}", "two-dates.bpmn", broken)
    assert answer.status_code == 422
    assert path in answer.text
    told = re.sub(r"\s+", " ", answer.text)
    errors, remarks = told.count("circle-x"), told.count("triangle-alert")
    assert errors
    assert f"有 {errors} 处错误，没有发布" in told
    assert (f"另有 {remarks} 条提醒" in told) is (remarks > 0)
    assert _versions(site) == 1


def test_what_is_no_package_is_told_in_words(browse: Browse) -> None:
    designer = browse("designer")
    assert "zip" in _upload(designer, "/workshop", "folder.zip", b"no archive").text
    assert _upload(designer, "/workshop", "folder.zip", pack({"README.md": b"x"})).status_code == 422
    assert _upload(designer, f"/workshop/{PROGRAMME}", "evil.py", b"import os").status_code == 422


def test_a_version_can_be_taken_out_again(browse: Browse) -> None:
    designer = browse("designer")
    answer = designer.get(f"/workshop/{PROGRAMME}/versions/1.zip")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert designer.get(f"/workshop/{PROGRAMME}/versions/9.zip").status_code == 404
    drawing = designer.get(f"/workshop/{PROGRAMME}/diagrams/two-dates")
    assert "data-diagram-url" in drawing.text


def test_two_versions_are_compared_part_by_part(site: Flask, browse: Browse) -> None:
    designer, files = browse("designer"), read_folder(SAMPLE, PROGRAMME)
    place = f"bpmn/{PROGRAMME}/two-dates.bpmn"
    renamed = files[place].replace("填报申请".encode(), "填写申请书".encode())
    alone = designer.get(f"/workshop/{PROGRAMME}/compare").text
    assert "只有第 1 版，没有可以对照的" in alone
    assert "第 1 版和第 1 版" not in alone
    checked = _upload(designer, f"/workshop/{PROGRAMME}", "two-dates.bpmn", renamed, act="check").text
    assert "<del>填报申请</del>" in checked  # before it is published, too
    assert _versions(site) == 1
    assert _upload(designer, f"/workshop/{PROGRAMME}", "two-dates.bpmn", renamed).status_code == 303
    page = designer.get(f"/workshop/{PROGRAMME}/compare")
    assert "<ins>填写申请书</ins>" in page.text
    assert "两边选的是同一版" in designer.get(f"/workshop/{PROGRAMME}/compare?old=2&new=2").text
    assert designer.get(f"/workshop/{PROGRAMME}/compare?old=9").status_code == 404
    assert designer.get(f"/workshop/{PROGRAMME}/compare?old=x").status_code == 422
    assert browse("office").get(f"/workshop/{PROGRAMME}/compare").status_code == 403
