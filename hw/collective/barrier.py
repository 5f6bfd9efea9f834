"""Barrier of the nodes: calls are combined on a tree, and the coordinator decides for all nodes."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component
from ..noc.route import bits
from .rings import CollectiveCode, CollectiveParameters

CHILDREN = 2


def agreed(p: CollectiveParameters) -> Bundle:
    """Parts of a call in which all nodes must agree."""
    return Bundle({"op": 3, "root": bits(p.rings.nodes), "rows": p.count_width})


def gathered(p: CollectiveParameters) -> Bundle:
    """State of a subtree: whether `some` node waits, whether `every` node does, and whether all calls are the `same`:
    `asked`."""
    return Bundle({"some": 1, "every": 1, "same": 1, "asked": agreed(p)})


DECISION = Bundle({"valid": 1, "code": 3})
"""Decision for all waiting nodes: a :class:`CollectiveCode`, for one cycle."""


class BarrierNode(Component):
    """Node of the barrier tree: combines the states of its children with its own, and forwards decisions to them.

    `waits`: a call waits here, with the parts `asked`. `has` marks the existing children; their states arrive in
    `below`, and the combined state leaves by `above`. Latency 1 in each direction.
    """

    class Parameters(CollectiveParameters):
        pass

    @staticmethod
    def members(p):
        return {
            "waits": In(1),
            "asked": In(agreed(p)),
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
    """Coordinator: decides for all nodes, from the combined state of the tree. If all wait with the same call, they
    begin; if their calls differ, or one has not called `timeout` cycles after the first, no node begins.

    After a decision it waits until the decision has reached every node and the earlier state has left the tree, so no
    node is counted for a call that was already decided. All waiting nodes thus receive the same decision, and a late
    node starts a new round.

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
