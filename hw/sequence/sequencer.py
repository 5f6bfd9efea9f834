"""Sequencer: one pass per descriptor, in which every unit executes its loop nest."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out
from pydantic import model_validator

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..stream.loop_nest import LoopNest
from ..stream.packet import join


class Sequencer(Component):
    """Sequencer: one pass per descriptor, in which the loop nests of all units start together.

    `units` are (name, parameters of a :class:`.LoopNest`). A descriptor has a field with each unit's name, which is its
    nest, and any other fields; all remain valid at `fields` during the pass. A nest with count0 = 0 excludes its unit
    from the pass. Each unit has an output stream of its iterations, with its name.

    `start` is high in a pass's first cycle; the datapath raises `done` for one cycle, at any later time, once the
    results of the pass are where the next one may read them. The pass ends with `done`, or when the last nest has
    started if that is later; the next begins in the following cycle if its descriptor is available. With `stop` high
    the current pass is completed, none begins, and descriptors that arrive are dropped. `busy` is high during a pass.

    Latency: 1 from `start` to the first iterations. `descriptor.ready` follows `done` and `stop` combinationally, and
    `start` follows `descriptor.valid` and `stop`; the units' streams depend on no input combinationally. Area: the loop
    nests; the descriptor is stored in its source.
    """

    class Parameters(Parameters):
        fields: data.Layout
        units: tuple[tuple[str, LoopNest.Parameters], ...]

        @model_validator(mode="after")
        def _has_every_nest(self):
            layouts = {name: field.shape for name, field in self.fields}
            for name, unit in self.units:
                if layouts.get(name) != unit.nest:
                    raise ValueError(f"units={name}: a descriptor must have a field {name} of the layout of its nest.")
            return self

    @staticmethod
    def members(p):
        return {
            "descriptor": In(stream.Signature(Bundle({"fields": p.fields, "last": 1}))),
            "fields": Out(p.fields),
            "start": Out(1),
            "done": In(1),
            "stop": In(1),
            "busy": Out(1),
        } | {name: Out(stream.Signature(unit.iteration)) for name, unit in p.units}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        running = Signal()
        done = Signal()  # `done` is high, or was high in this pass
        was_done = Signal()
        ends = Signal()
        waiting = Signal(len(p.units))  # units whose nests have not started
        m.d.comb += [
            self.fields.eq(self.descriptor.payload.fields),
            self.start.eq(self.descriptor.valid & ~running & ~self.stop),
            self.busy.eq(running),
            done.eq(self.done | was_done),
            ends.eq(running & done & ~waiting.any()),
            self.descriptor.ready.eq(Mux(running, ends, self.stop)),
        ]
        m.d.sync += was_done.eq(running & done & ~ends)
        with m.If(self.start):
            m.d.sync += running.eq(1)
        with m.Elif(ends):
            m.d.sync += running.eq(0)
        for n, (name, unit) in enumerate(p.units):
            nest = place(m, platform, f"{name}_nest", LoopNest, **dict(unit))
            join(m, nest.o, getattr(self, name))
            begins = self.start & (self.fields[name].count0 != 0)
            m.d.comb += [nest.i.payload.eq(self.fields[name]), nest.i.valid.eq(begins | waiting[n])]
            m.d.sync += waiting[n].eq(nest.i.valid & ~nest.i.ready)
        return m
