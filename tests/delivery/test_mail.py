"""Mail against a real SMTP server: what arrives, what is worth another try, and headers nobody can smuggle in."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from service.delivery.mail import (
    Attachment,
    MailFolder,
    Message,
    PermanentFailure,
    SmtpMail,
    SmtpServer,
    TemporaryFailure,
    compose,
)


def make_message(**over: Any) -> Message:
    values: dict[str, Any] = {
        "to": "li@example.org",
        "subject": "受理通知",
        "body": "您的申报**已受理**。",
        "message_id": "outbox-7@shenbao.example",
    }
    return Message(**{**values, **over})


class Inbox:
    """An SMTP handler that keeps what it gets, or answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.answers: dict[str, str] = {}

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if "data" in self.answers:
            return self.answers["data"]
        self.received.append(envelope.content)
        return "250 OK"

    def parsed(self) -> Any:
        return email.message_from_bytes(self.received[-1], policy=email.policy.default)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, SmtpMail]]:
    handler, port = Inbox(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    server = SmtpServer("127.0.0.1", port, sender="office@example.org", sender_name="业务处", timeout_seconds=5)
    yield handler, SmtpMail(server)
    controller.stop()


def test_a_mail_arrives_as_text_and_html_with_its_own_message_id(inbox: tuple[Inbox, SmtpMail]) -> None:
    handler, mail = inbox
    mail.send(make_message(to_name="李雷", body="您的申报**已受理**。\n\n- 编号 `SB1`"))
    got = handler.parsed()
    assert got["Message-ID"] == "<outbox-7@shenbao.example>"
    assert str(got["From"]) == "业务处 <office@example.org>"
    assert str(got["To"]) == "李雷 <li@example.org>"
    assert str(got["Subject"]) == "受理通知"
    assert got["Auto-Submitted"] == "auto-generated"
    text, html = (got.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.replace("\r\n", "\n") == "您的申报已受理。\n\n- 编号 SB1\n"
    assert "<strong>已受理</strong>" in html


def test_the_same_message_sent_again_bears_the_same_id(inbox: tuple[Inbox, SmtpMail]) -> None:
    handler, mail = inbox
    mail.send(make_message())
    mail.send(make_message())
    assert len({email.message_from_bytes(one)["Message-ID"] for one in handler.received}) == 1


def test_an_attachment_travels_with_its_chinese_name(inbox: tuple[Inbox, SmtpMail]) -> None:
    handler, mail = inbox
    mail.send(make_message(attachments=(Attachment("回执.pdf", "application/pdf", b"%PDF-1.7"),)))
    (attached,) = handler.parsed().iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("回执.pdf", b"%PDF-1.7")


@pytest.mark.parametrize("at", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 try later", TemporaryFailure),
        ("421 going down", TemporaryFailure),
        ("550 no such user", PermanentFailure),
        ("552 too large", PermanentFailure),
    ],
)
def test_the_code_of_the_answer_decides_about_another_try(
    inbox: tuple[Inbox, SmtpMail], at: str, answer: str, kind: type[Exception]
) -> None:
    handler, mail = inbox
    handler.answers[at] = answer
    with pytest.raises(kind, match=answer[:3]):
        mail.send(make_message())


def test_no_server_is_a_temporary_failure() -> None:
    with pytest.raises(TemporaryFailure):
        SmtpMail(SmtpServer("127.0.0.1", free_port(), timeout_seconds=1)).send(make_message())


def test_a_server_that_never_greets_is_a_temporary_failure() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(TemporaryFailure):
            SmtpMail(SmtpServer("127.0.0.1", silent.getsockname()[1], timeout_seconds=0.2)).send(make_message())


def test_a_server_without_starttls_is_not_sent_to_in_the_clear(inbox: tuple[Inbox, SmtpMail]) -> None:
    handler, mail = inbox
    secured = SmtpServer("127.0.0.1", mail._server.port, security="starttls", timeout_seconds=5)
    with pytest.raises(PermanentFailure):
        SmtpMail(secured).send(make_message())
    assert handler.received == []


@pytest.mark.parametrize(
    "over",
    [
        {"subject": "a\r\nBcc: all@example.org"},
        {"subject": "a\nb"},
        {"subject": "a\u2028b"},
        {"to": "li@example.org\r\nBcc: all@example.org"},
        {"to": "li@example.org, all@example.org"},
        {"to": "li"},
        {"to": ""},
        {"to": "<li@example.org>"},
        {"to_name": "x\r\nBcc: all@example.org"},
        {"reply_to": "a@b\r\nX: y"},
        {"message_id": "a@b>\r\nX: y"},
        {"attachments": (Attachment("a\r\nX: y.pdf", "application/pdf", b""),)},
    ],
)
def test_a_header_with_a_line_break_or_a_second_address_is_refused(over: dict[str, Any]) -> None:
    with pytest.raises(PermanentFailure):
        compose(make_message(**over), sender="office@example.org")


HEADERS = {"from", "to", "subject", "message-id", "auto-submitted", "mime-version", "content-type"}


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=200))
def test_no_text_makes_a_header_of_its_own(subject: str, name: str, body: str) -> None:
    try:
        composed = compose(make_message(subject=subject, to_name=name, body=body), sender="office@example.org")
    except PermanentFailure:
        return
    got = email.message_from_bytes(composed.as_bytes(), policy=email.policy.default)
    assert {header.lower() for header in got} == HEADERS
    assert [address.addr_spec for address in got["To"].addresses] == ["li@example.org"]


def test_without_a_server_mail_is_kept_as_files(tmp_path: Path) -> None:
    mail = MailFolder(tmp_path / "mail")
    mail.send(make_message())
    mail.send(make_message(subject="更正"))
    (file,) = (tmp_path / "mail").iterdir()
    assert email.message_from_bytes(file.read_bytes(), policy=email.policy.default)["Subject"] == "更正"
