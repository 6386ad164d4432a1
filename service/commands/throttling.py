"""Count what one sender asks of a public page, or one account of what costs much; over the limit both are told."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from service.commands.ports import ports
from service.domain.errors import TooManyAttempts
from service.store import throttles
from service.store.unit_of_work import UnitOfWork

# What is counted, and the window it is counted in; how many are allowed is a setting.
WINDOWS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        "sign-in": timedelta(minutes=15),
        "objection": timedelta(hours=1),
        "registration": timedelta(hours=1),
        "search": timedelta(minutes=1),
        "verification": timedelta(minutes=1),
        "calendar": timedelta(minutes=1),
        "dossier": timedelta(hours=1),
        "document": timedelta(minutes=1),
        "export": timedelta(minutes=1),
    }
)
LONGEST: Final = max(WINDOWS.values())


def count(work: UnitOfWork, what: str, address: str) -> None:
    """Count one attempt of a sender; raises TooManyAttempts with `minutes` and `seconds` to wait.

    The address is not kept, only a digest under the service's key. An IPv6 sender is counted by its network of 64 bits.
    """
    outside = ports()
    digest = hmac.new(outside.secret, _sender(address).encode(), hashlib.sha256).hexdigest()[:24]
    number, until = throttles.count(work.session, f"{what}:{digest}", work.now, WINDOWS[what])
    if number > outside.limits[what]:
        seconds = max(1, -int((work.now - until).total_seconds() // 1))
        raise TooManyAttempts(minutes=-(-seconds // 60), seconds=seconds, until=until)


def _sender(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)).network_address
    return str(found)
