"""A message from a program outside: only one that a programme declares, from the account of the role it names."""

from __future__ import annotations

from sqlalchemy import select

from service.commands.correlation import Correlated, Publication, correlate
from service.domain.errors import InvalidInput, NotAllowed
from service.domain.identity import group_at
from service.programmes.compiled import compiled_of
from service.store.deployments import Deployment
from service.store.organisations import Organisation
from service.store.unit_of_work import UnitOfWork


def publish(work: UnitOfWork, message: Publication, *, programme: str = "") -> Correlated:
    """Give the message to the cases of the authority whose programme declares it; see `correlation.correlate`.

    What steers a case inside, such as a meeting's decision, is declared nowhere and so cannot be sent from outside.
    Raises NotAllowed for a message that no programme lets the actor send, InvalidInput where two authorities do.
    """
    authorities = _authorities(work, message.name, programme)
    if not authorities:
        raise NotAllowed(
            why_zh=f"没有专项在 [messages.{message.name}] 中允许您的账号发布这条消息。",
            why_en=f"No programme's [messages.{message.name}] lets your account publish this message.",
        )
    if len(authorities) > 1:
        zh, en = (
            "几个机关都声明了这条消息，请用 /programmes/<专项>/v2",
            "belongs to several authorities; name a programme",
        )
        raise InvalidInput(field="name", zh=zh, en=en)
    return correlate(work, message, authority_id=authorities.pop())


def _authorities(work: UnitOfWork, name: str, programme: str) -> set[int]:
    """The authorities for which the actor may send it, by the newest version of each programme."""
    versions = select(Deployment.programme, Deployment.id).order_by(Deployment.programme, Deployment.version)
    newest = {key: deployment_id for key, deployment_id in work.session.execute(versions)}  # the last one stays
    found: set[int] = set()
    for key, deployment_id in newest.items():
        manifest = compiled_of(work.session, deployment_id).manifest
        declared = manifest.messages.get(name)
        if declared is None or (programme and key != programme):
            continue
        authority = work.session.scalar(select(Organisation.id).where(Organisation.code == manifest.authority))
        if authority is not None and group_at(declared.sender, authority) in work.actor.groups:
            found.add(authority)
    return found
