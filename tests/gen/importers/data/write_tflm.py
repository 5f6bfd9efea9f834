"""Write `tflm.npz`: all tensors of the networks of `cases.py`, as TensorFlow Lite Micro computes them.

    python -m tests.gen.importers.data.write_tflm

Needs the package tflite-micro 0.dev20261023182759, which the tests do not.
"""

from pathlib import Path

import numpy as np
from tflite_micro.python.tflite_micro import runtime

from ..cases import CASES, STEPS, inputs
from ..files import file

ARENA = 1 << 20


def interpreter(data: bytes, arena: int = ARENA):
    """Interpreter that keeps all tensors."""
    keep = runtime.InterpreterConfig.kPreserveAllTensors
    return runtime.Interpreter.from_bytes(data, intrepreter_config=keep, arena_size=arena)  # its spelling


def results(name: str, graphs) -> dict[str, np.ndarray]:
    """Values of all tensors that operators write, by name, for each step."""
    main, machine, found = graphs[0], interpreter(file(*graphs)), {}
    written = [label for op in main.operators for label in op.outputs if main.tensors[label].type != "RESOURCE"]
    for step in range(STEPS):
        for position, value in enumerate(inputs(name, main, step).values()):
            machine.set_input(value, position)
        machine.invoke()
        for label in written:
            value = machine.GetTensor([*main.tensors].index(label), 0)["tensor_data"]
            shaped = np.array(value).reshape(main.tensors[label].shape)
            found.setdefault(label, []).append(shaped.astype(main.tensors[label].type.lower()))
    return {label: np.stack(values) for label, values in found.items()}


if __name__ == "__main__":
    arrays = {}
    for name, graphs in CASES.items():
        arrays |= {f"{name}/{label}": value for label, value in results(name, graphs).items()}
    np.savez_compressed(Path(__file__).with_name("tflm.npz"), **arrays)
