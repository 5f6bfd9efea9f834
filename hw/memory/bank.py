"""Memory bank of a scratchpad, and the one-hot multiplexer that connects ports and banks."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters


class BankAccess(Bundle):
    """Access of a bank in one cycle: `read` a row, or write the bytes of `strobe`; never both."""

    def __init__(self, rows: int, width: int):
        super().__init__({"row": (rows - 1).bit_length(), "read": 1, "strobe": width // 8, "data": width})


class Bank(Component):
    """Memory of `rows` words with one access per cycle; `word` is the result of a read, `latency` cycles later.

    A read never overlaps with a write (in each port's request one of the two is zero, and one port is granted), so
    synthesis need not guard against it: `no_rw_check`. Without `read_enable` the memory reads in every cycle; the
    result of a cycle without a request, or of one with a write, is never used. On a cell that has a write enable in
    addition to its byte enables, word lanes cost one LUT per cell that holds several bytes; byte lanes (lane=8) cost
    none, but may occupy more cells. SPRAM has one port: to show that it never reads and writes in one cycle, the read
    enable is the inverse of the write enable.

    Area: the memory alone; with latency 2 also one word of flip-flops.
    """

    class Parameters(Parameters):
        width: int
        rows: int
        latency: int = 1
        style: str = "block"
        lane: int
        read_enable: bool = False

    @staticmethod
    def members(p):
        return {"access": In(BankAccess(p.rows, p.width)), "word": Out(p.width)}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        access = self.access
        attributes = {"no_rw_check": 1} | ({} if p.style == "auto" else {"ram_style": p.style})
        found = []
        for start in range(0, p.width, p.lane):
            memory = Memory(shape=p.lane, depth=p.rows, init=[], attrs=attributes)
            m.submodules["words" if p.lane == p.width else f"byte{start // 8}"] = memory
            write = memory.write_port(granularity=8)
            read = memory.read_port()
            strobe = access.strobe[start // 8 : (start + p.lane) // 8]
            enable = access.read if p.read_enable else Const(1)
            m.d.comb += [
                write.addr.eq(access.row),
                write.data.eq(access.data[start : start + p.lane]),
                write.en.eq(strobe),
                read.addr.eq(access.row),
                read.en.eq(~strobe.any() if p.style == "huge" else enable),
            ]
            found.append(read.data)
        word = Cat(found)
        if p.latency == 2:
            word = Signal(p.width, reset_less=True)
            m.d.sync += word.eq(Cat(found))
        m.d.comb += self.word.eq(word)
        return m


class OneHotMux(Component):
    """One-hot multiplexer: o = the one of `count` inputs that `select` marks; 0 if it marks none. Latency 0."""

    class Parameters(Parameters):
        width: int
        count: int

    @staticmethod
    def members(p):
        return {"select": In(p.count), "i": In(Lanes(p.width, p.count)), "o": Out(p.width)}

    def elaborate(self, platform):
        m = Module()
        chosen = 0
        for n in range(self.p.count):
            chosen |= Mux(self.select[n], self.i[n], 0)
        m.d.comb += self.o.eq(chosen)
        return m
