"""One reading of a letter's Markdown, for mail (text, HTML), for pages (HTML) and for print (blocks).

Raw HTML is never passed on; links keep http, https and mailto only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_TAGS = {"p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong"}
_TAGS |= {"s", "a", "hr", "table", "thead", "tbody", "tr", "th", "td"}
_MARKS = {"strong_open": "strong", "em_open": "em", "s_open": "strike", "link_open": "link"}

UPRIGHT_COLUMNS = 7

Block = dict[str, Any]
Inline = dict[str, Any]


def to_html(text: str) -> str:
    """Sanitised HTML of a Markdown text."""
    rendered = _READER.render(text)
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, "th": {"style"}, "td": {"style"}},
        url_schemes={"http", "https", "mailto"},
        filter_style_properties={"text-align"},
    )


def to_text(text: str) -> str:
    """The text without marks, a blank line between paragraphs, rows of a table joined by tabs."""
    return "\n\n".join(_plain(block) for block in blocks(text)) + "\n"


def blocks(text: str) -> list[Block]:
    """The text as plain JSON: paragraphs, headings, lists, quotes, tables and rules, with runs of marked text in them.

    Values stay data all the way to the typesetter: nothing of the text is ever read as a template.
    """
    found, _ = _blocks(_READER.parse(text), 0, "")
    return found


def has_wide_table(found: Sequence[Block]) -> bool:
    """Whether one of the blocks is a table of more columns than an upright page holds."""
    return any(block["kind"] == "table" and len(block["align"]) > UPRIGHT_COLUMNS for block in found)


def _blocks(tokens: Sequence[Token], at: int, until: str) -> tuple[list[Block], int]:
    """The blocks from `at` to the closing token `until`, and the place after it."""
    found: list[Block] = []
    while at < len(tokens) and tokens[at].type != until:
        block, at = _block(tokens, at)
        if block is not None:
            found.append(block)
    return found, at + 1


def _block(tokens: Sequence[Token], at: int) -> tuple[Block | None, int]:
    token = tokens[at]
    if token.type in {"paragraph_open", "heading_open"}:
        kind = token.type.removesuffix("_open")
        block: Block = {"kind": kind, "runs": runs(tokens[at + 1].children or [])}
        if kind == "heading":
            block["level"] = int(token.tag[1])
        return block, at + 3
    if token.type in {"bullet_list_open", "ordered_list_open"}:
        return _list(tokens, at)
    if token.type == "blockquote_open":
        inner, after = _blocks(tokens, at + 1, "blockquote_close")
        return {"kind": "quote", "blocks": inner}, after
    if token.type == "table_open":
        return _table(tokens, at)
    if token.type in {"fence", "code_block"}:
        return {"kind": "code", "text": token.content.rstrip("\n")}, at + 1
    return ({"kind": "rule"} if token.type == "hr" else None), at + 1


def _list(tokens: Sequence[Token], at: int) -> tuple[Block, int]:
    opening = tokens[at]
    closing = opening.type.replace("_open", "_close")
    block: Block = {"kind": "list", "ordered": opening.type.startswith("ordered"), "items": []}
    block["start"] = int(opening.attrs.get("start", 1) or 1)
    at += 1
    while tokens[at].type != closing:
        item, at = _blocks(tokens, at + 1, "list_item_close")
        block["items"].append(item)
    return block, at + 1


def _table(tokens: Sequence[Token], at: int) -> tuple[Block, int]:
    rows: list[list[list[Inline]]] = []
    align: list[str] = []
    while tokens[at].type != "table_close":
        token = tokens[at]
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            rows[-1].append(runs(tokens[at + 1].children or []))
            if token.type == "th_open":
                align.append(str(token.attrs.get("style", "")).removeprefix("text-align:") or "left")
        at += 1
    return {"kind": "table", "align": align, "rows": rows}, at + 1


def runs(tokens: Sequence[Token]) -> list[Inline]:
    """Inline text as runs: `{"text", "strong"?, "em"?, "strike"?, "code"?, "link"?}` and `{"break": true}`."""
    found: list[Inline] = []
    marks: list[tuple[str, Any]] = []
    for token in tokens:
        if token.type in _MARKS:
            marks.append((_MARKS[token.type], token.attrs.get("href", True) or None))
        elif token.type.endswith("_close"):
            marks.pop()
        elif token.type == "hardbreak":
            found.append({"break": True})
        elif token.type == "softbreak":
            # between two lines of Chinese no blank belongs
            found.append({"text": "\n"})
        elif token.content:
            found.append(
                {"text": token.content, **dict(marks), **({"code": True} if token.type == "code_inline" else {})}
            )
    return _joined(found)


def _joined(found: list[Inline]) -> list[Inline]:
    """Runs with the softbreaks decided: a blank between Latin words, nothing beside a Chinese character."""
    for n, run in enumerate(found):
        if run.get("text") == "\n":
            before = found[n - 1].get("text", "")[-1:] if n else ""
            after = found[n + 1].get("text", "")[:1] if n + 1 < len(found) else ""
            run["text"] = "" if _is_wide(before) or _is_wide(after) else " "
    return [run for run in found if run.get("text") != ""]


def _is_wide(char: str) -> bool:
    return bool(char) and (char >= "\u2e80")


def _plain(block: Block, indent: str = "") -> str:
    kind = block["kind"]
    if kind in {"paragraph", "heading"}:
        return indent + plain_text(block["runs"])
    if kind == "list":
        items = enumerate(block["items"], block["start"])
        marks = (f"{n}. " if block["ordered"] else "- " for n, _ in items)
        pairs = zip(marks, block["items"], strict=True)
        return "\n".join(indent + mark + "\n".join(_plain(b) for b in item) for mark, item in pairs)
    if kind == "quote":
        return "\n".join(_plain(inner, indent + "> ") for inner in block["blocks"])
    if kind == "table":
        return "\n".join("\t".join(plain_text(cell) for cell in row) for row in block["rows"])
    return str(block.get("text", "――――"))


def plain_text(found: Sequence[Inline]) -> str:
    """Runs without their marks; a link that says something else is written out."""
    return "".join("\n" if run.get("break") else _with_link(run) for run in found)


def _with_link(run: Inline) -> str:
    link, text = run.get("link"), str(run["text"])
    return f"{text} ({link})" if link and link not in {text, f"mailto:{text}"} else text
