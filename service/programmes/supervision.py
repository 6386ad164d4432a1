"""Which roles of an authority look after work that is late: the manifest says to whom a deadline escalates."""

from __future__ import annotations

from service.domain.access import OUTSIDE_ROLES
from service.programmes.manifest import Manifest


def supervising(manifest: Manifest) -> frozenset[str]:
    """The roles that the rule of any deadline escalates to; an applicant who is told supervises nothing."""
    named = {role for rule in manifest.deadlines.values() for role in rule.escalate_to}
    return frozenset(named - OUTSIDE_ROLES)
