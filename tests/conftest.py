"""Fixtures for all tests: simulation of a design in its bench, and beats through a component."""

import random
from operator import attrgetter

import pytest
from amaranth.hdl import ClockDomain, Const, Module, Shape, Value
from amaranth.lib import data
from amaranth.sim import Simulator

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate


def pytest_collection_modifyitems(items):
    """Mark the tests of suites of their own: deliberately broken designs, one build per fault, and the examples."""
    for item in items:
        if "examples" in item.path.parts:
            item.add_marker(pytest.mark.examples)
        if item.name.startswith(("test_broken_designs", "test_the_unmodified_design_passes")):
            item.add_marker(pytest.mark.broken)


@pytest.fixture(scope="session")
def check():
    """Generate a design and run random cases in its bench; fail on any mismatch, otherwise return the outcome."""

    def run(name: str, *, cases: int = 40, seed: int = 1, **parameters):
        generator = find(name)
        design = generator.design(**parameters)
        outcome, _ = simulate(design, generator.cases(design.parameters, cases, seed))
        assert outcome.cases == cases
        assert outcome.checked > 0
        assert outcome.mismatches == 0, outcome.examples
        return outcome

    return run


def pack(layout, fields: dict) -> int:
    """The bits of a payload; missing fields are 0."""
    if not isinstance(layout, data.Layout):  # a single value
        return fields["value"]
    assert fields.keys() <= dict(layout).keys()
    bits = 0
    for name, field in layout:
        value = fields.get(name, 0)
        value = pack(field.shape, value) if isinstance(value, dict) else int(value)
        bits |= (value & ((1 << field.width) - 1)) << field.offset
    return bits


def unpack(layout, bits: int) -> dict:
    """The fields of a payload."""
    fields = {}
    if not isinstance(layout, data.Layout):
        return {"value": bits}
    for name, field in layout:
        value = bits >> field.offset & ((1 << field.width) - 1)
        if isinstance(field.shape, data.Layout):
            value = unpack(field.shape, value)
        elif Shape.cast(field.shape).signed and value >> (field.width - 1):
            value -= 1 << field.width
        fields[name] = value
    return fields


def _exchange(
    component, inputs, outputs, *, pause=0.0, seed=1, react=None, watch=(), reset_at=None, extra=12, limit=30000
):
    """Send the beats of `inputs` (lists of fields) and receive the given number of beats from each of `outputs`.

    Returns all beats as (cycle, fields). A number of None receives any number of beats. `pause` is the probability, per
    cycle and stream, of a pause. `react(name, fields)` is called with every beat and may append to the lists of
    `inputs`. `watch`: ports that are recorded with the fields of each output. `reset_at`: the only cycle in which reset
    is high; nothing is sent after it, and no output may follow.

    Fails if an output withdraws an offered beat, or delivers more beats than requested within `extra` further cycles.
    """
    m = Module()
    m.domains.sync = domain = ClockDomain()
    m.submodules.component = component
    beats = {name: [] for name in (*inputs, *outputs)}

    def port(name):
        return attrgetter(name)(component)

    sources = [(name, port(name), port(name).payload.shape()) for name in inputs]
    sinks = [(name, port(name), port(name).payload.shape()) for name in outputs]
    rng = random.Random(seed)

    async def bench(ctx):
        sent = dict.fromkeys(inputs, 0)
        offered = dict.fromkeys(inputs, False)
        held = {}
        cycle, over = 0, 0
        while over < extra:
            assert cycle < limit, f"stuck: { ({name: len(each) for name, each in beats.items()}) }"
            ctx.set(domain.rst, cycle == reset_at)
            silent = reset_at is not None and cycle > reset_at
            for name, port, layout in sources:
                begins = not offered[name] and sent[name] < len(inputs[name]) and rng.random() >= pause
                if begins:
                    ctx.set(Value.cast(port.payload), pack(layout, inputs[name][sent[name]]))
                offered[name] = (offered[name] or begins) and not silent
                ctx.set(port.valid, offered[name])
            ready = {name: rng.random() >= pause for name in outputs}
            values = [port.ready for _, port, _ in sources]
            for name, port, _ in sinks:
                if not isinstance(port.ready, Const):
                    ctx.set(port.ready, ready[name])
                ready[name] |= isinstance(port.ready, Const)
                values += [port.valid, Value.cast(port.payload)]
            values += [getattr(component, name) for name in watch]
            _, _, *seen = await ctx.tick().sample(*values)
            seen = iter(seen)
            for name, _, _ in sources:
                if next(seen) and offered[name]:
                    fields = inputs[name][sent[name]]
                    beats[name].append((cycle, fields))
                    sent[name] += 1
                    offered[name] = False
                    if react:
                        react(name, fields)
            gave = [(name, layout, next(seen), next(seen)) for name, _, layout in sinks]
            noted = {name: int(value) for name, value in zip(watch, seen, strict=True)}
            for name, layout, valid, bits in gave:
                assert not (silent and valid), f"{name} gives a beat after reset"
                assert name not in held or (valid and bits == held[name]), f"{name} took back what it offered"
                held.pop(name, None)
                if valid and ready[name]:
                    fields = unpack(layout, bits) | noted
                    beats[name].append((cycle, fields))
                    if react:
                        react(name, fields)
                elif valid and cycle != reset_at:
                    held[name] = bits
            done = all(len(beats[name]) >= (count or 0) for name, count in outputs.items())
            over += done if reset_at is None else silent
            cycle += 1

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    if reset_at is None:
        assert {name: len(beats[name]) for name, count in outputs.items() if count is not None} == {
            name: count for name, count in outputs.items() if count is not None
        }
        assert {name: len(beats[name]) for name in inputs} == {name: len(each) for name, each in inputs.items()}
    return beats


@pytest.fixture
def exchange():
    return _exchange
