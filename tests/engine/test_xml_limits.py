"""A diagram is read under limits: nothing is fetched or unfolded, and neither depth nor length is unbounded."""

from __future__ import annotations

import socket
from pathlib import Path

from service.engine import check_files
from service.engine.check_graph import NODES
from tests.engine.sketch import HEAD, Lines, sketch


def _codes(xml: bytes) -> list[str]:
    found = check_files({"m.bpmn": xml}, decisions={}, functions=(), operations=None, forms=None)
    return [problem.code for problem in found if problem.level == "error"]


def test_nothing_is_fetched_from_the_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.dtd"
        body = sketch(["start s", "end e", "s > e"]).decode()
        for declared in (
            f'<!DOCTYPE definitions SYSTEM "{address}">',
            f'<!DOCTYPE d [<!ENTITY x SYSTEM "{address}">]>',
        ):
            assert _codes((declared + body).encode()) == ["doctype"]
        try:
            server.accept()
        except BlockingIOError:
            return
    raise AssertionError("something was fetched")


def test_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("p4ssw0rd", encoding="utf-8")
    declared = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    body = sketch(["start s", "user u", "end e", "s > u > e"]).decode()
    xml = declared + body.replace('<userTask id="u">', '<userTask id="u" name="u"><documentation>&x;</documentation>')
    found = check_files({"m.bpmn": xml.encode()}, decisions={}, functions=(), operations=None, forms=None)
    assert [problem.code for problem in found] == ["doctype"]
    assert "p4ssw0rd" not in repr(found)


def _nested(depth: int) -> bytes:
    """Sub-processes within sub-processes."""
    inner = '<startEvent id="s0"/><endEvent id="e0"/><sequenceFlow id="f0" sourceRef="s0" targetRef="e0"/>'
    for level in range(1, depth):
        inner = (
            f'<startEvent id="s{level}"/><subProcess id="p{level}">{inner}</subProcess><endEvent id="e{level}"/>'
            f'<sequenceFlow id="f{level}" sourceRef="s{level}" targetRef="p{level}"/>'
            f'<sequenceFlow id="g{level}" sourceRef="p{level}" targetRef="e{level}"/>'
        )
    return f'{HEAD}<process id="p" isExecutable="true">{inner}</process></definitions>'.encode()


def test_depth_is_bounded_by_the_parser_and_what_it_lets_through_is_checked() -> None:
    assert _codes(_nested(200)) == []
    assert _codes(_nested(1_000)) == ["not-xml"]


def _row(tasks: int) -> Lines:
    ids = [f"a{number}" for number in range(tasks)]
    return ["start s", f"task {' '.join(ids)}", "end e", " > ".join(["s", *ids, "e"])]


def test_the_number_of_elements_is_bounded() -> None:
    assert _codes(sketch(_row(NODES - 2))) == []
    assert _codes(sketch(_row(NODES - 1))) == ["too-many-nodes"]
