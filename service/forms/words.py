"""The fixed words of a form's page, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from service.domain.errors import Language

_ZH: Mapping[str, str] = {
    "errors": "有 {count} 处需要改正",
    "error": "错误：",
    "optional": "（选填）",
    "choose": "请选择",
    "yes": "是",
    "no": "否",
    "nothing": "—",
    "keep": "保留已上传的 {name}",
    "one_file": "重新上传会替换原来的文件",
    "no_files": "暂无文件",
    "no_rows": "暂无内容",
    "row": "第 {number} 项",
    "of": "共 {count} 项",
    "number": "序号",
    "add": "添加{label}",
    "add_row": "一项",
    "remove": "删除第 {number} 项",
    "remove_of": "（{label}）",
    "list_separator": "、",
    "save": "保存草稿",
}
_EN: Mapping[str, str] = {
    "errors": "{count} entries need correcting",
    "error": "Error: ",
    "optional": " (optional)",
    "choose": "Choose",
    "yes": "Yes",
    "no": "No",
    "nothing": "—",
    "keep": "Keep the uploaded {name}",
    "one_file": "A new upload replaces the file",
    "no_files": "No files",
    "no_rows": "Nothing yet",
    "row": "Item {number}",
    "of": "of {count}",
    "number": "No.",
    "add": "Add: {label}",
    "add_row": "an item",
    "remove": "Remove item {number}",
    "remove_of": " ({label})",
    "list_separator": ", ",
    "save": "Save draft",
}
WORDS: Final[Mapping[Language, Mapping[str, str]]] = {"zh": _ZH, "en": _EN}
