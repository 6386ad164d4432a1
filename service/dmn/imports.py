"""Other decision files that a file imports: their elements join its graph, under the name of the import."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lxml import etree

from service.dmn.reading import Reading
from service.dmn.xml import children, read_xml

Find = Callable[[str, str], bytes | None]  # by namespace and location

VERSIONS = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
_DMN = "/DMN/"
MOST_LEVELS = 8
MOST_FILES = 50  # imported, counted again for each import of the same


def read_file(content: bytes, file: str, functions: Iterable[str], find: Find | None) -> Reading:
    """A file and what it imports. Raises DmnError where one of them is no DMN."""
    return _read(content, file, functions, find, home=(), read=[])


def _read(
    content: bytes, file: str, functions: Iterable[str], find: Find | None, *, home: tuple[str, ...], read: list[str]
) -> Reading:
    reading = Reading(read_xml(content, file), file, functions, home)
    _check_version(reading)
    for element in children(reading.root, "import"):
        if _DMN not in (element.get("importType") or ""):
            continue
        name, namespace = element.get("name") or "", element.get("namespace") or ""
        location = element.get("locationURI") or ""
        read.append(namespace)
        if len(home) >= MOST_LEVELS or len(read) > MOST_FILES:
            zh = f"导入的文件过多或层数过深（最多 {MOST_FILES} 个、{MOST_LEVELS} 层）：“{name or namespace}”"
            en = f"“{name or namespace}”: at most {MOST_FILES} imported files and {MOST_LEVELS} levels are allowed"
            reading.report(element, "import", zh, en)
            continue
        found = find(namespace, location) if find is not None else None
        if found is None:
            zh = f"没有找到要导入的决策文件“{name or namespace}”，请把所需的决策放在同一文件"
            en = f"the imported file “{name or namespace}” is not there: keep a decision and its needs in one file"
            reading.report(element, "import", zh, en)
            continue
        other = _read(found, location or namespace, functions, find, home=(*home, name), read=read)
        reading.imports[name] = other
        reading.known = reading.known.plus(other.known.names)
        reading.problems += other.problems
    return reading


def _check_version(reading: Reading) -> None:
    namespace = etree.QName(reading.root).namespace or ""
    if namespace not in VERSIONS:
        versions = "、".join(VERSIONS.values())
        zh = f"不认识 DMN 的版本“{namespace}”，可用 {versions}"
        en = f"“{namespace}” is no known version of DMN; there are {versions.replace('、', ', ')}"
        reading.report(reading.root, "dmn-version", zh, en)
