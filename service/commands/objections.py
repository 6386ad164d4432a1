"""Take an objection from the public, in the period of its notice, by real name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from service.commands.attachments import Examined
from service.commands.ports import ports
from service.commands.process_messages import publish
from service.commands.trail import note
from service.domain.deadlines import end_of
from service.domain.errors import DeadlinePassed, FileRefused, InvalidInput, NotFound
from service.store.attachments import Attachment
from service.store.notices import Notice, NoticeItem, Objection
from service.store.unit_of_work import UnitOfWork

MOST_FILES = 5


LABELS = {"kind": "异议人类别", "name": "真实姓名或单位名称", "contact": "联系方式", "facts": "事实和理由"}
LENGTHS = {"name": (2, 60), "contact": (5, 100), "facts": (10, 4000)}  # domain §13.31: real name, written, with facts


def lodge(work: UnitOfWork, notice_number: str, data: Mapping[str, Any], files: Sequence[Examined] = ()) -> str:
    """Take the objection and tell its case at once; returns the code the objector keeps.

    Where the notice names several cases, `case_id` says which one is meant: it alone is held. The period is half open
    and ends with the midnight after the notice's last day. Raises NotFound, DeadlinePassed, InvalidInput naming the
    field, FileRefused.
    """
    notice = work.session.scalar(select(Notice).where(Notice.number == notice_number))
    if notice is None:
        raise NotFound()
    over_at = end_of(notice.to_on)
    if work.now >= over_at:
        raise DeadlinePassed(due=over_at)
    given = _loaded(data)
    case_id = _meant(work, notice, data.get("case_id"))
    objection = Objection(
        notice_id=notice.id,
        case_id=case_id,
        code="YY" + secrets.token_hex(5).upper(),
        attachments=[],
        lodged_at=work.now,
        state="lodged",
        **given,
    )
    work.session.add(objection)
    work.session.flush()
    objection.attachments = [_keep(work, objection, file) for file in _few(files)]
    # the period was published and goes on while the case stands still
    publish(work, case_id, "objection-lodged", {"objection_id": objection.id}, while_suspended=True)
    note(work, "objection-lodged", "objection", objection.id, {"notice": notice_number}, case_id=case_id)
    return objection.code


def _loaded(data: Mapping[str, Any]) -> dict[str, str]:
    """The four answers of the form, trimmed; InvalidInput names the first that is missing, too short or too long."""
    given = {name: str(data.get(name) or "").strip() for name in LABELS}
    if given["kind"] not in ("person", "unit"):
        raise InvalidInput(field=LABELS["kind"], zh="请选择个人或单位", en="choose a person or a unit", name="kind")
    for name, (least, most) in LENGTHS.items():
        if not least <= len(given[name]) <= most:
            zh, en = f"请填写 {least} 至 {most} 字", f"enter {least} to {most} characters"
            raise InvalidInput(field=LABELS[name], zh=zh, en=en, name=name)
    return given


def _meant(work: UnitOfWork, notice: Notice, wanted: Any) -> int:
    """The case of the notice that is objected to; a notice of one case needs no choice."""
    named = work.session.scalars(select(NoticeItem.case_id).where(NoticeItem.notice_id == notice.id)).all()
    if wanted in named:
        return int(wanted)
    if wanted is None and len(named) == 1:
        return named[0]
    zh, en = "请选择异议针对哪一件", "choose the case that is objected to"
    raise InvalidInput(field="异议针对", zh=zh, en=en, name="case_id")


def _few(files: Sequence[Examined]) -> Sequence[Examined]:
    if len(files) > MOST_FILES:
        raise FileRefused(name=files[MOST_FILES].name, zh=f"最多 {MOST_FILES} 个文件", en=f"at most {MOST_FILES} files")
    return files


def _keep(work: UnitOfWork, objection: Objection, file: Examined) -> str:
    code = "att-" + secrets.token_hex(8)
    work.session.add(
        Attachment(
            code=code,
            case_id=objection.case_id,
            task_id=None,
            field=f"objection:{objection.id}",
            name=file.name,
            media_type=file.media_type,
            size=len(file.content),
            sha256=ports().blobs.put(file.content),
            scan=file.scan,
            uploaded_by=None,
            uploaded_at=work.now,
        )
    )
    return code
