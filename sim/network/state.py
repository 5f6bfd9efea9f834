"""State of a network: tensors whose values persist between runs."""

from typing import NamedTuple

import numpy as np

from .arithmetic.base import representation_mismatch
from .tensor import GraphError, Tensor


class State(NamedTuple):
    """State tensor: `tensor` has the values `initial` in the first run, and in each later run those of `next`.

    `next` is another tensor of the graph, with the same shape and quantisation; its values are taken at the end of the
    previous run. A node reads a state like an input; no node writes it. An incomplete run changes no state.
    """

    tensor: str
    next: str
    initial: np.ndarray

    def check(self, tensor: Tensor, next: Tensor):
        """Raise `GraphError` unless shapes, types and initial values agree."""
        if tensor.constant:
            raise GraphError(f"state {tensor.name} is a constant")
        if tensor.shape != next.shape:
            raise GraphError(f"state {tensor.name} has shape {tensor.shape}, and {next.name} has {next.shape}")
        if reason := representation_mismatch(next, tensor):
            raise GraphError(f"state {tensor.name}: {reason}")
        tensor.check(self.initial, "initial value")
