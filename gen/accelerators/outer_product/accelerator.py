"""Description of `outer_product`, the matrix engine for small devices, for the tools."""

from ....hw.cores.outer_product.core import OuterProduct
from ....hw.cores.outer_product.engine import OuterProductEngine
from ....sim.network.graph import Graph
from ...compile.job import Job
from ..base import Accelerator
from ..operands import ExactOperands
from . import lowering


class OuterProductAccelerator(Accelerator[OuterProductEngine.Parameters]):
    """Matrix engine for dense layers: a chain of descriptors, one per 4 columns of the result."""

    name = "outer_product"
    title = "outer products of int8 with exact sums, for small devices; controlled by descriptors"
    paper = "G. Golub and C. Van Loan, Matrix Computations, 2013, section 1.1"
    component = OuterProduct
    presets = {"paper": {}, "small": {"depth": 64}, "board": {"depth": 512}}
    golden = "systola.sim.golden.cores.outer_product"
    stimulus = "systola.sim.stimulus.cores.outer_product"
    board_parameters = ("depth",)

    def operands(self, parameters, seed=1):
        return ExactOperands(seed)

    def rejects(self, parameters, graph, node):
        return lowering.rejects(parameters, graph, node)

    def compile(self, parameters, graph: Graph) -> Job:
        """Compile a graph to one descriptor per strip of 4 columns of each layer."""
        self.check(parameters, graph)
        chain = lowering.lower(parameters, graph)
        return Job(chain.image, chain.entry, chain.inputs, chain.outputs, graph.macs, chain.roof, None, chain.length)

    def host(self, board, parameters):
        from .host import OuterProductHost

        return OuterProductHost(board, self, parameters)


ACCELERATOR = OuterProductAccelerator()
