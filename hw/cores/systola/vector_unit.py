"""Vector unit of a core: QUANT, TABLE and VECTOR, between accumulators and scratchpad."""

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ...accelerator.contract import FAULT
from ...bundle import Bundle
from ...component import Component, Parameters, place
from ...issue.command import COUNT, command_queue, commands, flag, settings
from ...issue.unit import load_box, report_fault, within
from ...memory.access import Read, Request
from ...memory.address_generator import AddressGenerator
from ...memory.reader import Reader
from ...stream.buffer import StreamBuffer
from ...stream.packet import join
from ...stream.resize import StreamResize
from ...stream.skid import StreamSkid
from .isa import ISA, RECORD, Error, Op, Setting
from .vector_lanes import SCALE, TABLE, LanesParameters, VectorLanes

SETTLE = 10
"""Maximum cycles from the acceptance of a write by a scratchpad to its execution."""

ELEMENT = Bundle({"first": 1, "end": 1, "last": 1})


class VectorParameters(Parameters):
    size: int
    activation: Shape
    rounding: str
    table: bool
    activation_words: int
    weight_words: int
    accumulators: int
    queue: int

    @property
    def lanes(self) -> dict:
        return {name: getattr(self, name) for name in LanesParameters.model_fields}

    @property
    def widths(self) -> dict[str, int]:
        """Bits of addresses."""
        words = {"act": self.activation_words, "wgt": self.weight_words, "sums": self.accumulators}
        return {name: (count - 1).bit_length() for name, count in words.items()}


class VectorUnit(Component):
    """Vector unit: QUANT, QUANT_CHANNEL, TABLE and VECTOR, one after the other.

    `sums`, `a` and `b` read accumulators and activations, `wgt` reads weights: constants, or the second source of a
    VECTOR. `write` writes activations. `done`, for one cycle: a command has ended, and its results can be read. `busy`:
    a row enters the lanes.

    A VECTOR takes one cycle per element of its windows, and about 35 cycles in addition. Equal commands in succession
    take, with a scratchpad of latency 2: QUANT size + 10 cycles, QUANT_CHANNEL size + 25 at most, TABLE
    256 + 256 / size + 4. Area: the lanes, four address generators, a buffer of results.
    """

    Parameters = VectorParameters

    @staticmethod
    def members(p):
        word, widths = 8 * p.size, p.widths

        def port(width, bits):
            return Out(stream.Signature(Request(width, bits))), In(stream.Signature(Read(bits)))

        ports = {"sums": port(widths["sums"], 4 * word), "a": port(widths["act"], word), "b": port(widths["act"], word)}
        ports["wgt"] = port(widths["wgt"], word)
        members = {f"{name}_{end}": both[n] for name, both in ports.items() for n, end in enumerate(("req", "rsp"))}
        return members | {
            "command": In(commands(ISA)),
            "write": Out(stream.Signature(Request(widths["act"], word))),
            "done": Out(1),
            "busy": Out(1),
            "fault": Out(FAULT),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        widths = p.widths
        command = command_queue(m, platform, ISA, self.command, p.queue)
        width = max(widths.values()) + 2
        counts = [Setting.WINDOW_X, Setting.WINDOW_Y, Setting.POINTS_X, Setting.POINTS_Y]
        strides = [Setting[f"{end}_{d}"] for end, ds in STRIDES.items() for d in ds]
        scales = dict.fromkeys((Setting.SCALE_A, Setting.SCALE_B), signed(SCALE))
        shapes = dict.fromkeys(counts, COUNT) | dict.fromkeys(strides, signed(width)) | scales
        get = settings(m, ISA, command, shapes)

        current = Signal(command.payload.shape(), reset_less=True)  # the current command
        begin = Signal()  # it begins
        end = Signal()  # it has ended
        work = {op: Signal(name=f"{op.name.lower()}_works") for op in (Op.QUANT, Op.QUANT_CHANNEL, Op.TABLE, Op.VECTOR)}
        working = Cat(work.values()).any()
        m.d.comb += command.ready.eq(~working & ~begin)
        accepts = Signal()
        m.d.comb += accepts.eq(command.valid & command.ready & (command.payload.op != Op.SET))
        m.d.sync += begin.eq(accepts)
        with m.If(accepts):
            m.d.sync += current.eq(command.payload)
            m.d.sync += [works.eq(command.payload.op == op) for op, works in work.items()]
        with m.If(end):
            m.d.sync += [works.eq(0) for works in work.values()]
        ended = Signal(SETTLE)
        m.d.sync += ended.eq(Cat(end, ended))
        m.d.comb += self.done.eq(ended[-1])

        lanes = place(m, platform, "lanes", VectorLanes, **p.lanes)
        word = 8 * p.size
        reader = place(m, platform, "weights", Reader, addr_width=widths["wgt"], width=word, tag=Bundle({"unused": 1}))
        join(m, reader.req, self.wgt_req)
        join(m, self.wgt_rsp, reader.rsp)
        quantised, table_loaded = self._constants(m, platform, current, begin, work, lanes, reader)
        stored, causes = self._operation(m, platform, current, begin, work[Op.VECTOR], get, lanes, reader, width)
        m.d.comb += end.eq(quantised | table_loaded | stored)
        report_fault(m, self.fault, causes)
        return m

    def _constants(self, m, platform, current, begin, work, lanes, reader):
        """Write the settings of requantisation, and the table, to the lanes. Return when either is complete."""
        p = self.p
        word, addr_width = 8 * p.size, self.p.widths["wgt"]
        channel, table = work[Op.QUANT_CHANNEL], work[Op.TABLE]
        reads = Signal(range(max(RECORD, TABLE // p.size) + 1))
        addr = Signal(addr_width, reset_less=True)
        m.d.comb += [reader.i.valid.eq(reads != 0), reader.i.payload.addr.eq(addr)]
        with m.If(begin & (channel | table if p.table else channel)):
            m.d.sync += [addr.eq(current.a), reads.eq(Mux(table, TABLE // p.size, RECORD))]
        with m.Elif((reads != 0) & reader.i.ready):
            m.d.sync += [addr.eq(addr + 1), reads.eq(reads - 1)]

        to = {}
        for name, works, bits in (("records", channel, 8 * RECORD), ("bytes", table, 8)):
            if name == "bytes" and not p.table:
                continue
            to[name] = each = place(m, platform, name, StreamResize, i_width=word, o_width=bits)
            m.d.comb += [each.i.valid.eq(reader.o.valid & works), each.i.payload.eq(reader.o.payload.data)]
            with m.If(works):
                m.d.comb += reader.o.ready.eq(each.i.ready)

        lane = Signal(range(p.size))
        change, record = lanes.set.payload, to["records"].o.payload
        quantised = Signal()
        sets = Signal()  # lanes are being set
        with m.If(begin & (work[Op.QUANT] | channel)):
            m.d.sync += sets.eq(1)
        with m.If(quantised):
            m.d.sync += sets.eq(0)
        m.d.comb += [
            lanes.set.valid.eq(sets & (work[Op.QUANT] | to["records"].o.valid)),
            to["records"].o.ready.eq(lanes.set.ready & sets),
            change.lane.eq(lane),
            change.multiplier.eq(Mux(channel, record[:32], current.a)),
            change.bias.eq(Mux(channel, record[32:64], current.b)),
            change.shift.eq(Mux(channel, record[64:70], current.c[24:30])),
            change.zero_point.eq(current.c[:8]),
            change.low.eq(current.c[8:16]),
            change.high.eq(current.c[16:24]),
            change.last.eq(lane == p.size - 1),
            quantised.eq(lanes.set.valid & lanes.set.ready & change.last),
        ]
        with m.If(lanes.set.valid & lanes.set.ready):
            m.d.sync += lane.eq(lane + 1)

        table_loaded = Signal()
        if p.table:
            entry = Signal(range(TABLE))
            m.d.comb += [
                to["bytes"].o.ready.eq(1),
                lanes.write.enable.eq(to["bytes"].o.valid),
                lanes.write.addr.eq(entry),
                lanes.write.data.eq(to["bytes"].o.payload),
                table_loaded.eq(to["bytes"].o.valid & (entry == TABLE - 1)),
            ]
            with m.If(to["bytes"].o.valid):
                m.d.sync += entry.eq(entry + 1)
        else:
            m.d.comb += table_loaded.eq(table)
        return quantised, table_loaded

    def _operation(self, m, platform, current, begin, works, get, lanes, weights, width: int):
        """Execute VECTOR: elements into the lanes, results into the scratchpad. Return its end and its fault causes."""
        p = self.p
        word, widths = 8 * p.size, p.widths
        mode = {name: flag(ISA, current, name) for name in ("scratchpad", "add", "maximum", "table", "multiply")}
        mode["add"] |= mode["multiply"]
        m.d.comb += [lanes.mode[name].eq(value) for name, value in mode.items()]
        from_weights = works & flag(ISA, current, "weights")
        m.d.comb += [lanes.mode[each].eq(get[Setting[each.upper()]]) for each in ("scale_a", "scale_b")]
        starts = Signal()
        legal = Signal()
        counts = {d: get[Setting[f"{what}_{d[-1]}"]] for d, what in COUNTS.items()}
        m.d.sync += legal.eq(Cat(count != 0 for count in counts.values()).all())  # the settings are stable before
        m.d.comb += starts.eq(begin & works & legal)

        generators, wrong = {}, {}
        for (name, ds), base in zip(STRIDES.items(), (current.a, current.c, current.b), strict=True):
            generator = place(m, platform, name.lower(), AddressGenerator, dims=len(ds), width=width)
            m.d.comb += generator.i.valid.eq(starts & (mode["add"] if name == "SECOND" else 1))
            m.d.comb += load_box(generator, base, [(counts[d], get[Setting[f"{name}_{d}"]]) for d in ds], width)
            generators[name] = generator
            inside = within(generator.o.payload.addr, p.activation_words)
            if name == "SOURCE":
                inside = Mux(mode["scratchpad"], inside, within(generator.o.payload.addr, p.accumulators))
            if name == "SECOND":
                inside = Mux(from_weights, within(generator.o.payload.addr, p.weight_words), inside)
            wrong[name] = generator.o.valid & ~inside
        source, second, dest = generators.values()

        # Elements: from the accumulators or the scratchpad, with the second source.
        first = Signal(init=1)
        with m.If(source.o.valid & source.o.ready):
            m.d.sync += first.eq(source.o.payload.ended[:2].all())
        readers = {
            name: place(m, platform, f"read_{name}", Reader, addr_width=widths[memory], width=bits, tag=ELEMENT)
            for name, memory, bits in (("sums", "sums", 4 * word), ("a", "act", word), ("b", "act", word))
        }
        for name, reader in readers.items():
            join(m, reader.req, getattr(self, f"{name}_req"))
            join(m, getattr(self, f"{name}_rsp"), reader.rsp)
            generator = second if name == "b" else source
            selected = {"sums": ~mode["scratchpad"], "a": mode["scratchpad"], "b": ~from_weights}[name]
            tag = reader.i.payload.tag
            m.d.comb += [
                reader.i.valid.eq(generator.o.valid & selected),
                reader.i.payload.addr.eq(generator.o.payload.addr),
                tag.first.eq(first),
                tag.end.eq(generator.o.payload.ended[:2].all()),
                tag.last.eq(generator.o.payload.ended.all()),
            ]
            with m.If(selected):
                m.d.comb += generator.o.ready.eq(reader.i.ready)
        with m.If(from_weights):
            m.d.comb += [
                weights.i.valid.eq(second.o.valid),
                weights.i.payload.addr.eq(second.o.payload.addr),
                second.o.ready.eq(weights.i.ready),
            ]
        element = Signal(ELEMENT)
        operands_valid = Signal()
        space = Signal()
        enter = Signal()
        m.d.comb += [
            element.eq(Mux(mode["scratchpad"], readers["a"].o.payload.tag, readers["sums"].o.payload.tag)),
            operands_valid.eq(
                Mux(mode["scratchpad"], readers["a"].o.valid, readers["sums"].o.valid)
                & (~mode["add"] | Mux(from_weights, weights.o.valid, readers["b"].o.valid))
            ),
            enter.eq(operands_valid & space),
            readers["sums"].o.ready.eq(enter & ~mode["scratchpad"]),
            readers["a"].o.ready.eq(enter & mode["scratchpad"]),
            readers["b"].o.ready.eq(enter & mode["add"] & ~from_weights),
            lanes.x.valid.eq(enter),
            lanes.x.payload.sums.eq(readers["sums"].o.payload.data),
            lanes.x.payload.a.eq(readers["a"].o.payload.data),
            lanes.x.payload.b.eq(Mux(from_weights, weights.o.payload.data, readers["b"].o.payload.data)),
            *(lanes.x.payload[name].eq(element[name]) for name, _ in ELEMENT),
            self.busy.eq(enter),
        ]
        with m.If(from_weights):
            m.d.comb += weights.o.ready.eq(enter)

        # Results: to the scratchpad, each with its address.
        stored = Signal()
        results = place(
            m,
            platform,
            "results",
            StreamBuffer,
            payload=lanes.y.payload.shape(),
            depth=VectorLanes.latency(VectorLanes.Parameters(**p.lanes)) + 4,
            style="distributed",
        )
        beat = Bundle({"addr": widths["act"], "data": word, "hits": 1, "last": 1})
        write = place(m, platform, "write_skid", StreamSkid, payload=beat)
        beat = write.i.payload
        m.d.comb += [
            results.reserve.eq(enter & element.end),
            space.eq(results.space),
            results.write.valid.eq(lanes.y.valid),
            results.write.payload.eq(lanes.y.payload),
            write.i.valid.eq(results.o.valid & dest.o.valid),
            beat.addr.eq(dest.o.payload.addr),
            beat.data.eq(results.o.payload.data),
            beat.hits.eq(~wrong["DEST"]),
            beat.last.eq(dest.o.payload.ended.all()),
            results.o.ready.eq(write.i.ready & dest.o.valid),
            dest.o.ready.eq(write.i.ready & results.o.valid),
            self.write.valid.eq(write.o.valid),
            write.o.ready.eq(self.write.ready),
            self.write.payload.addr.eq(write.o.payload.addr),
            self.write.payload.write.eq(1),
            self.write.payload.data.eq(write.o.payload.data),
            self.write.payload.strobe.eq(write.o.payload.hits.replicate(p.size)),
        ]
        m.d.sync += stored.eq(write.o.valid & write.o.ready & write.o.payload.last)
        words = Mux(current.op == Op.TABLE, TABLE // p.size, RECORD)
        beyond = begin & ~works & (current.op != Op.QUANT) & (current.a + words > p.weight_words)
        outside = beyond | Cat(wrong.values()).any()
        causes = {Error.OPERAND: (begin & works & ~legal, current.pc), Error.RANGE: (outside, current.pc)}
        return stored, causes


STRIDES = {"SOURCE": ("KX", "KY", "X", "Y"), "SECOND": ("KX", "KY", "X", "Y"), "DEST": ("X", "Y")}
"""Address generators of a VECTOR, and their dimensions, the innermost first."""
COUNTS = {"KX": "WINDOW", "KY": "WINDOW", "X": "POINTS", "Y": "POINTS"}
