"""What the clock tells, once on each kind of database: calls, the end of a rule, drafts, a chain over restarts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from service.commands import calls, deployments, extensions, user_tasks
from service.domain.deadlines import ZONE
from service.programmes.folder import read_folder
from service.queries import messages
from service.store.messages import Message
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from service.store.users import User
from tests.support.mailbox import Mailbox
from tests.support.office import DATA, SAMPLE, Office, open_office, whole

REVIEW = "sample-review"
MINUTE = timedelta(minutes=1)


def beijing(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour), ZONE).astimezone(UTC)


def reads_english(work: UnitOfWork, user_id: int) -> None:
    work.session.execute(update(User).where(User.id == user_id).values(language="en"))


def titles(office: Office, begins: str = "") -> list[str]:
    told = Message.title.startswith(begins)
    return office.rows(select(Message.title).where(told).order_by(Message.id))


def test_a_call_and_the_end_of_its_rule_are_told_once_in_the_readers_language(
    app_on_both: Flask,
) -> None:
    with app_on_both.app_context():
        office = open_office(app_on_both, SAMPLE, beijing(date(2022, 4, 1), 9))
        files, place = read_folder(DATA / "sample", SAMPLE), f"bpmn/{SAMPLE}/programme.toml"
        ends = b'intake = "batch"\neffective_to = 2022-06-07\n'  # 60 days after the call opens
        told = b'\n[sunset]\ntell = ["office"]\n'
        files[place] = files[place].replace(b'intake = "batch"\n', ends, 1) + told
        office.act(deployments.publish, files, SAMPLE)
        lead, staff = office.person("lead"), office.person("office")
        office.act(
            calls.open_call, SAMPLE, key="2022", year=2022, title="2022", opens_on=date(2022, 4, 8),
            dates={"submission": date(2022, 4, 15)},
        )  # fmt: skip
        for minute in range(2):
            office.tick(beijing(date(2022, 4, 8), 9) + minute * MINUTE)
        case_id = office.start("two-dates")
        office.act(extensions.extend_case, case_id, "submission", date(2022, 4, 29), "系统停机两天，顺延", by=staff)
        heard = {actor: [row.title for row in _read(actor, "en")] for actor in (lead, staff)}
        assert heard[lead] == ["“Online declaration closes” extended to 29 April 2022", "Call opened: “2022”"]
        assert [title.rpartition(", ")[2] for title in heard[staff]] == ["60 days from now"]
        chinese = [row.title for row in _read(lead, "zh")]
        assert chinese == ["“网上填报截止”延期至 2022年4月29日", "批次开放：“2022”"]
        db.session.remove()


def _read(actor: object, language: str) -> list[messages.MessageRow]:
    return list(messages.page(db.session(), actor, language=language).rows)  # type: ignore[arg-type]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.proof)], indirect=True)
def test_a_chain_and_a_digest_go_on_after_each_restart(database: str, tmp_path: Path, box: Mailbox) -> None:
    """The application is built anew between ticks: every step is told once, and the draft's gaps with the reminder."""
    server = {"smtp_host": "127.0.0.1", "smtp_port": box.port}
    with whole(database, tmp_path, **server) as app:
        office = open_office(app, REVIEW, beijing(date(2025, 3, 3), 9), DATA / "review")
        files, place = read_folder(DATA / "review", REVIEW), f"bpmn/{REVIEW}/programme.toml"
        before, asking = files[place].split(b"[deadlines.asking]")
        chain = b'escalate_to = ["office-head", "office"]\nescalate_every = 2'
        asking = asking.replace(b'escalate_to = "office-head"', chain, 1)
        office.act(deployments.publish, {**files, place: before + b"[deadlines.asking]" + asking}, REVIEW)
        clerk, head = office.person("office"), office.person("office-head")
        office.act(reads_english, head.user_id)
        office.start("review")
        office.act(user_tasks.save_draft, office.open_task("ask").id, [], 0, by=clerk)
        office.tick(beijing(date(2025, 3, 4), 9))
    days = [(date(2025, 3, 4), 9), (date(2025, 3, 6), 0), (date(2025, 3, 7), 9), (date(2025, 3, 10), 9)]
    told: list[list[str]] = []  # after each restart
    for day, hour in days:
        with whole(database, tmp_path, **server):
            for minute in (5, 6):
                office.tick(beijing(day, hour) + minute * MINUTE)
            told.append(titles(office))
            if len(told) == 1:
                (digest,) = office.rows(select(Message).where(Message.user_id == clerk.user_id))
                assert "草稿还差 1 项：\n- " in digest.body
    about = [[title[:2] for title in heard if "提出补正要求" in title] for heard in told]
    assert about == [[], ["逾期", "督办"], ["逾期", "督办", "督办"], ["逾期", "督办", "督办"]]
    mails = [
        str(mail["Subject"]) for mail in box.to("office-head@example.invalid") if "提出补正要求" in mail["Subject"]
    ]
    assert mails == ["Escalated: “提出补正要求” was due 5 March 2025, 24:00 and is not done"]
    assert len({mail["Message-ID"] for mail in box.received}) == len(box.received)
