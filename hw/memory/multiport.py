"""Multi-port memory without banks: every port is served in every cycle, independently of the others."""

from functools import reduce
from itertools import pairwise
from operator import or_, xor

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..stream.buffer import SLICE
from .access import port

WRITE = 2
"""Cycles from a request to the write of its word."""
LATENCY = 2


class Multiport(Component):
    """Multi-port memory: in every cycle each of `ports` ports reads or writes any of `depth` words of `width` bits.

    Port i accepts `port{i}_req` (`addr` below `depth`; `write`, and then `data` and one `strobe` bit per byte to be
    written) and returns the data of reads, in order, in `port{i}_rsp` (`data`). A read includes all writes accepted in
    earlier cycles, and none of those accepted in the same cycle. If several ports write one byte in one cycle, the
    highest-numbered port wins. All words are 0 at power-up. It can replace a banked memory with the same ports; it has
    no conflicts.

    Latency 2 from request to response. Initiation interval 1 at every port. Back-pressure: none; a port is always ready
    and its responses must always be accepted. Area: ports x ports memories of depth x width bits, each with an output
    register of `width` bits; about 2.5 x ports x ports address comparators; 3 x ports LUTs for each bit of each port.

    A word is the XOR of the contents of one memory per port: a port writes its own memory so that the XOR of all is
    the new word. This requires the contents of the other memories; every port has copies of all of them for its reads
    anyway, which are idle while it writes. A table of the last writer (live value table) would need the same
    ports x ports copies and the table in addition: at 512 words, thousands of flip-flops and a 512-input multiplexer
    per port, or ports x ports further memories.

    Source: C. LaForest, M. Liu, E. Rapati and J. G. Steffan, Multi-ported Memories for FPGAs via XOR, FPGA 2012;
    LaForest and Steffan, Efficient Multi-ported Memories for FPGAs, FPGA 2010 (tables).
    """

    class Parameters(Parameters):
        ports: int = Field(2, ge=1, le=8, description="accesses per cycle")
        width: int = Field(32, ge=8, le=4096, description="bits of a word, a multiple of 8")
        depth: int = Field(512, ge=2, le=65536, description="words")

        @model_validator(mode="after")
        def _bytes(self):
            if self.width % 8:
                raise ValueError(f"width={self.width}: width must be a multiple of 8.")
            return self

        @property
        def addr_width(self) -> int:
            return (self.depth - 1).bit_length()

    unit = "access"
    latency = LATENCY

    @staticmethod
    def members(p):
        ports = (port(f"port{n}", p.addr_width, p.width, always_ready=True) for n in range(p.ports))
        return reduce(or_, ports)

    @property
    def peak(self) -> int:
        return self.p.ports

    def elaborate(self, platform):
        m = Module()
        p = self.p
        streams = [getattr(self, f"port{n}_req") for n in range(p.ports)]
        requests = [each.payload for each in streams]
        m.d.comb += [each.ready.eq(1) for each in streams]

        # Words in flight to memory.
        addresses = Lanes(p.addr_width, p.ports)
        write = [Signal(p.ports, name=f"write{n}") for n in range(1 + WRITE)]
        addr = [Signal(addresses, name=f"addr{n}") for n in range(1 + WRITE)]
        m.d.comb += [
            write[0].eq(Cat(each.valid & each.payload.write for each in streams)),
            addr[0].as_value().eq(Cat(each.addr for each in requests)),
        ]
        for each in (write, addr):
            m.d.sync += [after.eq(before) for before, after in pairwise(each)]

        # Of several writes to one byte in one cycle only the last one is executed.
        strobes = []
        for n, request in enumerate(requests):
            later_ports = range(n + 1, p.ports)
            overridden = [
                Mux(write[0][o] & (requests[o].addr == request.addr), requests[o].strobe, 0) for o in later_ports
            ]
            strobe = Signal(p.width // 8, name=f"strobe{n}")
            m.d.comb += strobe.eq(request.strobe & ~reduce(or_, overridden, 0))
            strobes.append(strobe)

        # Location of the contents of each memory for each port: the latest of two writes in flight, else memory.
        sources = []
        for n, request in enumerate(requests):
            for o in range(p.ports):
                near = Signal(name=f"near{n}_{o}")
                far = Signal(name=f"far{n}_{o}")
                m.d.comb += [
                    near.eq(write[1][o] & (addr[1][o] == request.addr)),
                    far.eq(write[2][o] & (addr[2][o] == request.addr)),
                ]
                sources.append(Cat(near, far & ~near, ~(far | near)))

        words = []
        for start in range(0, p.width, SLICE):
            stop = min(p.width, start + SLICE)
            part = place(m, platform, f"bits{start}", MultiportBits, ports=p.ports, width=stop - start, depth=p.depth)
            m.d.comb += [
                part.addr.eq(addr[0]),
                part.write.eq(write[0]),
                part.data.as_value().eq(Cat(each.data[start:stop] for each in requests)),
                part.strobe.as_value().eq(Cat(each[start // 8 : stop // 8] for each in strobes)),
                part.source.as_value().eq(Cat(sources)),
            ]
            words.append(part.word)

        read = [Signal(LATENCY, name=f"read{n}") for n in range(p.ports)]
        for n in range(p.ports):
            response = getattr(self, f"port{n}_rsp")
            m.d.sync += read[n].eq(Cat(streams[n].valid & ~requests[n].write, read[n]))
            m.d.comb += [response.valid.eq(read[n][-1]), response.payload.data.eq(Cat(each[n] for each in words))]
        return m


class MultiportBits(Component):
    """Slice of a multi-port memory's words, at most :data:`SLICE` bits, with every memory for them.

    Inputs per port, in the cycle of its request: `addr`, `write`, `data`, `strobe` (the bytes to be written), and for
    each port's memory the `source` of its contents at `addr`: that port's write 1 or 2 cycles earlier (bits 0 and 1),
    or memory (bit 2). Two cycles later `word` holds the result.
    """

    class Parameters(Parameters):
        ports: int
        width: int
        depth: int

    @staticmethod
    def members(p):
        addr_width = (p.depth - 1).bit_length()
        return {
            "addr": In(Lanes(addr_width, p.ports)),
            "write": In(p.ports),
            "data": In(Lanes(p.width, p.ports)),
            "strobe": In(Lanes(p.width // 8, p.ports)),
            "source": In(Lanes(1 + WRITE, p.ports * p.ports)),
            "word": Out(Lanes(p.width, p.ports)),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p

        def later(name, value, reset_less=True):
            register = Signal(value.shape(), name=name, reset_less=reset_less)
            m.d.sync += register.eq(value)
            return register

        data, strobe, source, addr = self.data, self.strobe, later("source1", self.source), self.addr
        write = self.write
        for n in range(1, 1 + WRITE):
            data, strobe, addr = later(f"data{n}", data), later(f"strobe{n}", strobe), later(f"addr{n}", addr)
            write = later(f"write{n}", write, reset_less=False)

        # The word each port writes to its own memory, and the one it wrote in the previous cycle.
        own = [Signal(p.width, name=f"own{o}") for o in range(p.ports)]
        before = [later(f"before{o}", own[o]) for o in range(p.ports)]
        words = []
        for n in range(p.ports):
            stored, forwarded = [], []  # contents of each port's memory: one of the two, the other is 0
            for o in range(p.ports):
                copy = place(m, platform, f"copy{n}_{o}", ReplicaMemory, width=p.width, depth=p.depth)
                m.d.comb += [
                    copy.write_addr.eq(addr[o]),
                    copy.write_data.eq(own[o]),
                    copy.write.eq(write[o]),
                    copy.read_addr.eq(self.addr[n]),
                ]
                near, far, memory = source[n * p.ports + o]
                stored.append(later(f"stored{n}_{o}", Mux(memory, copy.read_data, 0)))
                forwarded.append(Mux(near, own[o], 0) | Mux(far, before[o], 0))
            own_value = Signal(p.width, name=f"own_value{n}")
            other_values = Signal(p.width, name=f"other_values{n}")
            m.d.comb += [
                own_value.eq(stored.pop(n) ^ later(f"forwarded_own{n}", forwarded.pop(n))),
                other_values.eq(
                    reduce(xor, stored, later(f"forwarded_others{n}", reduce(xor, forwarded, Const(0, p.width))))
                ),
            ]
            for byte in range(p.width // 8):
                at = slice(8 * byte, 8 * byte + 8)
                m.d.comb += own[n][at].eq(Mux(strobe[n][byte], data[n][at] ^ other_values[at], own_value[at]))
            words.append(own_value ^ other_values)
        m.d.comb += self.word.as_value().eq(Cat(words))
        return m


class ReplicaMemory(Component):
    """Copy of one port's memory for the reads of another port.

    The result of a read that overlaps with a write to the same address is never used: the reader forwards that word
    from the write instead. Synthesis need not guard against it (`no_rw_check`).
    """

    class Parameters(Parameters):
        width: int
        depth: int

    @staticmethod
    def members(p):
        addr_width = (p.depth - 1).bit_length()
        return {
            "write_addr": In(addr_width),
            "write_data": In(p.width),
            "write": In(1),
            "read_addr": In(addr_width),
            "read_data": Out(p.width),
        }

    def elaborate(self, platform):
        m = Module()
        style = {"no_rw_check": 1, "ram_style": "block"}
        m.submodules.words = words = Memory(shape=self.p.width, depth=self.p.depth, init=[], attrs=style)
        store = words.write_port()
        fetch = words.read_port()
        m.d.comb += [
            store.addr.eq(self.write_addr),
            store.data.eq(self.write_data),
            store.en.eq(self.write),
            fetch.addr.eq(self.read_addr),
            self.read_data.eq(fetch.data),
        ]
        return m
