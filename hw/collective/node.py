"""Node of the collective engines: its memory, an engine for each ring, and the ends of its links."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, place
from ..memory.access import Read, port
from ..noc.route import bits
from ..stream.buffer import buffered
from .barrier import CHILDREN, DECISION, BarrierNode, subtree_state
from .lane import BANK_LATENCY, Lane
from .link import LinkReceiver, LinkSender
from .rings import LINK_DEPTH, CollectiveCode, CollectiveOp, CollectiveParameters, call, lane_slot, place_of
from .slots import LANE_FIELDS, SlotSchedule, order

STATUS = Bundle({"code": 3})
"""Result of a call: a :class:`CollectiveCode`."""


def node_ports(p: CollectiveParameters, prefix: str = "") -> dict:
    """Return the ports of a node to its host: memory, call and status."""
    return port(f"{prefix}mem", p.addr_width, p.width * p.rings.lanes) | {
        f"{prefix}call": In(stream.Signature(call(p))),
        f"{prefix}status": Out(stream.Signature(STATUS)),
    }


class CollectiveNode(Component):
    """Collective node: accepts a call, joins the barrier, runs its engines, and returns the status.

    With r rings, link n leaves in dimension n mod r: upwards for n < r, downwards for the others. A word that arrives
    at link n has moved in the same direction. The assignment of lanes to links follows from the node's position, and in
    an all-to-all from the pass; a pass begins when all lanes have completed the previous one.

    All nodes begin in the same cycle: `start_delay` is how many cycles earlier than the last node a node receives the
    decision. `node`, `position`, `next_nodes`, `previous_nodes` (its neighbours on each ring), `child_present` (its
    children on the tree) and `start_delay` are driven by constants outside, so that all nodes are instances of one
    module.
    """

    class Parameters(CollectiveParameters):
        pass

    @staticmethod
    def members(p):
        r = p.rings
        words = Lanes(p.width, r.lanes)
        neighbours = Lanes(bits(r.nodes), r.count)
        return node_ports(p) | {
            "node": In(bits(r.nodes)),
            "position": In(place_of(r)),
            "next_nodes": In(neighbours),
            "previous_nodes": In(neighbours),
            "link_in": In(words),
            "link_in_valid": In(r.lanes),
            "link_in_credit": Out(r.lanes),
            "link_out": Out(words),
            "link_out_valid": Out(r.lanes),
            "link_out_credit": In(r.lanes),
            "child_present": In(CHILDREN),
            "start_delay": In(bits(r.depth + 1)),
            "below": In(Lanes(subtree_state(p), CHILDREN)),
            "above": Out(subtree_state(p)),
            "decision_in": In(DECISION),
            "decision": Out(DECISION),
        }

    def elaborate(self, platform):
        m = Module()
        p, r = self.p, self.p.rings
        current = Signal(call(p))
        command = Signal(order(p))
        start = Signal()
        schedules, lanes = [], []
        for ring in range(r.count):
            schedule = place(m, platform, f"schedule{ring}", SlotSchedule, **dict(p))
            pair = [place(m, platform, f"lane{2 * ring + n}", Lane, **dict(p)) for n in range(2)]
            schedules.append(schedule)
            lanes += pair
            slot = schedule.slots.payload
            m.d.comb += schedule.slots.ready.eq(pair[0].slots.ready & pair[1].slots.ready)
            for n, lane in enumerate(pair):
                m.d.comb += lane.slots.valid.eq(schedule.slots.valid & pair[1 - n].slots.ready)
                m.d.comb += [
                    lane.slots.payload[name].eq(slot[f"{name}{n}" if name in LANE_FIELDS else name])
                    for name, _ in lane_slot(p)
                ]
            m.d.comb += [
                schedule.axis.eq(ring),
                schedule.position.eq(self.position),
                schedule.order.eq(command),
                schedule.start.eq(start),
            ]
            ends = Cat(self.next_nodes[ring] == current.root, self.previous_nodes[ring] == current.root)
            m.d.comb += [schedule.order.chain_first.eq(Cat(ends[1], ends[0])), schedule.order.chain_last.eq(ends)]
        self._links(m, platform, lanes, command)
        idle = Signal()
        self._memory(m, platform, lanes, idle)

        # Values derived from a call, one or two cycles later: the addresses of its rows, and whether it is legal.
        has_root = Signal()
        parts = Signal(p.count_width + bits(r.nodes))
        rows_needed = Signal(p.count_width + bits(r.nodes) + 3)
        m.d.comb += has_root.eq((current.op == CollectiveOp.BROADCAST) | (current.op == CollectiveOp.REDUCE))
        extent = Mux(has_root, current.rows, Mux(current.op == CollectiveOp.ALL_TO_ALL, parts * (r.count + 1), parts))
        m.d.sync += [
            parts.eq(current.rows * r.nodes),
            rows_needed.eq(current.base + extent),
            command.own_part.eq(current.base + current.rows * self.node),
        ]
        m.d.comb += [
            command.op.eq(current.op),
            command.rows.eq(current.rows),
            command.base.eq(current.base),
            command.whole.eq(parts),
            command.step_x.eq(current.rows),
            command.round_x.eq(current.rows * (r.k - 1)),
            command.step_y.eq(current.rows * r.k),
            command.round_y.eq(current.rows * (r.k * (r.l - 1))),
            command.root.eq(current.root == self.node),
        ]

        barrier = place(m, platform, "barrier", BarrierNode, **dict(p))
        m.d.comb += [
            barrier.call.op.eq(current.op),
            barrier.call.root.eq(Mux(has_root, current.root, 0)),
            barrier.call.rows.eq(current.rows),
            barrier.child_present.eq(self.child_present),
            barrier.below.eq(self.below),
            self.above.eq(barrier.above),
            barrier.decision_in.eq(self.decision_in),
            self.decision.eq(barrier.decision),
        ]

        check_cycles = Signal(2)
        started = Signal()
        start_delay = Signal.like(self.start_delay)
        reverse, second = command.reverse, command.second
        busy = Cat(each.busy for each in schedules + lanes).any()
        code = self.status.payload.code
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += [self.call.ready.eq(1), idle.eq(1)]
                m.d.sync += [check_cycles.eq(0), started.eq(0), reverse.eq(0), second.eq(0)]
                m.d.sync += current.eq(self.call.payload)
                with m.If(self.call.valid):
                    m.next = "CHECK"
            with m.State("CHECK"):
                m.d.sync += check_cycles.eq(check_cycles + 1)
                wrong = {
                    CollectiveCode.OPERATION: current.op > max(CollectiveOp),
                    CollectiveCode.ROOT: has_root & (current.root >= r.nodes) if r.nodes & (r.nodes - 1) else 0,
                    CollectiveCode.LENGTH: current.rows == 0,
                    CollectiveCode.RANGE: rows_needed > p.rows,
                }
                with m.If(check_cycles == 2):
                    m.next = "WAIT"
                    for why, condition in reversed(wrong.items()):
                        with m.If(condition):
                            m.d.sync += code.eq(why)
                            m.next = "STATUS"
            with m.State("WAIT"):
                m.d.comb += barrier.waiting.eq(1)
                m.d.sync += [code.eq(self.decision_in.code), start_delay.eq(self.start_delay)]
                with m.If(self.decision_in.valid):
                    m.next = "STATUS"
                    with m.If(self.decision_in.code == CollectiveCode.OK):
                        m.next = "DELAY"
            with m.State("DELAY"):
                m.d.sync += start_delay.eq(start_delay - 1)
                with m.If(start_delay == 0):
                    m.next = "RUN"
            with m.State("RUN"):
                m.d.comb += start.eq(~started)
                m.d.sync += started.eq(1)
                with m.If(started & ~busy):
                    with m.If((current.op == CollectiveOp.ALL_TO_ALL) & ~(reverse & (second if r.count > 1 else 1))):
                        m.d.sync += [started.eq(0), reverse.eq(~reverse), second.eq(second ^ reverse)]
                    with m.Else():
                        m.next = "STATUS"
            with m.State("STATUS"):
                m.d.comb += [self.status.valid.eq(1), idle.eq(1)]
                with m.If(self.status.ready):
                    m.next = "IDLE"
        return m

    def _links(self, m, platform, lanes, command):
        """Connect lanes with links."""
        p, r = self.p, self.p.rings
        receivers, senders = [], []
        for n in range(r.lanes):
            receiver = place(m, platform, f"link_receiver{n}", LinkReceiver, width=p.width, depth=LINK_DEPTH)
            sender = place(m, platform, f"link_sender{n}", LinkSender, depth=LINK_DEPTH)
            m.d.comb += [
                receiver.data.eq(self.link_in[n]),
                receiver.valid.eq(self.link_in_valid[n]),
                self.link_in_credit[n].eq(receiver.credit),
                sender.credit.eq(self.link_out_credit[n]),
            ]
            receivers.append(receiver)
            senders.append(sender)

        # Ring 0 is in y where it leaves for y, or comes from y; ring 1 is in the other dimension.
        exchange = command.op == CollectiveOp.ALL_TO_ALL
        out_dimensions, in_dimensions = Signal(2), Signal(2)
        if r.count > 1:
            last = Mux(self.position.sum == 0, r.period - 1, self.position.sum - 1)
            leaves_in_y, arrives_in_y = self.position.sum >= r.straight, last >= r.straight
            m.d.comb += [
                out_dimensions.eq(Mux(exchange, command.second.replicate(2), Cat(leaves_in_y, arrives_in_y))),
                in_dimensions.eq(Mux(exchange, command.second.replicate(2), Cat(arrives_in_y, leaves_in_y))),
            ]

        def choose(values, direction, dimension):
            """Select one of the values of all links or lanes: rising ones first, each group in order of dimension."""
            one, other = values[: r.count], values[r.count :]
            return Mux(direction, Mux(dimension, other[-1], other[0]), Mux(dimension, one[-1], one[0]))

        for n, lane in enumerate(lanes):
            ring, direction = divmod(n, 2)
            in_dimension, out_dimension, direction = (
                in_dimensions[direction] ^ ring,
                out_dimensions[direction] ^ ring,
                command.reverse ^ direction,
            )
            m.d.comb += [
                lane.word_valid.eq(choose([each.word_valid for each in receivers], direction, in_dimension)),
                lane.word.eq(choose([each.word for each in receivers], direction, in_dimension)),
                lane.space.eq(choose([each.space for each in senders], direction, out_dimension)),
            ]
        for n, (receiver, sender) in enumerate(zip(receivers, senders, strict=True)):
            direction, dimension = divmod(n, r.count)
            in_dimension, out_dimension, direction = (
                in_dimensions[direction] ^ dimension,
                out_dimensions[direction] ^ dimension,
                command.reverse ^ direction,
            )
            by_direction = lanes[0::2] + lanes[1::2]
            m.d.comb += [
                receiver.pop.eq(choose([each.pop for each in by_direction], direction, in_dimension)),
                sender.reserve.eq(choose([each.reserve for each in by_direction], direction, out_dimension)),
                self.link_out[n].eq(choose([each.out for each in by_direction], direction, out_dimension)),
                self.link_out_valid[n].eq(choose([each.valid for each in by_direction], direction, out_dimension)),
            ]

    def _memory(self, m, platform, lanes, idle):
        """Connect the node's memory port to the banks."""
        p = self.p
        request = self.mem_req.payload
        space, accepted, read = Signal(), Signal(), Signal()
        m.d.comb += [
            self.mem_req.ready.eq(idle & space),
            accepted.eq(self.mem_req.valid & self.mem_req.ready),
            read.eq(accepted & ~request.write),
        ]
        for n, lane in enumerate(lanes):
            strobe = request.strobe[n * p.width // 8 : (n + 1) * p.width // 8]
            m.d.comb += [
                lane.host_addr.eq(request.addr),
                lane.host_data.eq(request.data[n * p.width : (n + 1) * p.width]),
                lane.host_strobe.eq(Mux(accepted & request.write, strobe, 0)),
            ]
        reading = Signal(BANK_LATENCY)
        found = Signal(Read(p.width * len(lanes)))
        m.d.comb += found.data.eq(Cat(lane.found for lane in lanes))
        m.d.sync += reading.eq(Cat(read, reading))
        depth = BANK_LATENCY + 3
        buffered(m, platform, reserve=read, space=space, row=found, valid=reading[-1], out=self.mem_rsp, depth=depth)
