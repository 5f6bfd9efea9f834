"""Object of the entry point, by which all commands find `dotter`."""

from systola.gen.accelerators.base import Accelerator
from systola.gen.accelerators.operands import ExactOperands

from . import claims, lowering
from .hardware import Dotter
from .host import DotterHost


class DotterAccelerator(Accelerator):
    """Dense layers of int8 with exact results: one descriptor per layer."""

    name = "dotter"
    title = "int8 dot products by descriptors, one word of each operand at a time"
    paper = "S. Williams, A. Waterman and D. Patterson, Roofline, Communications of the ACM 52(4), 2009"
    component = Dotter
    presets = {"small": {"lanes": 4}, "board": {"lanes": 8}}
    golden = "dotter.golden"
    stimulus = "dotter.stimulus"
    board_parameters = ("lanes",)

    def operands(self, parameters, seed=1):
        return ExactOperands(seed)

    def rejects(self, parameters, graph, node):
        if graph.producer(node.inputs[0]):
            return "its input is a result, and results are 32 bits"
        return lowering.rejects(graph, node)

    def compile(self, parameters, graph):
        self.check(parameters, graph)
        return lowering.lower(parameters, graph)

    def claims(self):
        return claims.claims(self)

    def host(self, board, parameters):
        return DotterHost(board, self, parameters)


ACCELERATOR = DotterAccelerator()
