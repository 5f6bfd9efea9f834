"""How nodes agree to begin: what they ask for is gathered on a tree, and one place decides for all."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component
from ..noc.route import bits
from .rings import CollectiveCode, CollectiveParameters

CHILDREN = 2


def asked(p: CollectiveParameters) -> Bundle:
    """What all nodes have to ask for alike."""
    return Bundle({"op": 3, "root": bits(p.rings.nodes), "rows": p.count_width})


def gathered(p: CollectiveParameters) -> Bundle:
    """What is known of some nodes: whether `some` wait, whether `every` one does, and for the `same`, `asked`."""
    return Bundle({"some": 1, "every": 1, "same": 1, "asked": asked(p)})


DECISION = Bundle({"valid": 1, "code": 3})
"""What was decided of all that wait: a :class:`CollectiveCode`, in one cycle."""


class BarrierNode(Component):
    """A node of the tree: gathers what is known below it and `asked` here, and hands decisions down.

    Latency 1 each way. `has` says which children there are.
    """

    class Parameters(CollectiveParameters):
        pass

    @staticmethod
    def members(p):
        return {
            "waits": In(1),
            "asked": In(asked(p)),
            "has": In(CHILDREN),
            "below": In(Lanes(gathered(p), CHILDREN)),
            "above": Out(gathered(p)),
            "decided": In(DECISION),
            "decision": Out(DECISION),
        }

    def elaborate(self, platform):
        m = Module()
        some, every, same = self.waits, self.waits, 1
        for n in range(CHILDREN):
            child, has = self.below[n], self.has[n]
            some = some | (has & child.some)
            every = every & (~has | child.every)
            same = same & (~has | (child.same & (child.asked == self.asked)))
        m.d.sync += [
            self.above.some.eq(some),
            self.above.every.eq(every),
            self.above.same.eq(same),
            self.above.asked.eq(self.asked),
            self.decision.eq(self.decided),
        ]
        return m


class Coordinator(Component):
    """Decides for all nodes, from what is known of all of them: begin, if all wait for the same; if they wait for
    different things, or one has not come `timeout` cycles after the first, nobody begins.

    After a decision it waits until everybody has it and what was known before is forgotten: nobody can be counted
    for what he has been told already. So all nodes that wait learn the same, and a late one starts anew.

    Latency 1.
    """

    class Parameters(CollectiveParameters):
        pass

    @staticmethod
    def members(p):
        return {"known": In(gathered(p)), "decision": Out(DECISION)}

    def elaborate(self, platform):
        m = Module()
        settle = 2 * (self.p.rings.depth + 3)
        settling = Signal(range(settle + 1), init=settle)
        waited = Signal(range(self.p.timeout + 1))
        known = self.known
        late = waited == self.p.timeout
        m.d.sync += self.decision.valid.eq(0)
        with m.If(settling != 0):
            m.d.sync += [settling.eq(settling - 1), waited.eq(0)]
        with m.Elif(known.some):
            m.d.sync += waited.eq(waited + 1)
            m.d.sync += self.decision.code.eq(
                Mux(known.every, Mux(known.same, CollectiveCode.OK, CollectiveCode.DIFFERENT), CollectiveCode.MISSING)
            )
            with m.If(known.every | late):
                m.d.sync += [self.decision.valid.eq(1), settling.eq(settle)]
        return m
