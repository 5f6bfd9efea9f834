"""Write `ort.npz`: all quantised tensors of the networks of `cases.py`, as ONNX Runtime computes them.

    python -m tests.gen.importers.onnx.data.write_ort

Needs the package onnxruntime 1.32.0, which the tests do not, on a CPU with AVX2.
"""

from pathlib import Path

import numpy as np

from ..cases import CASES, STEPS, inputs, model
from ..runtime import session, with_outputs


def results(name: str) -> dict[str, np.ndarray]:
    """Values of all quantised tensors by name, for each step."""
    data = model(name).SerializeToString()
    names = CASES[name][0].quantised
    machine = session(with_outputs(data, names), CASES[name][0].type == "uint8")
    runs = [machine.run(names, inputs(name, step)) for step in range(STEPS)]
    return {label: np.stack(values) for label, values in zip(names, zip(*runs, strict=True), strict=True)}


if __name__ == "__main__":
    arrays = {}
    for name in CASES:
        arrays |= {f"{name}/{label}": value for label, value in results(name).items()}
    np.savez_compressed(Path(__file__).with_name("ort.npz"), **arrays)
