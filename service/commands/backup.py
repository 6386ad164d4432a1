"""Back up the whole service into one archive that carries its own hashes, and restore it into an empty database.

The archive is a zip: `tables/*.jsonl`, `files/<sha256>`, and at the end `manifest.json`, which names the sha256 of
every part. It holds personal data and password hashes: keep it as the database itself is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Table
from sqlalchemy.orm import Session

from service.commands.ports import ports
from service.commands.trail import note
from service.delivery.blobs import BlobDamaged, BlobMissing
from service.domain.errors import InvalidInput, Refusal
from service.domain.identity import SYSTEM
from service.store import archive, audit_chain
from service.store.archive import Part
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
LARGEST_MANIFEST: Final = 256 << 20


class ArchiveRefused(Refusal):
    """The archive, or the place to restore it into, is not what it has to be; nothing was changed."""

    code = "archive-refused"
    zh = "没有恢复：{zh}"
    en = "Nothing was restored: {en}"


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What an archive holds; `missing` are files that rows name and that are gone or damaged."""

    rows: int
    files: int
    missing: tuple[str, ...]
    sha256: str
    head: str

    @property
    def whole(self) -> bool:
        """Whether everything that rows name is in the archive."""
        return not self.missing

    def told(self) -> str:
        """The report in a few lines, Chinese and English."""
        lines = [
            f"记录 {self.rows} 条，文件 {self.files} 个 / {self.rows} rows, {self.files} files",
            f"归档 sha256 / archive: {self.sha256}",
            f"审计链头 / audit head: {self.head}",
            *(f"缺失或损坏的文件 / file missing or damaged: {name}" for name in self.missing),
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found wrong in the chain and among the kept files."""

    chain: audit_chain.Report
    damaged: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is."""
        return self.chain.holds and not self.damaged

    def told(self) -> str:
        """The finding in a few lines, Chinese and English."""
        state = "完整 / intact" if self.chain.holds else "断裂 / BROKEN"
        sealed = f"已封存 {self.chain.sealed} 条，未封存 {self.chain.unsealed} 条；链头 {self.chain.head}"
        breaks = [f"  第 {one.seq} 条：{one.what}" for one in self.chain.breaks]
        files = [f"缺失或损坏的文件 / files missing or damaged: {len(self.damaged)}", *self.damaged]
        return "\n".join([f"审计链{state}：{sealed}", *breaks, *files])


def verify() -> Verification:
    """Walk the chain and read every kept file that a row names."""
    session = db.session()
    return Verification(audit_chain.verify(session), damaged_files(session))


def restore_whole(source: Path, now: datetime) -> BackupReport:
    """`restore` in its own transaction, in the service's own name, into an empty folder.

    Two services that share a folder take away each other's files: ArchiveRefused where it holds any.
    """
    if next(iter(ports().blobs.hashes()), None) is not None:
        raise ArchiveRefused(
            zh="文件夹 SHENBAO_DATA_DIR 里已有文件；请另设一个空文件夹，原来的文件不要删除，核对恢复结果以后再处理。",
            en="the folder SHENBAO_DATA_DIR holds files; name an empty one, and keep the old one until the restored "
            "service was checked.",
        )
    return transact(restore, source, actor=SYSTEM, now=now)


def back_up(target: Path, now: datetime) -> BackupReport:
    """Write the archive of one consistent moment, while others go on working.

    It is written aside and takes its name when it is whole; only its owner may read it. Raises InvalidInput where the
    target exists.
    """
    if target.exists():
        raise InvalidInput(field=str(target), zh="文件已存在，不覆盖", en="the file exists and is not overwritten")
    session = db.session()
    session.close()  # the snapshot begins here
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    aside = target.with_name(target.name + ".part")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as zipped:
                parts = {table.name: archive.write_table(session, table, zipped) for table in archive.tables()}
                files, missing = _write_files(session, zipped)
                chain = audit_chain.verify(session)
                manifest = {
                    "format": FORMAT,
                    "schema": archive.schema(),
                    "made_at": now.isoformat(),
                    "tables": {name: asdict(part) for name, part in parts.items()},
                    "left_out": sorted(archive.LEFT_OUT),
                    "files": files,
                    "missing": missing,
                    "audit": {"sealed": chain.sealed, "head": chain.head, "holds": chain.holds},
                }
                zipped.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    finally:
        session.rollback()
        aside.unlink(missing_ok=True)
    rows = sum(part.rows for part in parts.values())
    return BackupReport(rows, len(files), tuple(missing), digest_of(target), chain.head)


def restore(work: UnitOfWork, source: Path) -> BackupReport:
    """Put everything back into an empty database of the same version, and check it there.

    The archive is read through before anything is written; the files are put back last. Raises ArchiveRefused: a filled
    database, another version, a part that is missing, changed or not named in the manifest, a chain of entries that is
    not the one backed up.
    """
    filled = archive.filled_tables(work.session)
    if filled:
        raise ArchiveRefused(
            zh=f"目标数据库不是空的（{'、'.join(filled[:5])} 已有内容）；请换一个空数据库。",
            en=f"the database is not empty ({', '.join(filled[:5])} hold rows); give an empty one.",
        )
    with _opened(source) as zipped:
        manifest = _checked(zipped)
        for table in archive.tables():
            with zipped.open(archive.entry_name(table.name)) as lines:
                _inserted(work.session, table, lines)
        archive.continue_numbers(work.session)
        work.session.flush()
        chain = audit_chain.verify(work.session)
        if (chain.head, chain.holds) != (manifest["audit"]["head"], manifest["audit"]["holds"]):
            raise ArchiveRefused(
                zh="恢复后的操作记录链与备份时不同。", en="the restored chain of entries is not the one backed up."
            )
        for name in manifest["files"]:
            ports().blobs.put(zipped.read(f"files/{name}"))
    report = BackupReport(
        sum(part["rows"] for part in manifest["tables"].values()),
        len(manifest["files"]),
        tuple(manifest["missing"]),
        digest_of(source),
        chain.head,
    )
    note(work, "database-restored", "archive", report.sha256, {"made_at": manifest["made_at"], "rows": report.rows})
    return report


def digest_of(path: Path) -> str:
    """The sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in archive.read_chunks(file):
            digest.update(piece)
    return digest.hexdigest()


def damaged_files(session: Session) -> tuple[str, ...]:
    """The hashes of kept files that rows name and that are gone or no longer what was put there."""
    return tuple(name for name in sorted(archive.blob_names(session)) if _content(name) is None)


def _write_files(session: Session, zipped: zipfile.ZipFile) -> tuple[dict[str, int], list[str]]:
    sizes: dict[str, int] = {}
    missing = []
    for name in sorted(archive.blob_names(session)):
        content = _content(name)
        if content is None:
            missing.append(name)
            continue
        zipped.writestr(f"files/{name}", content, zipfile.ZIP_STORED)
        sizes[name] = len(content)
    return sizes, missing


def _content(name: str) -> bytes | None:
    try:
        return ports().blobs.read(name)
    except (BlobMissing, BlobDamaged):
        return None


def _inserted(session: Session, table: Table, lines: IO[bytes]) -> None:
    try:
        archive.insert_rows(session, table, archive.read_rows(table, lines))
    except (ValueError, TypeError, KeyError) as error:
        raise ArchiveRefused(zh=f"{table.name} 中有读不懂的内容：{error}", en=f"{table.name}: {error}") from error


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise ArchiveRefused(zh=f"打不开备份文件：{error}", en=f"the archive cannot be opened: {error}") from None


def _checked(zipped: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest, after every part was held against it."""
    manifest = _manifest(zipped)
    expected = {archive.entry_name(name): part["sha256"] for name, part in manifest["tables"].items()}
    expected |= {f"files/{name}": name for name in manifest["files"]}
    present = set(zipped.namelist()) - {MANIFEST}
    if present != set(expected) or {table.name for table in archive.tables()} != set(manifest["tables"]):
        odd = sorted(present ^ set(expected))[:3] or sorted(manifest["tables"])[:3]
        raise ArchiveRefused(zh=f"内容与清单不符：{odd}", en=f"its parts are not those of its manifest: {odd}")
    for name, wanted in expected.items():
        digest = hashlib.sha256()
        try:
            with zipped.open(name) as part:
                for piece in archive.read_chunks(part):
                    digest.update(piece)
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise ArchiveRefused(zh=f"{name} 已损坏：{error}", en=f"{name} is damaged: {error}") from None
        if digest.hexdigest() != wanted:
            raise ArchiveRefused(zh=f"{name} 已被改动。", en=f"{name} was changed.")
    return manifest


def _manifest(zipped: zipfile.ZipFile) -> dict[str, Any]:
    try:
        if zipped.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise ValueError("too large")
        found = json.loads(zipped.read(MANIFEST))
        made = (found["format"], found["schema"])
        tables = {str(name): Part(int(one["rows"]), str(one["sha256"])) for name, one in found["tables"].items()}
        found["tables"] = {name: asdict(part) for name, part in tables.items()}
        found["files"], found["missing"], found["audit"]["head"], found["audit"]["holds"]  # they are there
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise ArchiveRefused(zh=f"不是申报系统的备份：{error}", en=f"this is no backup of Shenbao: {error}") from None
    if made != (FORMAT, archive.schema()):
        raise ArchiveRefused(
            zh=f"备份的版本是 {made}，本系统是 {(FORMAT, archive.schema())}；请用制作备份时的版本恢复，再升级。",
            en=f"the backup is of version {made}, this service of {(FORMAT, archive.schema())}; restore it with the "
            "version that made it, then upgrade.",
        )
    return dict(found)
