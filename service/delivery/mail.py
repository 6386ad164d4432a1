"""Sends one mail over SMTP, and says whether a failure is worth another try.

Nothing is queued here: the outbox decides when, how often, and with which Message-ID.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal, Protocol

from service.delivery.markdown import to_html, to_text


class MailError(Exception):
    """The mail was not accepted; `reason` is the server's answer or the error, for the operator."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TemporaryFailure(MailError):  # noqa: N818 - the outbox asks for a failure's kind
    """A 4xx answer, a timeout or no connection: worth another try later."""


class PermanentFailure(MailError):  # noqa: N818 - the same
    """A 5xx answer, or an address or header nobody could send: trying again changes nothing."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person. `body` is Markdown; `message_id` is stable over retries, without angle brackets."""

    to: str
    subject: str
    body: str
    message_id: str
    to_name: str = ""
    reply_to: str = ""
    html: bool = True
    attachments: tuple[Attachment, ...] = field(default=())


class Mail(Protocol):
    """Whoever can send a mail."""

    def send(self, mail: Message) -> None:
        """Hands the mail over. Raises TemporaryFailure or PermanentFailure."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over. `security`: plain (inside a trusted network), starttls, or tls from the first byte."""

    host: str
    port: int = 25
    sender: str = "shenbao@localhost"
    sender_name: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    security: Literal["plain", "starttls", "tls"] = "plain"
    timeout_seconds: float = 20.0


class SmtpMail:
    """Sends by SMTP, one connection a mail: a hanging server delays the clock by one timeout at most."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    def send(self, mail: Message) -> None:
        """Hands the mail to the server. Raises TemporaryFailure or PermanentFailure, told apart by the answer."""
        composed = compose(mail, sender=self._server.sender, sender_name=self._server.sender_name)
        try:
            with self._connection() as connection:
                connection.send_message(composed)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _failure(code, answer) from error
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise PermanentFailure(str(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryFailure(f"{type(error).__name__}: {error}") from error

    def _connection(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        if server.security == "tls":
            secure = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_seconds, context=context)
            return self._signed_in(secure)
        connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
        if server.security == "starttls":
            try:
                connection.starttls(context=context)
            except BaseException:
                connection.close()
                raise
        return self._signed_in(connection)

    def _signed_in(self, connection: smtplib.SMTP) -> smtplib.SMTP:
        if self._server.username:
            try:
                connection.login(self._server.username, self._server.password)
            except BaseException:
                connection.close()
                raise
        return connection


class MailFolder:
    """Keeps mails as `.eml` files in a folder: for installations without a mail server, and for demonstrations."""

    def __init__(self, folder: Path, sender: str = "shenbao@localhost") -> None:
        self._folder = folder
        self._sender = sender

    def send(self, mail: Message) -> None:
        """Writes the mail; the same Message-ID again overwrites its file."""
        composed = compose(mail, sender=self._sender)
        self._folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", mail.message_id)
        (self._folder / f"{name}.eml").write_bytes(composed.as_bytes(policy=SMTP))


def compose(mail: Message, *, sender: str, sender_name: str = "") -> EmailMessage:
    """Text and, if asked for, HTML. Raises PermanentFailure for a header nobody should send."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(sender, sender_name)
    message["To"] = _address(mail.to, mail.to_name)
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to, "")
    message["Subject"] = _one_line(mail.subject)
    message["Message-ID"] = f"<{_message_id(mail.message_id)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(to_text(mail.body))
    if mail.html:
        message.add_alternative(
            f'<!doctype html><html lang="zh"><body>{to_html(mail.body)}</body></html>', subtype="html"
        )
    for attachment in mail.attachments:
        main, _, sub = attachment.media_type.partition("/")
        message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=_one_line(attachment.name))
    return message


def _one_line(text: str) -> str:
    """The text, refused if it holds a line break or another control character: it would start a header of its own."""
    if any(ord(char) < 32 or ord(char) in {127, 0x85, 0x2028, 0x2029} for char in text):
        raise PermanentFailure("control character in a header")
    return text


def _address(address: str, name: str) -> Address:
    _one_line(address)
    user, at, domain = address.rpartition("@")
    if not at or not user or not domain or not re.fullmatch(r"[^\s<>,;:\"()\[\]\\]+@[^\s<>,;:\"()\[\]\\@]+", address):
        raise PermanentFailure(f"not an address: {address!r}")
    return Address(display_name=_one_line(name), username=user, domain=domain)


def _message_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", text):
        raise PermanentFailure(f"not a Message-ID: {text!r}")
    return text


def _failure(code: int, answer: bytes | str) -> MailError:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    kind = PermanentFailure if 500 <= code < 600 else TemporaryFailure
    return kind(f"{code} {text}")
