"""The scenarios beside this file, over HTTP."""

from __future__ import annotations

from pytest_bdd import scenarios

scenarios(".")
