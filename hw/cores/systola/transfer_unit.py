"""Transfer unit of LOAD and STORE: configuration registers and commands become descriptors of a DMA engine."""

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ...accelerator.contract import FAULT, PC_WIDTH
from ...bundle import Bundle
from ...component import Component, Parameters, place
from ...dma.descriptor import COUNT_WIDTH, DmaCode, DmaParameters, checked, outcome
from ...dma.descriptor_check import DescriptorCheck
from ...issue.command import command_queue, commands, settings
from ...stream.buffer import StreamBuffer
from .isa import ISA, Error, Op, Setting

IN_FLIGHT = 4
"""Maximum number of descriptors in the engine."""


class TransferUnit(Component):
    """Transfer unit: the loads, or the stores, of a program; each command is a descriptor, checked before its issue.

    `box` and `ended` go to a `Load` or `Store` of the DMA engine. `done`, for one cycle: a command has ended. `fault`:
    its descriptor was rejected, or the bus reported an error. While `stop` is high no transfer begins; `idle`: the
    engine has no command.

    Latency from command to box: dims + 6. Initiation interval dims + 4. Area: the configuration registers, a queue, a
    check.
    """

    class Parameters(Parameters):
        dma: DmaParameters
        store: bool
        queue: int

    @staticmethod
    def members(p):
        return {
            "command": In(commands(ISA)),
            "stop": In(1),
            "box": Out(stream.Signature(checked(p.dma))),
            "ended": In(stream.Signature(outcome(p.dma))),
            "done": Out(1),
            "idle": Out(1),
            "fault": Out(FAULT),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p.dma
        command = command_queue(m, platform, ISA, self.command, self.p.queue)
        name = "STORE" if self.p.store else "LOAD"

        def shapes():
            yield Setting[f"{name}_SIZE"], 3
            if p.padding:
                yield Setting.LOAD_VALUE, 8
            for d in range(p.dims):
                yield Setting[f"{name}_COUNT{d}"], COUNT_WIDTH
                yield Setting[f"{name}_BUS_STRIDE{d}"], signed(32)
                yield Setting[f"{name}_LOCAL_STRIDE{d}"], signed(p.local_width + 1)
                if p.padding:
                    yield Setting[f"LOAD_PAD{d}"], 16

        get = settings(m, ISA, command, dict(shapes()))
        check = place(m, platform, "check", DescriptorCheck, **dict(p))
        box = check.i.payload
        m.d.comb += [
            box.store.eq(self.p.store),
            box.bus_addr.eq(command.payload.a),
            box.local_addr.eq(command.payload.b),
            box.size.eq(get[Setting[f"{name}_SIZE"]]),
        ]
        for d in range(p.dims):
            m.d.comb += [
                box[f"{field}{d}"].eq(get[Setting[f"{name}_{field.upper()}{d}"]])
                for field in ("count", "bus_stride", "local_stride")
            ]
            if p.padding:
                m.d.comb += [
                    box[f"before{d}"].eq(get[Setting[f"LOAD_PAD{d}"]][:8]),
                    box[f"after{d}"].eq(get[Setting[f"LOAD_PAD{d}"]][8:]),
                ]
        if p.padding:
            m.d.comb += box.value.eq(get[Setting.LOAD_VALUE].replicate(p.bytes))

        # One descriptor is checked at a time; its number is stored separately.
        pc = Signal(PC_WIDTH, reset_less=True)
        out_of_range = Signal(reset_less=True)  # begins outside the local memory
        transfers = command.payload.op != Op.SET
        m.d.comb += [
            check.i.valid.eq(command.valid & transfers & ~self.stop),
            command.ready.eq(~transfers | check.i.ready & ~self.stop),
        ]
        with m.If(check.i.valid & check.i.ready):
            m.d.sync += [pc.eq(command.payload.pc), out_of_range.eq(command.payload.b[p.local_width :].any())]

        numbers = place(
            m, platform, "numbers", StreamBuffer, payload=Bundle({"pc": PC_WIDTH}), depth=IN_FLIGHT, style="distributed"
        )
        outstanding = Signal(range(IN_FLIGHT + 1))
        issued = Signal()
        legal = Signal()
        rejected = Signal()
        m.d.comb += [
            legal.eq(check.o.payload.legal & ~out_of_range),
            self.box.payload.eq(check.o.payload.box),
            self.box.valid.eq(check.o.valid & legal & numbers.space & ~self.stop),
            issued.eq(self.box.valid & self.box.ready),
            rejected.eq(check.o.valid & ~legal & ~self.stop),
            check.o.ready.eq(issued | rejected),
            numbers.reserve.eq(issued),
            numbers.write.valid.eq(issued),
            numbers.write.payload.pc.eq(pc),
            self.ended.ready.eq(numbers.o.valid),
            self.done.eq(self.ended.valid & self.ended.ready),
            numbers.o.ready.eq(self.done),
            self.idle.eq(outstanding == 0),
        ]
        m.d.sync += outstanding.eq(outstanding + issued - self.done)

        m.d.sync += self.fault.valid.eq(0)
        with m.If(rejected):
            m.d.sync += [
                self.fault.valid.eq(1),
                self.fault.code.eq(Error.DESCRIPTOR),
                self.fault.detail.eq(check.o.payload.code),
                self.fault.pc.eq(pc),
            ]
            with m.If(out_of_range):
                m.d.sync += [self.fault.code.eq(Error.RANGE), self.fault.detail.eq(0)]
        with m.If(self.done & self.ended.payload.failed):
            m.d.sync += [
                self.fault.valid.eq(1),
                self.fault.code.eq(Error.BUS),
                self.fault.detail.eq(DmaCode.SLVERR | self.ended.payload.decerr),
                self.fault.pc.eq(numbers.o.payload.pc),
            ]
        return m
