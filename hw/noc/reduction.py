"""Reduction in a router: detection that all flits to be added have arrived, and their sum."""

from amaranth.hdl import Cat, Module, Mux
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters
from .parameters import LANE


class ReductionJoin(Component):
    """Join of a reduction at one output: `joined` is high if every input to be added has a flit, all for one root.

    `adds` marks the inputs that the output adds at this position; `waiting` those whose first reduction flit goes to
    the output, and `roots` has the roots of these flits (`root` bits each; 0: all are the same). `passed` marks the
    inputs at which a packet has priority in this cycle. Latency 0.
    """

    class Parameters(Parameters):
        inputs: int
        root: int

    @staticmethod
    def members(p):
        inputs = {name: In(p.inputs) for name in ("adds", "waiting", "passed")}
        return inputs | ({"roots": In(Lanes(p.root, p.inputs))} if p.root else {}) | {"joined": Out(1)}

    def elaborate(self, platform):
        m = Module()
        present = self.waiting & ~self.passed
        if self.p.root:
            present &= Cat(self.roots[i] == self.roots[0] for i in range(self.p.inputs))
        m.d.comb += self.joined.eq((present | ~self.adds).all())
        return m


def add(select, words, width: int):
    """Return the sum, in each lane, of the words that `select` marks; of a single one, the word itself."""
    lanes = []
    for low in range(0, width, LANE):
        parts = [Mux(select[n], word[low : low + LANE], 0) for n, word in enumerate(words)]
        while len(parts) > 1:
            parts = [sum(parts[n : n + 2])[:LANE] for n in range(0, len(parts), 2)]
        lanes.append(parts[0][:LANE])
    return Cat(lanes)
