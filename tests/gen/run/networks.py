"""Networks of TFLite files for the tests of this folder."""

import numpy as np

from systola.gen.importers import ImportedNetwork, read

from ..importers import cases
from ..importers.files import Graph, Op, T, file


def imported(name: str) -> ImportedNetwork:
    """Network of a case of the importer's tests."""
    return read(file(*cases.CASES[name]), name)


def inputs(name: str, network: ImportedNetwork, step: int = 1) -> dict[str, np.ndarray]:
    """Inputs of a case."""
    return dict(zip(network.graph.inputs, cases.inputs(name, cases.CASES[name][0], step).values(), strict=True))


def two_inputs() -> list[Graph]:
    """Two inputs and two outputs, of which one is computed on the host of `systola`."""
    tensors = {"a": T((1, 8), zero=3), "b": T((1, 8), zero=3), "w": cases.weights("two", (5, 8), per_channel=False)}
    tensors |= {"y": T((1, 5), None, 0.7, -11), "z": T((1, 16), zero=3)}
    operators = [
        Op("FULLY_CONNECTED", ("a", "w", None), ("y",), {"FusedActivationFunction": 0}),
        Op("CONCATENATION", ("a", "b"), ("z",), {"Axis": 1}),
    ]
    return [Graph(tensors, operators, ("a", "b"), ("y", "z"))]


def two_programs() -> list[Graph]:
    """Two layers on `systola` with a function on the host between them."""
    tensors = {"x": T((1, 8), zero=3), "y": T((1, 5), None, 0.05, -9), "z": T((1, 5), None, 1 / 256, -128)}
    tensors |= {"v": cases.weights("first", (5, 8), per_channel=False, spread=0.003), "l": T((1, 3), None, 0.01, 4)}
    tensors["w"] = cases.weights("second", (3, 5), per_channel=False)
    operators = [
        Op("FULLY_CONNECTED", ("x", "v", None), ("y",), {"FusedActivationFunction": 0}),
        Op("LOGISTIC", ("y",), ("z",)),
        Op("FULLY_CONNECTED", ("z", "w", None), ("l",), {"FusedActivationFunction": 0}),
    ]
    return [Graph(tensors, operators, outputs=("l",))]
