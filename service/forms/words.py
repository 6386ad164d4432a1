"""The fixed words of a form's page, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from service.domain.errors import Language

_ZH: Mapping[str, str] = {
    "errors": "有 {count} 处需要改正",
    "more_errors": "其余 {count} 处",
    "error": "错误：",
    "optional": "（选填）",
    "asked": "（条件要求）",
    "choose": "请选择",
    "yes": "是",
    "no": "否",
    "nothing": "—",
    "keep": "保留已上传的 {name}",
    "one_file": "重新上传会替换原来的文件",
    "file_kinds": "{kinds}，每份不超过 50 MB",
    "at_least": "至少 {least} 字",
    "no_files": "暂无文件",
    "no_rows": "暂无内容",
    "row": "第 {number} 项",
    "of": "共 {count} 项",
    "number": "序号",
    "add": "添加：{label}",
    "add_row": "一项",
    "remove": "删除第 {number} 项",
    "remove_of": "（{label}）",
    "list_separator": "、",
    "and_also": "；",
    "save": "保存草稿",
    "sheet": "用 Excel 填写",
    "sheet_help": "下载模板，每行填一项，再上传；有一处不对就整份不导入，并告诉您在哪一行。导入后替换现有各项。",
    "sheet_template": "下载模板（含已填内容）",
    "sheet_file": "填好的 Excel：{label}",
    "sheet_import": "导入 Excel",
}
_EN: Mapping[str, str] = {
    "errors": "{count} entries need correcting",
    "more_errors": "{count} more",
    "error": "Error: ",
    "optional": " (optional)",
    "asked": " (asked by a condition)",
    "choose": "Choose",
    "yes": "Yes",
    "no": "No",
    "nothing": "—",
    "keep": "Keep the uploaded {name}",
    "one_file": "A new upload replaces the file",
    "file_kinds": "{kinds}, at most 50 MB each",
    "at_least": "at least {least} characters",
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
    "and_also": "; ",
    "save": "Save draft",
    "sheet": "Fill in with Excel",
    "sheet_help": "Download the template, fill in one item a row, upload it. With one mistake nothing is imported, and "
    "you are told the row. The import replaces the items that are here.",
    "sheet_template": "Download the template (with what is filled in)",
    "sheet_file": "Filled workbook: {label}",
    "sheet_import": "Import the workbook",
}
WORDS: Final[Mapping[Language, Mapping[str, str]]] = {"zh": _ZH, "en": _EN}
