"""UART, 8N1."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..component import Component, Parameters

BITS = 10
"""Bits per byte on the wire: start, eight of data, the lowest first, stop."""


class Uart(Component):
    """UART, 8N1: bytes from `send` leave on `tx`, bytes received on `rx` leave by `receive`; `divisor` cycles per bit.

    The rate is clock / divisor bits per second. A received bit is sampled in its middle: the other side's clock may be
    off by 1 / 20 less 1 / (10 divisor). A start bit that has ended by its middle is ignored; a byte without its stop
    bit is dropped. A byte starts only with a falling edge after reset: a break, or a line that is low through reset,
    yields no byte, and the next byte is received once the line has been high.

    Latency: `tx` starts in the cycle after a byte was accepted; a received byte is in `receive` 3 cycles after the
    middle of its stop bit (2 of them synchronise `rx`). Initiation interval: 10 divisor cycles in each direction,
    concurrently; queued bytes are sent without a pause between them.

    Back-pressure: on `send`. There is none on the wire: a byte that arrives while `receive` still holds the previous
    one is lost. No output depends combinationally on an input.

    Area: two bytes of shift registers, one of output, three registers for `rx`, two counters of log2 divisor bits.

    Source: the frame format is that of TIA-232; sampling in the middle of a bit as in the 8250.
    """

    unit = "byte"
    peak = 2
    latency = 1

    class Parameters(Parameters):
        divisor: int = Field(12, ge=4, le=65535, description="clock cycles per bit")

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
        remaining = Signal(range(BITS + 1), name="tx_remaining")  # remaining bits, including the current one
        tick = Signal(range(self.p.divisor), name="tx_tick")
        m.d.comb += [self.tx.eq(shift[0]), self.send.ready.eq((remaining <= 1) & (tick == 0))]
        with m.If(self.send.ready):
            m.d.sync += remaining.eq(0)
            with m.If(self.send.valid):
                m.d.sync += [
                    shift.eq(Cat(Const(0, 1), self.send.payload, Const(1, 1))),
                    remaining.eq(BITS),
                    tick.eq(self.p.divisor - 1),
                ]
        with m.Elif(tick == 0):
            m.d.sync += [
                shift.eq(Cat(shift[1:], Const(1, 1))),
                remaining.eq(remaining - 1),
                tick.eq(self.p.divisor - 1),
            ]
        with m.Else():
            m.d.sync += tick.eq(tick - 1)

    def _receive(self, m):
        level = Signal()  # low in reset, so the first falling edge follows a line that was high
        previous = Signal()
        m.submodules.into_domain = FFSynchronizer(self.rx, level, init=0, reset_less=False)
        m.d.sync += previous.eq(level)
        shift = Signal(8, name="rx_shift", reset_less=True)
        remaining = Signal(range(BITS + 1), name="rx_remaining")
        tick = Signal(range(self.p.divisor), name="rx_tick")
        byte = Signal(8, reset_less=True)
        m.d.comb += self.receive.payload.eq(byte)
        with m.If(self.receive.ready):
            m.d.sync += self.receive.valid.eq(0)
        with m.If(remaining == 0):
            m.d.sync += [remaining.eq(Mux(previous & ~level, BITS, 0)), tick.eq(self.p.divisor // 2 - 1)]
        with m.Elif(tick == 0):
            m.d.sync += [
                shift.eq(Cat(shift[1:], level)),
                remaining.eq(Mux((remaining == BITS) & level, 0, remaining - 1)),
                tick.eq(self.p.divisor - 1),
            ]
            with m.If((remaining == 1) & level & (~self.receive.valid | self.receive.ready)):
                m.d.sync += [byte.eq(shift), self.receive.valid.eq(1)]
        with m.Else():
            m.d.sync += tick.eq(tick - 1)
