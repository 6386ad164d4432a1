"""What each deployment defines, as rows with keys: processes, decisions with the file they stand in, and forms."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.store.session import Base, Key

PROCESS, DECISION, REQUIREMENTS, FORM = "process", "decision", "requirements", "form"


class Definition(Base):
    """One definition by its id in the model (`name`); `requirements_id` is the decision file's, for a decision."""

    __tablename__ = "definitions"
    __table_args__ = (UniqueConstraint("deployment_id", "kind", "name", "path"),)

    id: Mapped[Key]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id"))
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]
    path: Mapped[str]
    requirements_id: Mapped[int | None] = mapped_column(ForeignKey("definitions.id"))
