"""AXI4 multiplexer: several masters on one bus."""

from typing import Literal

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..component import Component, Parameters, place
from ..stream.matrix_arbiter import MatrixArbiter
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .axi import Axi4


class AxiMux(Component):
    """AXI4 multiplexer: masters `s0_axi`, `s1_axi`, ... share the bus `m_axi`.

    Read and write addresses are arbitrated separately. With priority "fixed" a lower-numbered master precedes a higher
    one, which may starve; with "round_robin" an address waits for at most one address of each other master.

    An address carries the number of its master above the `id_width` bits of the master's own ID, and responses are
    routed by that number. Beats of different masters may therefore interleave, and those of one master keep the order
    in which the slave returns them. With `id_width` 0 the masters' IDs are not kept: each master receives its responses
    in the order of its addresses, with ID 0.

    Write data follow the order in which their addresses were granted; up to `outstanding` bursts may be granted before
    their data have passed. A master that has been granted a write and withholds its data stalls the writes of all
    masters.

    Latency of an address 1, of data and responses 0; initiation interval 1. There is no combinational path between the
    two sides of an address channel. Data and responses are combinational: valid and payload forwards, ready backwards.
    Area: two addresses per direction, masters x (masters - 1) / 2 flip-flops per round-robin arbiter, a multiplexer of
    write data.

    Source: ARM IHI 0022, AMBA AXI and ACE protocol specification, A5 (transaction identifiers).
    """

    class Parameters(Parameters):
        masters: int = Field(ge=2, le=64)
        data_width: int
        addr_width: int = 32
        id_width: int = Field(0, ge=0, le=16)
        priority: Literal["fixed", "round_robin"] = "round_robin"
        reads: bool = True
        writes: bool = True
        outstanding: int = Field(8, ge=1, le=256)

        @model_validator(mode="after")
        def _has_a_direction(self):
            if not self.reads and not self.writes:
                raise ValueError("writes=False: with reads=False writes must be true.")
            return self

        @property
        def tag_width(self) -> int:
            return (self.masters - 1).bit_length()

        @property
        def bus(self) -> Axi4:
            """Signature of `m_axi`."""
            width = self.tag_width + self.id_width
            return Axi4(self.addr_width, self.data_width, width, reads=self.reads, writes=self.writes)

        @property
        def master(self) -> Axi4:
            """Signature of each master."""
            width = max(1, self.id_width)
            return Axi4(self.addr_width, self.data_width, width, reads=self.reads, writes=self.writes)

    @staticmethod
    def members(p):
        return {f"s{n}_axi": In(p.master) for n in range(p.masters)} | {"m_axi": Out(p.bus)}

    def elaborate(self, platform):
        m = Module()
        masters = [getattr(self, f"s{n}_axi") for n in range(self.p.masters)]
        if self.p.reads:
            self._address(m, platform, "ar", masters, 1)
            self._respond(m, "r", masters)
        if self.p.writes:
            order = place(m, platform, "order", GrantQueue, masters=self.p.masters, depth=self.p.outstanding)
            grant, accepted = self._address(m, platform, "aw", masters, order.space)
            m.d.comb += [order.write.eq(accepted), order.grant.eq(grant)]
            self._write(m, order, masters)
            self._respond(m, "b", masters)
        return m

    def _address(self, m, platform, name, masters, space):
        """Arbitrate an address channel. Return the one-hot grant, and whether it is accepted in this cycle."""
        p, target = self.p, getattr(self.m_axi, name)
        sources = [getattr(master, name) for master in masters]
        request = Cat(source.valid for source in sources)
        grant = Signal(p.masters, name=f"{name}_grant")
        accepted = Signal(name=f"{name}_accepted")
        spill = place(m, platform, name, StreamSpill, payload=target.payload.shape())
        join(m, spill.o, target)
        m.d.comb += [spill.i.valid.eq(request.any() & space), accepted.eq(spill.i.valid & spill.i.ready)]
        if p.priority == "fixed":
            m.d.comb += grant.eq(request & ~(request - 1)[: p.masters])
        else:
            arbiter = place(
                m, platform, f"{name}_arbiter", MatrixArbiter, count=p.masters, rule="round_robin", held=True
            )
            m.d.comb += [arbiter.request.eq(request), arbiter.accepted.eq(accepted), grant.eq(arbiter.grant)]
        for n, source in enumerate(sources):
            m.d.comb += source.ready.eq(grant[n] & spill.i.ready & space)
            with m.If(grant[n]):
                m.d.comb += spill.i.payload.id.eq(Cat(source.payload.id[: p.id_width], Const(n, p.tag_width)))
                m.d.comb += [
                    spill.i.payload[field].eq(source.payload[field]) for field in ("addr", "len", "size", "burst")
                ]
        return grant, accepted

    def _respond(self, m, name, masters):
        """Route a response to the master whose number its ID contains."""
        p, source = self.p, getattr(self.m_axi, name)
        tag = source.payload.id[p.id_width :]
        for n, master in enumerate(masters):
            target = getattr(master, name)
            m.d.comb += [target.payload[field].eq(source.payload[field]) for field, _ in source.payload.shape()]
            m.d.comb += target.payload.id.eq(source.payload.id[: p.id_width])
            m.d.comb += target.valid.eq(source.valid & (tag == n))
        m.d.comb += source.ready.eq(Array(getattr(master, name).ready for master in masters)[tag])

    def _write(self, m, order, masters):
        """Forward the data of the oldest granted address."""
        target = self.m_axi.w
        for n, master in enumerate(masters):
            chosen = order.valid & order.oldest[n]
            m.d.comb += master.w.ready.eq(chosen & target.ready)
            with m.If(chosen):
                m.d.comb += [target.valid.eq(master.w.valid), target.payload.eq(master.w.payload)]
        m.d.comb += order.read.eq(target.valid & target.ready & target.payload.last)


class GrantQueue(Component):
    """Queue of granted writes: `grant` is pushed by `write` while there is `space`, `oldest` is popped by `read`.

    Latency 1, initiation interval 1. `space` depends on no input. Area: depth x masters bits of distributed memory.
    """

    class Parameters(Parameters):
        masters: int
        depth: int

    @staticmethod
    def members(p):
        return {
            "write": In(1),
            "grant": In(p.masters),
            "space": Out(1),
            "read": In(1),
            "oldest": Out(p.masters),
            "valid": Out(1),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        m.submodules.ring = ring = Memory(shape=p.masters, depth=p.depth, init=[])
        write, read = ring.write_port(), ring.read_port(domain="comb")
        count = Signal(range(p.depth + 1))
        m.d.comb += [
            write.data.eq(self.grant),
            write.en.eq(self.write),
            self.oldest.eq(read.data),
            self.valid.eq(count != 0),
            self.space.eq(count != p.depth),
        ]
        for port, moves in ((write, self.write), (read, self.read)):
            with m.If(moves):
                m.d.sync += port.addr.eq(Mux(port.addr == p.depth - 1, 0, port.addr + 1))
        m.d.sync += count.eq(count + self.write - self.read)
        return m
