"""What an operator may set, read once from the environment into one frozen value.

Every variable begins with `SHENBAO_`. In production a missing secret stops the start; in development
(`shenbao serve --development`) everything has a value, and the demonstration accounts exist.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from pathlib import Path
from typing import Final, Self

from service.domain.personal import Periods

PREFIX = "SHENBAO_"
ROOT = Path(__file__).resolve().parent.parent


# argon2 needs 8 KiB a lane, and there are four lanes.
LEAST: Final = {
    "argon2_time_cost": 1,
    "argon2_memory_kib": 32,
    "session_minutes": 1,
    "tick_seconds": 1,
    "web_workers": 1,
    "limit_sign_ins": 1,
    "limit_objections": 1,
    "limit_registrations": 1,
    "limit_searches": 1,
    "limit_verifications": 1,
    "limit_calendars": 1,
    "limit_dossiers": 1,
    "limit_documents": 1,
    "limit_exports": 1,
    "retain_personal_days": 1,
    "retain_sensitive_days": 1,
    "retain_files_days": 1,
    "retain_drafts_days": 1,
    "retain_mail_days": 1,
    "retain_messages_days": 1,
    "retain_registrations_days": 1,
    "retain_tokens_days": 1,
}


class SettingsError(Exception):
    """The environment does not describe a service that may start."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one process; sizes in kibibytes, times in seconds unless the name says otherwise.

    The limits are for one sender: sign-ins in a quarter of an hour, objections and registrations of units in an hour,
    searches of the register and verifications in a minute.
    """

    development: bool = False
    database_url: str = f"sqlite:///{ROOT / 'var' / 'shenbao.sqlite3'}"
    data_dir: Path = ROOT / "var" / "files"
    models_dir: Path = ROOT
    secret_key: str = ""
    base_url: str = "http://127.0.0.1:8000"
    behind_proxy: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 1
    argon2_time_cost: int = 3
    argon2_memory_kib: int = 65536
    session_minutes: int = 30
    tick_seconds: int = 5
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = False
    mail_from: str = "shenbao@localhost"
    clamd_address: str = ""
    limit_sign_ins: int = 30
    limit_objections: int = 10
    limit_registrations: int = 10
    limit_searches: int = 60
    limit_verifications: int = 30
    limit_calendars: int = 60
    limit_dossiers: int = 20
    limit_documents: int = 60
    limit_exports: int = 20
    quiet_hours: str = ""
    metrics_token: str = ""
    retain_personal_days: int = Periods.personal
    retain_sensitive_days: int = Periods.sensitive
    retain_files_days: int = Periods.files
    retain_drafts_days: int = Periods.drafts
    retain_mail_days: int = Periods.mail
    retain_messages_days: int = Periods.messages
    retain_registrations_days: int = Periods.registrations
    retain_tokens_days: int = Periods.tokens

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, *, development: bool = False) -> Self:
        """Settings from `SHENBAO_*`; raises SettingsError naming the variable, for a bad value or a missing secret."""
        values: dict[str, object] = {"development": development}
        for field in fields(cls):
            text = environment.get(PREFIX + field.name.upper())
            if text is not None:
                values[field.name] = _convert(field.name, text, getattr(cls, field.name))
        if values["development"]:  # fictional accounts, whose password is printed on the console
            values = {"argon2_time_cost": 1, "argon2_memory_kib": 1024, **values}
        host, port = values.get("host", cls.host), values.get("port", cls.port)
        values.setdefault("base_url", f"http://{host}:{port}")
        settings = cls(**values)  # type: ignore[arg-type]  # the names are the fields' own
        settings.check()
        return settings

    @property
    def quiet(self) -> tuple[time, time] | None:
        """The first and the last instant (exclusive) of the hours without mail, Beijing time; None where none are set.

        Written `21:00-08:00`; raises SettingsError for anything else.
        """
        if not self.quiet_hours:
            return None
        try:
            first, last = (time.fromisoformat(part.strip()) for part in self.quiet_hours.split("-"))
        except ValueError:
            raise SettingsError(
                f"{PREFIX}QUIET_HOURS={self.quiet_hours}：请写成 21:00-08:00。 / write it like 21:00-08:00."
            ) from None
        return (first, last) if first != last else None

    @property
    def limits(self) -> dict[str, int]:
        """The limits by what is counted."""
        return {
            "sign-in": self.limit_sign_ins,
            "objection": self.limit_objections,
            "registration": self.limit_registrations,
            "search": self.limit_searches,
            "verification": self.limit_verifications,
            "calendar": self.limit_calendars,
            "dossier": self.limit_dossiers,
            "document": self.limit_documents,
            "export": self.limit_exports,
        }

    @property
    def periods(self) -> Periods:
        """How long personal data are kept."""
        return Periods(
            personal=self.retain_personal_days,
            sensitive=self.retain_sensitive_days,
            files=self.retain_files_days,
            drafts=self.retain_drafts_days,
            mail=self.retain_mail_days,
            messages=self.retain_messages_days,
            registrations=self.retain_registrations_days,
            tokens=self.retain_tokens_days,
        )

    def check(self) -> None:
        """Refuse to start on a missing secret in production, or on a number that cannot be."""
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise SettingsError(
                    f"{PREFIX}{name.upper()}={getattr(self, name)}：至少为 {least}。 / must be at least {least}."
                )
        _ = self.quiet
        if not self.development and len(self.secret_key) < 32:
            raise SettingsError(
                "SHENBAO_SECRET_KEY 未设置或少于 32 个字符，生产环境不能启动。"
                " / SHENBAO_SECRET_KEY is missing or shorter than 32 characters; refusing to start."
            )


def _convert(name: str, text: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "0": False, "false": False}[text.strip().lower()]
        if isinstance(default, int):
            return int(text)
    except (KeyError, ValueError):
        variable = PREFIX + name.upper()
        raise SettingsError(f"{variable}: “{text}” 不是可用的值 / is not a usable value") from None
    return Path(text) if isinstance(default, Path) else text
