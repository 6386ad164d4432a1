"""What a service task may do: one function an operation, in a closed catalogue; each writes rows only."""

from service.operations.catalogue import CATALOGUE, Operation, run_operation
from service.operations.context import OperationContext, OperationRefused

__all__ = ["CATALOGUE", "Operation", "OperationContext", "OperationRefused", "run_operation"]
