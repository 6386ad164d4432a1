"""Other decision files that a file imports: their elements join its graph, under the name of the import."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from service.dmn.reading import Reading
from service.dmn.xml import children, read_xml

Find = Callable[[str, str], bytes | None]  # by namespace and location

_DMN = "/DMN/"
MOST_LEVELS = 8


def read_file(
    content: bytes, file: str, functions: Iterable[str], find: Find | None, home: tuple[str, ...] = ()
) -> Reading:
    """A file and what it imports. Raises DmnError where one of them is no DMN."""
    reading = Reading(read_xml(content, file), file, functions, home)
    for element in children(reading.root, "import"):
        if _DMN not in (element.get("importType") or ""):
            continue
        name, namespace = element.get("name") or "", element.get("namespace") or ""
        location = element.get("locationURI") or ""
        found = find(namespace, location) if find is not None and len(home) < MOST_LEVELS else None
        if found is None:
            zh = f"不支持导入其他决策文件“{name or namespace}”，请把所需的决策放在同一文件"
            en = f"importing “{name or namespace}” is not supported: keep a decision and its needs in one file"
            reading.report(element, "import", zh, en)
            continue
        other = read_file(found, location or namespace, functions, find, (*home, name))
        reading.imports[name] = other
        reading.known = reading.known.plus(other.known.names)
        reading.problems += other.problems
    return reading
