"""`python -m service` is the console script `shenbao`."""

from service.cli import run

run()
