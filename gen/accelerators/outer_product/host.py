"""Host driver of `outer_product` on a board: exact sums by the machine, scaling by the host."""

import numpy as np

from ....hw.cores.outer_product.engine import OuterProductEngine
from ....sim.network.arithmetic import Exact
from ....sim.network.graph import Dense, Graph, Tensor
from ...host.scaling import Scaling
from ..host import AcceleratorHost


class OuterProductHost(AcceleratorHost[OuterProductEngine.Parameters]):
    """Host driver for products of any size: sums of up to `depth` products on the machine, longer ones by the host."""

    def matmul(self, a, b, scaling):
        return scaling.apply(self.sums(a, b))

    def sums(self, a: np.ndarray, b: np.ndarray, scaling: Scaling | None = None) -> np.ndarray:
        """Product a @ b of int8 matrices, in int32, modulo 2^32."""
        found = np.zeros((len(a), b.shape[1]), np.int32)
        for first in range(0, a.shape[1], self.p.depth):
            part = slice(first, first + self.p.depth)
            found += self._sums(a[:, part], b[part], Scaling.of(b.shape[1], 1.0, 0, 0))
        return found

    def _sums(self, a, b, scaling):
        tensors = (
            Tensor("a", a.shape, "int8"),
            Tensor("b", b.shape, "int8", np.ascontiguousarray(b)),
            Tensor("c", (len(a), b.shape[1]), "int32"),
        )
        job = self.accelerator.compile(
            self.p, Graph(tensors, [Dense("product", ("a", "b"), "c", Exact())], ["a"], ["c"])
        )
        if not self.fits(job):
            return self.halves(self._sums, a, b, scaling)
        self.load(job)
        return self.execute(job, {"a": a})[0]["c"]
