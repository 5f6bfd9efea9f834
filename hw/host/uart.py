"""The UART: bytes on two wires."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..component import Component, Parameters

BITS = 10
"""Of a byte on the wire: start, eight of data, the lowest first, stop."""


class Uart(Component):
    """UART, 8N1: bytes from `send` leave on `tx`, bytes that come on `rx` leave by `receive`; `divisor` cycles a bit.

    The rate is clock / divisor bits a second. A bit that comes is sampled in its middle: the other side's clock may be
    off by 1 / 20 less 1 / (10 divisor). A start bit that is gone by its middle is none, a byte without its stop bit is
    dropped.

    Latency: `tx` starts in the cycle after a byte was taken; a byte that came is in `receive` 3 cycles after the middle
    of its stop bit (2 of them bring `rx` into the clock's domain). Initiation interval: 10 divisor cycles each way, at
    the same time; bytes that wait leave without a pause between.

    Back-pressure: on `send`. On a wire there is none: a byte that comes while `receive` still holds the one before
    is lost. No output depends combinationally on an input.

    Area: two bytes of shift registers, one of output, two counters of log2 divisor bits.

    Source: the frame is that of TIA-232 and every UART since; sampling in the middle as in the 8250.
    """

    unit = "byte"
    peak = 2
    latency = 1

    class Parameters(Parameters):
        divisor: int = Field(12, ge=4, le=65535, description="clock cycles of a bit")

    @staticmethod
    def members(p):
        return {"rx": In(1), "tx": Out(1, init=1), "send": In(stream.Signature(8)), "receive": Out(stream.Signature(8))}

    def elaborate(self, platform):
        m = Module()
        self._send(m)
        self._receive(m)
        return m

    def _send(self, m):
        shift = Signal(BITS, name="tx_shift", init=-1)
        bits_left = Signal(range(BITS + 1), name="tx_bits_left")  # bits, the present one included
        tick = Signal(range(self.p.divisor), name="tx_tick")
        m.d.comb += [self.tx.eq(shift[0]), self.send.ready.eq((bits_left <= 1) & (tick == 0))]
        with m.If(self.send.ready):
            m.d.sync += bits_left.eq(0)
            with m.If(self.send.valid):
                m.d.sync += [
                    shift.eq(Cat(Const(0, 1), self.send.payload, Const(1, 1))),
                    bits_left.eq(BITS),
                    tick.eq(self.p.divisor - 1),
                ]
        with m.Elif(tick == 0):
            m.d.sync += [
                shift.eq(Cat(shift[1:], Const(1, 1))),
                bits_left.eq(bits_left - 1),
                tick.eq(self.p.divisor - 1),
            ]
        with m.Else():
            m.d.sync += tick.eq(tick - 1)

    def _receive(self, m):
        level = Signal(init=1)
        m.submodules.into_domain = FFSynchronizer(self.rx, level, init=1)
        shift = Signal(8, name="rx_shift", reset_less=True)
        bits_left = Signal(range(BITS + 1), name="rx_bits_left")
        tick = Signal(range(self.p.divisor), name="rx_tick")
        byte = Signal(8, reset_less=True)
        m.d.comb += self.receive.payload.eq(byte)
        with m.If(self.receive.ready):
            m.d.sync += self.receive.valid.eq(0)
        with m.If(bits_left == 0):
            m.d.sync += [bits_left.eq(Mux(level, 0, BITS)), tick.eq(self.p.divisor // 2 - 1)]
        with m.Elif(tick == 0):
            m.d.sync += [
                shift.eq(Cat(shift[1:], level)),
                bits_left.eq(Mux((bits_left == BITS) & level, 0, bits_left - 1)),
                tick.eq(self.p.divisor - 1),
            ]
            with m.If((bits_left == 1) & level & (~self.receive.valid | self.receive.ready)):
                m.d.sync += [byte.eq(shift), self.receive.valid.eq(1)]
        with m.Else():
            m.d.sync += tick.eq(tick - 1)
