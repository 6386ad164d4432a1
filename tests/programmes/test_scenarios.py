"""Every scenario that stands beside this file, in the folder of its programme."""

from __future__ import annotations

from pytest_bdd import scenarios

scenarios(".")
