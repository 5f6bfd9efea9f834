"""Host driver of `systola` on a board."""

import numpy as np

from ....sim.network.arithmetic import Tflite
from ....sim.network.graph import Dense, Graph, Tensor
from ...host.scaling import Scaling
from ..host import AcceleratorHost

LARGEST = 64
"""Rows and columns of a product in one program: larger ones take long to compile."""


class SystolaHost(AcceleratorHost):
    """Host driver: programs, and matrix products as programs."""

    def matmul(self, a, b, scaling):
        if max(len(a), b.shape[1]) > LARGEST:
            return self.halves(self.matmul, a, b, scaling)
        job = self.accelerator.compile(self.p, product(a.shape, b, scaling))
        if not self.fits(job):
            return self.halves(self.matmul, a, b, scaling)
        self.load(job)
        return self.execute(job, {"a": a})[0]["c"]


def product(shape: tuple[int, int], b: np.ndarray, scaling: Scaling) -> Graph:
    """Network with one layer: c = requantise(a @ b + bias)."""
    n = b.shape[1]
    tensors = (
        Tensor("a", shape, "int8"),
        Tensor("b", b.shape, "int8", b),
        Tensor("bias", (n,), "int32", np.broadcast_to(scaling.bias, (n,)).astype(np.int32)),
        Tensor("c", (shape[0], n), "int8", zero_point=scaling.zero_point),
    )
    arithmetic = Tflite(scaling.multiplier, scaling.shift)
    return Graph(tensors, [Dense("product", ("a", "b", "bias"), "c", arithmetic)], ["a"], ["c"])
