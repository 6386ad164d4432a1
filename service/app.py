"""Wires the rooms into one application; the only place where they meet."""

from __future__ import annotations

from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask

from service import logs
from service.commands import ports
from service.delivery.blobs import BlobFolder
from service.delivery.documents import Typst
from service.delivery.mail import Mail, MailFolder, SmtpMail, SmtpServer
from service.delivery.scanning import scanner
from service.settings import Settings
from service.store import session
from service.web import site


def create_app(settings: Settings) -> Flask:
    """The application of these settings, with its database attached; nothing is migrated and no clock is started."""
    logs.configure()
    app = Flask("service.web", static_folder="static", static_url_path="/static")
    app.config["SECRET_KEY"] = settings.secret_key or "development"
    session.attach(app, settings.database_url)
    app.extensions[ports.NAME] = ports.Ports(
        blobs=BlobFolder(settings.data_dir),
        scanner=scanner(settings.clamd_address),
        mail=_mail(settings),
        documents=Typst(),
        hasher=PasswordHasher(time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib),
        base_url=settings.base_url,
        session_minutes=settings.session_minutes,
        development=settings.development,
        secret=(settings.secret_key or "development").encode(),
        tick_seconds=settings.tick_seconds,
        metrics_token=settings.metrics_token,
        quiet_hours=settings.quiet,
        limits=settings.limits,
    )
    site.install(
        app,
        proxies=1 if settings.behind_proxy else 0,
        demonstration=settings.development,
        secure=settings.base_url.startswith("https:"),
    )
    return app


def from_environment() -> Flask:
    """What a web worker loads."""
    return create_app(Settings.from_environment())


def create_throw_away(folder: Path) -> Flask:
    """An application whose database and files go with a folder; passwords are cheap because nobody keeps them."""
    return create_app(
        Settings(
            development=True,
            database_url=f"sqlite:///{folder / 'throw-away.sqlite3'}",
            data_dir=folder / "files",
            argon2_time_cost=1,
            argon2_memory_kib=64,
        )
    )


def _mail(settings: Settings) -> Mail | None:
    """By SMTP where a server is set; in development into a folder; otherwise not at all, and the outbox says so."""
    if settings.smtp_host:
        return SmtpMail(
            SmtpServer(
                host=settings.smtp_host,
                port=settings.smtp_port,
                sender=settings.mail_from,
                username=settings.smtp_user,
                password=settings.smtp_password,
                security="starttls" if settings.smtp_starttls else "plain",
            )
        )
    return MailFolder(settings.data_dir.parent / "mail", settings.mail_from) if settings.development else None
