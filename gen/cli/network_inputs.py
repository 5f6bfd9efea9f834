"""Inputs of a network from a NumPy file, followed by random ones."""

from pathlib import Path
from typing import Any

import numpy as np

from ...sim.network.graph import Graph
from ..errors import UsageError

Inputs = dict[str, np.ndarray]


def inputs(graph: Graph, path: Path | None, random: int | None, seed: int) -> list[Inputs]:
    """Inputs of each run: those of a file, then `random` ones; without a file 1 by default.

    Raises :class:`.UsageError`.
    """
    found = _from_file(graph, path) if path else []
    generator = np.random.default_rng(seed)
    for _ in range(random if random is not None else not found):
        found.append({name: _random(graph, name, generator) for name in graph.inputs})
    return found


def _random(graph: Graph, name: str, generator: np.random.Generator) -> np.ndarray:
    tensor = graph[name]
    if tensor.limits is None:
        raise UsageError(f"--random: input {name} is {tensor.type}, for which there are no random values.")
    low, high = tensor.limits
    return generator.integers(low, high, tensor.shape, tensor.dtype, endpoint=True)


def _from_file(graph: Graph, path: Path) -> list[Inputs]:
    """Inputs of a file: one array, or an archive with one per input; a first axis may be added for several runs."""
    try:
        with path.open("rb") as file:
            contents: Any = np.load(file, allow_pickle=False)
            arrays: Inputs = dict(contents) if hasattr(contents, "files") else {graph.inputs[0]: contents}
    except OSError as error:
        raise UsageError(f"--input {path}: the file cannot be read: {error.strerror or error}.") from None
    except Exception:  # NumPy raises many types for damaged files
        raise UsageError(f"--input {path}: it must be a file of NumPy, .npy or .npz.") from None
    if set(arrays) != set(graph.inputs):
        names = ", ".join(graph.inputs)
        raise UsageError(f"--input {path}: it must have the arrays {names}, one per input, in a .npz file.")
    runs = {name: runs_of(graph, name, arrays[name], path) for name in graph.inputs}
    counts = {name: len(each) for name, each in runs.items()}
    if len(set(counts.values())) > 1:
        text = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise UsageError(f"--input {path}: the arrays have different numbers of runs: {text}.")
    return [dict(zip(runs, values, strict=True)) for values in zip(*runs.values(), strict=True)]


def runs_of(graph: Graph, name: str, array: np.ndarray, path: Path) -> list[np.ndarray]:
    """Values of one input for each run; a batch axis of size 1 may be absent. Raises :class:`.UsageError`."""
    tensor = graph[name]
    shape = tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape
    extra = array.ndim - len(shape)
    fits = 0 <= extra <= 2 and array.shape[extra:] == shape and array.size
    if array.dtype != tensor.dtype or not fits:
        text = f"{tensor.type} of shape {tensor.shape}, or several of it"
        raise UsageError(f"--input {path}: {name} must be {text}, not {array.dtype} of shape {array.shape}.")
    return list(array.reshape(-1, *tensor.shape))
