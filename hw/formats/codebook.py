"""Codebook: weights are indices into a small table, which is transferred with them."""

from amaranth.hdl import Cat, Module, Shape
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In

from .decoder import Decoder, DecoderParameters

BITS = 4
"""Bits of an index, and of the part of the table that a lane receives per beat."""
ENTRY = 16


class CodebookDecoder(Decoder):
    """operands[0] = table[codes[0]]: 16 entries of 16 bits, signed; each lane has its own table.

    With `write`, the code is four bits of the table, at `place`: bits 4 k to 4 k + 3 of entry e are written at place
    4 e + k. A reset leaves the table as it is, with the parts that were written.

    Latency 0; a write is visible in the next cycle. Area: 16 words of 16 bits in distributed memory.
    Source: S. Han et al., EIE, ISCA 2016.
    """

    class Parameters(DecoderParameters):
        @property
        def bits(self):
            return BITS

        @property
        def operand(self):
            return Shape(ENTRY, signed=True)

        @property
        def user(self):
            return 1

        @property
        def table(self):
            return (1 << BITS) * (ENTRY // BITS)

    @staticmethod
    def members(p):
        ports = Decoder.members(p)
        return {"codes": ports["codes"], "write": In(1), "place": In(range(p.table)), "operands": ports["operands"]}

    def elaborate(self, platform):
        m = Module()
        parts = ENTRY // BITS
        words = []
        for part in range(parts):
            m.submodules[f"part{part}"] = memory = Memory(shape=BITS, depth=1 << BITS, init=[])
            read, write = memory.read_port(domain="comb"), memory.write_port()
            m.d.comb += [
                read.addr.eq(self.codes[0]),
                write.addr.eq(self.place // parts),
                write.data.eq(self.codes[0]),
                write.en.eq(self.write & (self.place % parts == part)),
            ]
            words.append(read.data)
        m.d.comb += self.operands.as_value().eq(Cat(words))
        return m
