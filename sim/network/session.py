"""Session of a network: one run after another, with state."""

import numpy as np

from . import reference
from .graph import Graph


class Session:
    """Consecutive runs of a graph on the NumPy reference; each starts from the state at the end of the previous one.

    A run that raises an error changes no state.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.reset()

    def reset(self):
        """Set every state to its initial values."""
        self.states = {state.tensor: state.initial for state in self.graph.states}

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Values of every tensor by name, as by `reference.run`; states have their values at the start of the run."""
        values = reference.run(self.graph, inputs, self.states)
        self.states = {state.tensor: values[state.next] for state in self.graph.states}
        return values
