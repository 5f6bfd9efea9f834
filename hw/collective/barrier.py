"""Barrier of the nodes: calls are combined on a tree, and the coordinator decides for all nodes."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component
from ..noc.route import bits
from .rings import CollectiveCode, CollectiveParameters

CHILDREN = 2


def matched_arguments(p: CollectiveParameters) -> Bundle:
    """Parts of a call in which all nodes must agree."""
    return Bundle({"op": 3, "root": bits(p.rings.nodes), "rows": p.count_width})


def subtree_state(p: CollectiveParameters) -> Bundle:
    """State of a subtree: whether any node waits, whether all do, and whether all calls match `call`."""
    return Bundle({"any_waiting": 1, "all_waiting": 1, "calls_match": 1, "call": matched_arguments(p)})


DECISION = Bundle({"valid": 1, "code": 3})
"""Decision for all waiting nodes: a :class:`CollectiveCode`, for one cycle."""


class BarrierNode(Component):
    """Node of the barrier tree: combines the states of its children with its own, and forwards decisions to them.

    `waiting`: a call waits here, with the parts `call`. `child_present` marks the existing children; their states
    arrive in `below`, and the combined state leaves by `above`. Latency 1 in each direction.
    """

    class Parameters(CollectiveParameters):
        pass

    @staticmethod
    def members(p):
        return {
            "waiting": In(1),
            "call": In(matched_arguments(p)),
            "child_present": In(CHILDREN),
            "below": In(Lanes(subtree_state(p), CHILDREN)),
            "above": Out(subtree_state(p)),
            "decision_in": In(DECISION),
            "decision": Out(DECISION),
        }

    def elaborate(self, platform):
        m = Module()
        any_waiting, all_waiting, calls_match = self.waiting, self.waiting, 1
        for n in range(CHILDREN):
            child, present = self.below[n], self.child_present[n]
            any_waiting = any_waiting | (present & child.any_waiting)
            all_waiting = all_waiting & (~present | child.all_waiting)
            calls_match = calls_match & (~present | (child.calls_match & (child.call == self.call)))
        m.d.sync += [
            self.above.any_waiting.eq(any_waiting),
            self.above.all_waiting.eq(all_waiting),
            self.above.calls_match.eq(calls_match),
            self.above.call.eq(self.call),
            self.decision.eq(self.decision_in),
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
        return {"tree_state": In(subtree_state(p)), "decision": Out(DECISION)}

    def elaborate(self, platform):
        m = Module()
        settle = 2 * (self.p.rings.depth + 3)
        settling = Signal(range(settle + 1), init=settle)
        wait_cycles = Signal(range(self.p.timeout + 1))
        state = self.tree_state
        timed_out = wait_cycles == self.p.timeout
        m.d.sync += self.decision.valid.eq(0)
        with m.If(settling != 0):
            m.d.sync += [settling.eq(settling - 1), wait_cycles.eq(0)]
        with m.Elif(state.any_waiting):
            m.d.sync += wait_cycles.eq(wait_cycles + 1)
            m.d.sync += self.decision.code.eq(
                Mux(
                    state.all_waiting,
                    Mux(state.calls_match, CollectiveCode.OK, CollectiveCode.DIFFERENT),
                    CollectiveCode.MISSING,
                )
            )
            with m.If(state.all_waiting | timed_out):
                m.d.sync += [self.decision.valid.eq(1), settling.eq(settle)]
        return m
