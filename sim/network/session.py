"""Session of a network: one run after another, with state."""

import numpy as np

from . import reference
from .graph import Graph


class Session:
    """Runs of a graph on the NumPy reference, each with the state that the run before left.

    A run that raises an error changes no state.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.reset()

    def reset(self):
        """Give every state its initial values."""
        self.states = {state.tensor: state.initial for state in self.graph.states}

    def run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Values of every tensor by name, as by `reference.run`; states have the values with which the run began."""
        values = reference.run(self.graph, inputs, self.states)
        self.states = {state.tensor: values[state.next] for state in self.graph.states}
        return values
