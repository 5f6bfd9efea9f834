"""Driver of `dotter` on a board: the machine computes exact sums, the host scales them."""

import numpy as np

from systola.gen.accelerators.host import AcceleratorHost
from systola.sim.network.arithmetic import Exact
from systola.sim.network.graph import Dense, Graph, Tensor


class DotterHost(AcceleratorHost):
    """Matrix products on a board; a product that does not fit into its memory is computed in halves."""

    def matmul(self, a, b, scaling):
        tensors = (
            Tensor("a", a.shape, "int8"),
            Tensor("b", b.shape, "int8", np.ascontiguousarray(b)),
            Tensor("c", (len(a), b.shape[1]), "int32"),
        )
        graph = Graph(tensors, [Dense("product", ("a", "b"), "c", Exact())], ["a"], ["c"])
        job = self.accelerator.compile(self.p, graph)
        if not self.fits(job):
            return self.halves(self.matmul, a, b, scaling)
        self.load(job)
        return scaling.apply(self.execute(job, {"a": a})[0]["c"])
