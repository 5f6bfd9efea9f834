"""Slot schedule of a collective engine: the rows it receives, adds, writes and sends, slot after slot."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters, place
from .rings import SEGMENT, CollectiveOp, CollectiveParameters, Rings, lane_slot, place_of

STEPS = ("step_x", "round_x", "step_y", "round_y")
LANE_FIELDS = ("pop", "push", "read_addr", "write_addr")
"""Fields of a slot that differ between the two lanes."""


def order(p: CollectiveParameters) -> Bundle:
    """Command of a node to its engines. `own_part` is the first row of the node's own part of the message; `whole` is
    the number of rows of all parts. `step_x` and `step_y` are the distances in rows to the next part in x and y;
    `round_x` and `round_y` are those from the last part to the first. `reverse` and `second` select one of the four
    passes of an all-to-all. `root`: this node is the root. `chain_first` and `chain_last`, one bit per lane: this node
    directly follows, or directly precedes, the root on the lane's ring."""
    steps = dict.fromkeys(STEPS, p.addr_width)
    return Bundle(
        {"op": 3, "rows": p.count_width, "base": p.addr_width, "own_part": p.addr_width, "whole": p.addr_width}
        | steps
        | {"reverse": 1, "second": 1, "root": 1, "chain_first": 2, "chain_last": 2}
    )


def slot(p: CollectiveParameters) -> Bundle:
    """Slot of both lanes of an engine, which differ in addresses and links: lane 0 follows the direction of its ring,
    lane 1 the opposite direction."""
    fields = {name: field.shape for name, field in lane_slot(p)}
    own = {f"{name}{lane}": fields[name] for name in LANE_FIELDS for lane in range(2)}
    return Bundle({name: shape for name, shape in fields.items() if name not in LANE_FIELDS} | own)


class SlotSchedule(Component):
    """Slot schedule of one collective on a ring, or of one pass of an all-to-all in a row or column.

    A message has one part per node. Ring collectives step from part to part: with T = nodes - 1, slot t of

        reduce-scatter (t = 0 to T) adds the arriving rows to the part t + 1 nodes back and sends the sum; t = 0 only
            sends, t = T stores the sum, which is that of its own part
        all-gather (t = T to 2T) sends its own part, then stores each arriving part and forwards it
        all-reduce (t = 0 to 2T) is both, with slot T in common

    where back is against the ring for lane 0, along it for lane 1. These slots are executed for a segment of all parts,
    then for the next segment; the last slot of a segment, which only receives, is merged with the first slot of the
    next one, which only sends.

    All-to-all: a part for the node at distance d travels d hops, and is stored on arrival; d = 1 to half the ring, lane
    0 in one direction, lane 1 in the other, then (`reverse`) the other halves. At exactly half the ring, one half of
    each part travels in each direction. A torus does so in one dimension, then (`second`) in the other, with the parts
    for all nodes there in groups.

    Broadcast and reduce are one slot: a chain that starts at the root, or ends there.

    Latency from `start` to the first slot: 2 cycles for broadcast, reduce and the first pass of an all-to-all, 3 for
    all-gather, 4 for reduce-scatter and all-reduce, 5 or more for the other passes. One slot every 2 cycles; 5 to 7
    cycles from the last slot of a segment to the first of the next, if an all-to-all has 2 rows or more.
    Back-pressure: `slots` may stall. Area: about 10 adders of an address.
    """

    class Parameters(CollectiveParameters):
        pass

    @staticmethod
    def members(p):
        return {
            "axis": In(1),
            "position": In(place_of(p.rings)),
            "order": In(order(p)),
            "start": In(1),
            "busy": Out(1),
            "slots": Out(stream.Signature(slot(p))),
        }

    def elaborate(self, platform):
        m = Module()
        p, o, r = self.p, self.order, self.p.rings
        exchange = Signal()
        gathers = Signal()  # slots from T on
        scatters = Signal()  # slots up to T
        dimension = Signal()
        m.d.comb += [
            exchange.eq(o.op == CollectiveOp.ALL_TO_ALL),
            scatters.eq((o.op == CollectiveOp.ALL_REDUCE) | (o.op == CollectiveOp.REDUCE_SCATTER)),
            gathers.eq((o.op == CollectiveOp.ALL_REDUCE) | (o.op == CollectiveOp.ALL_GATHER)),
            dimension.eq(self.axis ^ o.second if r.count > 1 else 0),
        ]

        # Three node pointers: one moves forwards, one backwards, one points to the node's own part of each group.
        pointers = {}
        for name, forward in (("forward", True), ("backward", False), ("own_part", True)):
            pointer = pointers[name] = place(
                m, platform, name, NodePointer, forward=forward, rings=r, addr_width=p.addr_width
            )
            m.d.comb += [
                pointer.straight.eq(exchange),
                pointer.axis.eq(Mux(exchange, dimension ^ (name == "own_part"), self.axis)),
                *(getattr(pointer, step).eq(o[step]) for step in STEPS),
            ]
        forward, backward, own_part = pointers.values()
        advance = Signal()
        restart = Signal()  # `forward` and `backward` return to the node's own part
        m.d.comb += [
            forward.advance.eq(advance),
            backward.advance.eq(advance),
            forward.load.eq(restart),
            backward.load.eq(restart),
        ]
        m.d.comb += [own_part.load.eq(self.start), own_part.place.eq(self.position), own_part.first.eq(o.own_part)]
        for pointer in (forward, backward):
            m.d.comb += [
                pointer.place.eq(Mux(self.start, self.position, own_part.current)),
                pointer.first.eq(Mux(self.start, o.own_part, own_part.addr)),
            ]

        # The rows of a part that are in flight together: `size` of them from `offset` on.
        offset = Signal(p.count_width)
        end = Signal(p.count_width)
        remaining = Signal(p.count_width)
        size = Signal(p.count_width)
        m.d.comb += [remaining.eq(end - offset), size.eq(Mux(remaining < 2 * SEGMENT - 1, remaining, SEGMENT))]

        # All-to-all: the distance, and the group, of which the first is the node's own.
        distance = Signal(range(max(r.k, r.l) // 2 + 1))
        group = Signal(range(max(r.k, r.l)))
        last_distance, even, last_group = (
            Mux(dimension, y, x) for x, y in ((r.k // 2, r.l // 2), (r.k % 2 == 0, r.l % 2 == 0), (r.l - 1, r.k - 1))
        )

        # The slot within those rows; it reads up to `reads`, and writes from `writes` on.
        turn = r.nodes - 1
        t = Signal(range(2 * turn + 2))
        first, final, reads, writes = (Signal.like(t, name=name) for name in ("first", "final", "reads", "writes"))
        m.d.comb += [
            first.eq(Mux(exchange | scatters, 0, turn)),
            final.eq(Mux(exchange, distance, Mux(gathers, 2 * turn, turn))),
            reads.eq(Mux(exchange, 0, turn)),
            writes.eq(Mux(exchange, distance, turn)),
        ]

        # Addresses of those rows. An all-to-all has a source, a result, and between its dimensions a region for the
        # parts to be forwarded: those for the node's own row or column are not moved there.
        read_from = Signal(p.addr_width)
        write_to = Signal(p.addr_width)
        own = group == 0
        beyond = Mux(exchange, Mux(own, 0, o.whole << 1), 0)
        read_region = Mux(o.second, beyond, 0) if r.count > 1 else 0
        write_region = Mux(exchange, Mux(o.second | own, o.whole, o.whole << 1), 0)
        # An all-to-all sends the part ahead of a lane and receives the part from the opposite side; rings use only the
        # latter.
        sends_ahead = exchange & ~o.reverse, ~exchange | o.reverse
        receives_ahead = exchange & o.reverse, ~exchange | ~o.reverse
        source = [Mux(ahead, forward.addr, backward.addr) + read_from for ahead in sends_ahead]
        to = [Mux(ahead, forward.addr, backward.addr) + write_to for ahead in receives_ahead]

        out = Signal(slot(p))
        m.d.comb += self.slots.payload.eq(out)
        skip = Signal()  # the next step leads to the node's own part, which an all-reduce does not send
        finish = Signal()

        def lanes(name, value):
            """Drive both lanes with one value, or with one value each."""
            return [out[f"{name}{n}"].eq(value[n] if isinstance(value, list) else value) for n in range(2)]

        receives = [out.receive_rows.eq(size), lanes("pop", 1), lanes("write_addr", to)]
        sends = [out.send_rows.eq(size), out.read.eq(1), lanes("read_addr", source)]
        no_receive = [out.receive_rows.eq(0), out.write.eq(0), lanes("pop", 0)]
        no_send = [out.send_rows.eq(0), out.read.eq(0), out.add.eq(0), lanes("push", 0)]

        with m.FSM() as states:
            with m.State("IDLE"):
                m.d.comb += restart.eq(self.start)
                m.d.sync += [no_receive, no_send, offset.eq(0), end.eq(o.rows), group.eq(0), distance.eq(0)]
                m.d.sync += [t.eq(first), skip.eq(0), finish.eq(0)]
                with m.If(self.start):
                    with m.If(exchange & ~o.reverse & ~o.second):
                        m.next = "OWN"
                    with m.Elif(exchange):
                        m.next = "NEXT"
                    with m.Elif(scatters):
                        m.next = "ADVANCE"
                    with m.Elif(gathers):
                        m.next = "ROWS"
                    with m.Else():
                        m.next = "CHAIN"
            with m.State("OWN"):  # the node's part for itself is copied
                m.d.sync += [out.read.eq(1), out.write.eq(1), out.send_rows.eq(end), out.receive_rows.eq(end)]
                m.d.sync += [lanes("read_addr", own_part.addr), lanes("write_addr", own_part.addr + o.whole)]
                m.next = "ISSUE"
            with m.State("CHAIN"):
                reduce = o.op == CollectiveOp.REDUCE
                m.d.sync += [out.receive_rows.eq(end), out.send_rows.eq(end), out.add.eq(reduce), finish.eq(1)]
                m.d.sync += [
                    out.read.eq(reduce | o.root),
                    out.write.eq(reduce == o.root),
                    lanes("pop", [Mux(reduce, ~o.chain_first[n], ~o.root) for n in range(2)]),
                    lanes("push", [Mux(reduce, ~o.root, ~o.chain_last[n]) for n in range(2)]),
                    lanes("read_addr", o.base),
                    lanes("write_addr", o.base),
                ]
                m.next = "ISSUE"
            with m.State("ADVANCE"):
                m.d.comb += advance.eq(1)
                m.d.sync += skip.eq(0)
                with m.If(~skip):
                    m.next = "ROWS"
            with m.State("ROWS"):
                m.d.sync += [read_from.eq(offset + read_region), write_to.eq(offset + write_region)]
                m.next = "FORM"
            with m.State("FORM"):
                m.next = "ISSUE"
                with m.If(t == first):
                    m.d.sync += [sends, out.add.eq(0), lanes("push", 1)]
                with m.Else():
                    m.d.sync += [receives, out.write.eq(t >= writes), lanes("push", t != final)]
                    with m.If(t <= reads):
                        m.d.sync += [sends, out.add.eq(1)]
                    with m.Else():
                        m.d.sync += [no_send, out.send_rows.eq(size), lanes("push", 1)]
                    with m.If((t == final) & (t > reads)):  # merged with the next slot
                        m.d.sync += no_send
                        m.next = "NEXT"
            with m.State("ISSUE"):
                m.d.comb += self.slots.valid.eq(1)
                with m.If(self.slots.ready):
                    m.d.sync += [no_receive, no_send]
                    m.d.sync += t.eq(t + 1)
                    with m.If(finish):
                        m.next = "IDLE"
                    with m.Elif((exchange & (distance == 0)) | (t == final)):  # distance 0: this was the own part
                        m.next = "NEXT"
                    with m.Else():
                        m.d.comb += advance.eq(~exchange)
                        m.next = "FORM"
            with m.State("NEXT"):
                m.d.sync += t.eq(first)
                m.next = "ADVANCE"
                with m.If(exchange & (distance == 0)):  # the first of a group
                    m.d.comb += restart.eq(1)
                    m.d.sync += [distance.eq(1), offset.eq(0)]
                    m.next = "PART"
                with m.Elif(remaining != size):
                    m.d.sync += [offset.eq(offset + size), skip.eq(scatters & gathers)]
                    with m.If(exchange):
                        m.next = "ROWS"
                with m.Elif(exchange & (distance != last_distance)):
                    m.d.sync += distance.eq(distance + 1)
                    m.next = "PART"
                with m.Elif(exchange & (group != last_group)):
                    m.d.comb += own_part.advance.eq(1)
                    m.d.sync += [group.eq(group + 1), distance.eq(0)]
                    m.next = "NEXT"
                with m.Else():
                    m.d.sync += finish.eq(1)
                    m.next = "ISSUE"
                    with m.If(out.receive_rows == 0):
                        m.next = "IDLE"
            with m.State("PART"):  # one half of a part travels half the ring in each direction
                half = even & (distance == last_distance)
                low = o.rows >> 1
                m.d.sync += [offset.eq(Mux(half & o.reverse, low, 0)), end.eq(Mux(half & ~o.reverse, low, o.rows))]
                m.d.comb += advance.eq(1)
                m.next = "ROWS"
                with m.If(half & ~o.reverse & (low == 0)):
                    m.d.sync += [offset.eq(0), end.eq(0)]
                    m.next = "NEXT"
        m.d.comb += self.busy.eq(~states.ongoing("IDLE"))
        return m


class NodePointer(Component):
    """Node pointer: steps from node to node, along a ring or straight in one dimension; drives the first row of a part.

    `load` sets it to node `place`, whose part begins at row `first`; `advance` moves it by one node: by +1 if
    `forward`, else by -1. `axis` is the dimension if `straight`, else the ring. Latency 1.
    """

    class Parameters(Parameters):
        forward: bool
        rings: Rings
        addr_width: int

    @staticmethod
    def members(p):
        place = place_of(p.rings)
        return {
            "straight": In(1),
            "axis": In(1),
            **dict.fromkeys(STEPS, In(p.addr_width)),
            "load": In(1),
            "place": In(place),
            "first": In(p.addr_width),
            "advance": In(1),
            "current": Out(place),
            "addr": Out(p.addr_width),
        }

    def elaborate(self, platform):
        m = Module()
        r, current, forward = self.p.rings, self.current, self.p.forward
        beyond = {name: Signal.like(current[name], name=f"{name}_beyond") for name in ("x", "y", "sum")}
        edges = {}
        for name, size in (("x", r.k), ("y", r.l), ("sum", r.period)):
            edge, other, step = (size - 1, 0, 1) if forward else (0, size - 1, -1)
            edges[name] = current[name] == edge
            m.d.comb += beyond[name].eq(Mux(edges[name], other, current[name] + step))
        along_y = 0
        if r.count > 1:
            along_y = self.axis ^ Mux(self.straight, 0, (current.sum if forward else beyond["sum"]) >= r.straight)
        part_step = Mux(
            along_y,
            Mux(edges["y"], self.round_y, self.step_y),
            Mux(edges["x"], self.round_x, self.step_x),
        )
        subtract = Mux(along_y, edges["y"], edges["x"]) ^ (not forward)
        with m.If(self.load):
            m.d.sync += [current.eq(self.place), self.addr.eq(self.first)]
        with m.Elif(self.advance):
            m.d.sync += [
                self.addr.eq(Mux(subtract, self.addr - part_step, self.addr + part_step)),
                current.sum.eq(beyond["sum"]),
            ]
            with m.If(along_y):
                m.d.sync += current.y.eq(beyond["y"])
            with m.Else():
                m.d.sync += current.x.eq(beyond["x"])
        return m
