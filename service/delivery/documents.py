"""Sets a letter as a PDF on the one official page, in a Chinese font that comes with the service.

Everything a letter says travels to the typesetter as JSON data; no text of it is ever read as typesetting code.
"""

from __future__ import annotations

import importlib.util
import io
import json
import threading
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from service.delivery.markdown import blocks, has_wide_table
from service.domain.written import written

if TYPE_CHECKING:
    import typst

_TEMPLATE = Path(__file__).with_name("letter.typ")
_FONT_PACKAGE = "manimgx_fonts_cjk"
_WORDS: dict[str, dict[str, str]] = {
    "zh": {"draft_word": "草稿", "code_label": "版本码", "page_word": "第 {page} 页　共 {pages} 页", "colon": "："},
    "en": {"draft_word": "DRAFT", "code_label": "Version code", "page_word": "Page {page} of {pages}", "colon": ":"},
}


class DocumentFailed(RuntimeError):  # noqa: N818 - read at the call site: "except DocumentFailed"
    """The typesetter could not set the letter; its message is for the operator."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What stands on the page. `body` is Markdown; `code` is the version code and `code_url` where its QR leads."""

    title: str
    body: str
    issuer: str = ""
    number: str = ""
    addressee: str = ""
    issued_on: date | None = None
    code: str = ""
    code_url: str = ""
    draft: bool = False
    language: Literal["zh", "en"] = "zh"


class Documents(Protocol):
    """Whoever can turn a letter into a printable file."""

    def pdf(self, letter: Letter) -> bytes:
        """The letter as PDF. Raises DocumentFailed."""


class Typst:
    """Sets letters with typst; the same letter gives the same bytes on every machine."""

    def __init__(self) -> None:
        # one compiler is kept (it holds the parsed font, 33 MB) and used by one thread at a time
        self._lock = threading.Lock()

    def pdf(self, letter: Letter) -> bytes:
        """The letter as tagged PDF."""
        return self._compile(letter, format="pdf")[0]

    def png(self, letter: Letter, *, ppi: float = 96) -> list[bytes]:
        """The pages as pictures, for a preview."""
        return self._compile(letter, format="png", ppi=ppi)

    def _compile(self, letter: Letter, **options: Any) -> list[bytes]:
        import typst  # 6.5 MB, needed by the clock alone: on use, not at start  # noqa: PLC0415

        # half a surrogate pair is no character: it is shown as one that is missing
        data = json.dumps(page_data(letter), ensure_ascii=False).encode("utf-8", "replace").decode()
        inputs = {"data": data}
        try:
            with self._lock:
                result = _compiler().compile(sys_inputs=inputs, timestamp=0, **options)
        except (typst.TypstError, RuntimeError) as error:
            raise DocumentFailed(str(error)) from error
        pages = result if isinstance(result, list) else [result]
        return [bytes(page or b"") for page in pages]


def page_data(letter: Letter) -> dict[str, Any]:
    """The data the page template reads; plain JSON."""
    day, body = letter.issued_on, blocks(letter.body)
    return {
        **_WORDS[letter.language],
        "title": letter.title,
        "issuer": letter.issuer,
        "number": letter.number,
        "addressee": letter.addressee,
        "issued_on": day.isoformat() if day else None,
        "code": letter.code,
        "qr": qr_svg(letter.code_url) if letter.code_url else "",
        "draft": letter.draft,
        "blocks": body,
        "wide": has_wide_table(body),
        "signature": [line for line in (letter.issuer, written(day, letter.language) if day else "") if line],
    }


def qr_svg(text: str) -> str:
    """A QR code as an SVG text, with a quiet zone of two modules and error correction M."""
    import segno  # noqa: PLC0415 - on use, as typst

    target = io.BytesIO()
    segno.make(text, error="m", micro=False).save(target, kind="svg", scale=4, border=2, xmldecl=False, light="#fff")
    return target.getvalue().decode()


@cache
def _compiler() -> typst.Compiler:
    import typst  # noqa: PLC0415

    return typst.Compiler(str(_TEMPLATE), font_paths=[str(font_folder())], ignore_system_fonts=True)


def font_folder() -> Path:
    """The folder of the Chinese font that is installed with the service. Raises DocumentFailed where it is not."""
    found = importlib.util.find_spec(_FONT_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise DocumentFailed(f"the font package {_FONT_PACKAGE} is not installed")
    return Path(found.submodule_search_locations[0])
