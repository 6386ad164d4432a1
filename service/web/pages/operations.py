"""What an administrator watches and repairs: incidents, the clock, the outbox."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue

from service.commands import duties
from service.commands import incidents as commands
from service.commands import outbox as outbox_commands
from service.queries import operations
from service.store.session import db
from service.store.unit_of_work import transact
from service.web.i18n import gettext
from service.web.menu import ADMINISTRATOR
from service.web.security import moment, requires, who

pages = Blueprint("operations", __name__, url_prefix="/operations")


@pages.get("")
@requires(ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """What is stuck, which deadline it threatens, and whether the clock keeps up."""
    session = db.session()
    return render_template(
        "pages/operations.html",
        section="operations",
        incidents=operations.incidents(session, who()),
        duties=operations.refused_duties(session, who()),
        outbox=operations.outbox(session, who()),
        waiting=operations.waiting(session, who()),
        timers=operations.timers(session, who()),
        clock=operations.clock(session, moment()),
    )


@pages.post("/duties/<int:duty_id>/retry")
@requires(ADMINISTRATOR)
def retry_duty(duty_id: int) -> ResponseReturnValue:
    """Open a duty whose case was refused, now that the cause is mended."""
    opened = transact(duties.try_again, duty_id, actor=who(), now=moment())
    flash(gettext("义务已发起。") if opened else gettext("仍然不能发起，原因见下。"))
    return redirect("/operations#duties", 303)


@pages.post("/incidents/<int:incident_id>/retry")
@requires(ADMINISTRATOR)
def retry(incident_id: int) -> ResponseReturnValue:
    """Go on from where the token is parked."""
    worked = transact(commands.retry, incident_id, actor=who(), now=moment())
    flash(gettext("已重试，流程继续了。") if worked else gettext("重试后仍然停在这一步，原因见下。"))
    return redirect("/operations", 303)


@pages.post("/outbox/<int:entry_id>/again")
@requires(ADMINISTRATOR)
def send_again(entry_id: int) -> ResponseReturnValue:
    """Try once more to send what was given up."""
    transact(outbox_commands.send_again, entry_id, actor=who(), now=moment())
    flash(gettext("已排队，几秒内再发一次。"))
    return redirect("/operations", 303)
