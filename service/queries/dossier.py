"""What the dossier of a case holds for one reader: the forms, papers, files and history that the pages show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from service.delivery import spreadsheet, word
from service.delivery.blobs import Blobs
from service.delivery.documents import Documents, Letter
from service.delivery.dossier import MOST_BYTES, MOST_FILES, Item
from service.domain.errors import InvalidInput, Language
from service.domain.identity import Actor
from service.domain.numbering import version_code
from service.domain.written import written
from service.forms import view
from service.programmes.compiled import compiled_of
from service.programmes.form_text import form_text
from service.programmes.letter_text import escape_markdown
from service.programmes.printing import printed
from service.programmes.task_forms import TaskForm
from service.queries import case_page
from service.queries.case_page import CaseFacts, HistoryRow
from service.queries.files import masked_files
from service.queries.materials import Material, file_names, materials
from service.queries.task_page import TaskPage
from service.store.attachments import GIVEN_OUT
from service.store.papers import Paper

_FOLDERS = {
    "zh": ("1 表单", "2 文书", "3 附件", "4 办理记录"),
    "en": ("1 Forms", "2 Papers", "3 Attachments", "4 History"),
}
_HISTORY = {
    "zh": ("办理记录", ("时间", "做了什么", "谁", "替谁")),
    "en": ("History", ("Time", "What", "Who", "For whom")),
}
_KINDS = {"zh": ("表单", "文书", "附件", "办理记录"), "en": ("form", "paper", "attachment", "history")}
_LEFT_OUT = {
    "zh": ("没有导出的附件", "下列附件含个人信息，您没有这一件的任务，请在页面上逐个写明原因后下载。名称、sha256："),
    "en": (
        "Files left out",
        "These hold personal data and you have no task of the case; open each for a reason. Name, sha256:",
    ),
}
DECLARATION = "declaration"
_DECLARATION = {"zh": "{title}申报书", "en": "Declaration: {title}"}
_SUBMITTED = {"zh": "{by}　{at} 提交", "en": "{by}, submitted {at}"}


@dataclass(frozen=True, slots=True)
class Outside:
    """What makes and keeps the files, and where a printed code leads."""

    documents: Documents
    blobs: Blobs
    base_url: str


def form_letter(facts: CaseFacts, one: Material, base_url: str, language: Language) -> Letter:
    """A submitted form as a printed page. The declaration bears the code of its receipt, before that 草稿 across it.

    Each correction makes another version, which the code ends with: an older print is told as such by its code.
    """
    declared = one.form == DECLARATION
    code = version_code(facts.receipt_code or "", one.version) if declared else ""
    signed = _SUBMITTED[language].format(by=escape_markdown(one.by), at=written(one.at, language)).strip()
    return Letter(
        title=_DECLARATION[language].format(title=facts.title) if declared else one.title,
        body=f"{signed}\n\n{form_text(one.view)}",
        code=code,
        code_url=f"{base_url}/verify?code={code}" if code else "",
        draft=declared and not code,
        language=language,
    )


def draft_letter(session: Session, page: TaskPage, form: TaskForm, language: Language) -> Letter:
    """What a person has entered for a task so far, as a printed page that says it is a draft."""
    filled_in = view(
        form.compiled, form.given, roles=form.roles, variables=form.variables, functions=form.functions,
        readonly=True, lang=language, files=file_names(session, page.case.id),
    )  # fmt: skip
    return Letter(title=page.task.name, body=form_text(filled_in), draft=True, language=language)


def items(
    session: Session,
    actor: Actor,
    facts: CaseFacts,
    outside: Outside,
    *,
    language: Language,
    now: datetime,
    told: Callable[[str], str],
) -> tuple[Item, ...]:
    """Every file of the dossier that this reader may have; `told` names an act of the history in words.

    Raises InvalidInput where they are more than MOST_FILES, or the attachments more than MOST_BYTES.
    """
    found = [
        *_forms(materials(session, actor, facts, language, now, whole=True), facts, outside, language),
        *_papers(session, actor, facts, outside, language),
        *_files(session, actor, facts, outside, language),
        _history(case_page.history(session, actor, facts, most=None), language, now, told),
    ]
    if len(found) > MOST_FILES:
        zh, en = f"超过 {MOST_FILES} 个文件，不能一次导出", f"more than {MOST_FILES} files cannot be exported at once"
        raise InvalidInput(field="案卷" if language == "zh" else "dossier", zh=zh, en=en)
    return tuple(found)


def _forms(all_of_them: tuple[Material, ...], facts: CaseFacts, outside: Outside, language: Language) -> Iterator[Item]:
    for one in all_of_them:
        letter = form_letter(facts, one, outside.base_url, language)
        by = f"（{one.by}）" if one.by else ""
        make: tuple[tuple[str, Callable[[Letter], bytes]], ...]
        make = (("pdf", outside.documents.pdf), ("docx", word.document))
        for ending, render in make:
            yield Item(
                _FOLDERS[language][0], f"{one.title}{by}.{ending}", f"{_KINDS[language][0]}：{one.title}",
                str(one.submission_id), one.at, partial(render, letter),
            )  # fmt: skip


def _papers(session: Session, actor: Actor, facts: CaseFacts, outside: Outside, language: Language) -> Iterator[Item]:
    letters = compiled_of(session, facts.deployment_id).letters
    for row in case_page.papers(session, actor, facts, letters):
        paper = case_page.paper(session, facts.case_id, row.paper_id)
        letter = printed(session, paper, outside.base_url)
        for ending, render in paper_forms(paper, letter, outside).items():
            name = f"{row.number + ' ' if row.number else ''}{row.title}.{ending}"
            yield Item(
                _FOLDERS[language][1], name, f"{_KINDS[language][1]}：{row.title}", row.code, row.issued_at, render
            )


def paper_forms(paper: Paper, letter: Letter, outside: Outside) -> dict[str, Callable[[], bytes]]:
    """How a paper is had as PDF (the kept one, or set anew), Word, and, where it has tables, Excel."""
    pdf = partial(outside.blobs.read, paper.pdf_sha256) if paper.pdf_sha256 else partial(outside.documents.pdf, letter)
    made: dict[str, Callable[[], bytes]] = {"pdf": pdf, "docx": partial(word.document, letter)}
    if spreadsheet.tables_in(paper.body):
        made["xlsx"] = partial(spreadsheet.workbook, paper.title, paper.body, paper.issued_at)
    return made


def _files(session: Session, actor: Actor, facts: CaseFacts, outside: Outside, language: Language) -> Iterator[Item]:
    masked = masked_files(session, actor, facts)
    every = [row for row in case_page.files(session, actor, facts) if row.scan in GIVEN_OUT]
    rows = [row for row in every if row.code not in masked]
    if sum(row.size for row in rows) > MOST_BYTES:
        most = MOST_BYTES // 1024**3
        zh, en = (
            f"附件合计超过 {most} GB，不能一次导出",
            f"attachments of more than {most} GB cannot be exported at once",
        )
        raise InvalidInput(field="案卷" if language == "zh" else "dossier", zh=zh, en=en)
    for row in rows:
        read = partial(outside.blobs.read, row.sha256)
        yield Item(_FOLDERS[language][2], row.name, f"{_KINDS[language][2]}：{row.field}", row.code, row.at, read)
    if len(rows) < len(every):
        title, told = _LEFT_OUT[language]
        text = "\n".join([told, "", *(f"{row.name}\t{row.sha256}" for row in every if row.code in masked)]).encode()
        at = max(row.at for row in every)
        yield Item(_FOLDERS[language][2], f"{title}.txt", _KINDS[language][2], "", at, lambda: text)


def _history(rows: tuple[HistoryRow, ...], language: Language, now: datetime, told: Callable[[str], str]) -> Item:
    title, headings = _HISTORY[language]
    written = [(row.at, told(row.action), row.who, row.stands_for) for row in rows]
    make = partial(spreadsheet.listing, title, headings, written, now)
    return Item(_FOLDERS[language][3], f"{title}.xlsx", _KINDS[language][3], str(len(written)), now, make)
