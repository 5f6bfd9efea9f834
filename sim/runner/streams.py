"""Drivers and monitors of streams at full speed under cocotb: one wake-up per cycle for all of them together.

All actions take place at the falling edge. The designs have no combinational path from an input to an output (tests
check this on netlists), so the sampled values are those at the rising edge, and driven values hold until after it.
"""

import gc
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge
from cocotb.types import LogicArray, Range


@dataclass
class Source:
    """Beats of an input stream: words of each field, probability of a gap before each beat, cycle of each transfer."""

    fields: Mapping[str, list[int]]
    gap: float = 0.0
    cycles: list[int] = field(default_factory=list)

    @property
    def beats(self) -> int:
        return len(next(iter(self.fields.values())))


ANY = -1
"""Value of `Sink.beats` for an output stream that may have any number of beats."""


@dataclass
class Sink:
    """Beats of an output stream, of `beats` expected: the bits of each field as text, and the cycle of each beat.

    `stall` is the probability of not being ready. `beats` ANY: any number, and :func:`transfer` ends without them.
    """

    beats: int
    stall: float = 0.0
    fields: dict[str, list[str]] = field(default_factory=lambda: {"data": [], "last": []})
    cycles: list[int] = field(default_factory=list)


LONGEST = 1_000_000
"""Cycles without a beat after which a design is considered stuck, regardless of other activity."""


class NoProgress(AssertionError):
    """No progress in any stream for a number of cycles."""


class SurplusBeats(AssertionError):
    """More beats in a stream than expected."""


class Leftover(AssertionError):
    """An output that is valid in reset, or after it without an input."""


async def reset(dut, inputs: Iterable[str]):
    """Start the clock and hold reset with every input low."""
    for port in inputs:
        getattr(dut, port).value = 0
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start(start_high=False)
    for _ in range(3):
        await FallingEdge(dut.clk)
    dut.rst.value = 0
    for _ in range(2):
        await FallingEdge(dut.clk)


async def transfer(
    dut,
    sources: Mapping[str, Source],
    sinks: Mapping[str, Sink],
    *,
    also: Iterable[Callable[[int | None], bool]] = (),
    seed: int = 0,
    patience: int = 5000,
    longest: int = LONGEST,
    part: float = 1.0,
) -> float:
    """Send every beat of every source and accept every sink's beats; return the seconds of simulation.

    A stream `a` is AXI4-Stream (s_axis_a_tdata, ...) or has a port for each field (a_addr, ..., a_valid, a_ready).
    Cycle 0 is the first that could carry a beat. `also` is called in every cycle with its number, and returns whether
    there was progress; at the end it is called with None. Raises `NoProgress` if there is no progress for `patience`
    cycles, or no beat for `longest` cycles, `SurplusBeats` if a sink receives more than its beats. With a `part` below
    1, end when this part of all beats has been transferred.
    """
    rng = random.Random(seed)
    steps = [_driver(dut, name, source, rng) for name, source in sources.items()]
    steps += [_receiver(dut, name, sink, rng) for name, sink in sinks.items() if sink.beats != ANY]
    others = (*also, *(_receiver(dut, name, sink, rng) for name, sink in sinks.items() if sink.beats == ANY))
    remaining = sum(max(each.beats, 0) for each in (*sources.values(), *sinks.values()))
    left = min(remaining - 1, int(remaining * (1 - part))) if remaining else 0
    edge = dut.clk.falling_edge
    cycle = moved = passed = 0
    gc.disable()  # beats are long-lived: repeated garbage collections would be wasted
    started = time.perf_counter()
    while remaining > left:
        await edge
        for step in steps:
            if step(cycle):
                remaining -= 1
                moved = passed = cycle
        for step in others:
            if step(cycle):
                moved = cycle
        if cycle - moved > patience or cycle - passed > longest:
            counts = [f"{len(each.cycles)} of {each.beats} {name}" for name, each in {**sources, **sinks}.items()]
            stuck = f"no handshake for {patience}" if cycle - moved > patience else f"no beat passed for {longest}"
            raise NoProgress(f"{stuck} cycles; beats so far: {', '.join(counts)}")
        cycle += 1
    await edge
    seconds = time.perf_counter() - started
    gc.enable()
    for step in (*steps, *others):
        step(None)
    return seconds


async def interrupt(
    dut,
    sources: Mapping[str, Source],
    outputs: Mapping[str, float],
    case: Any,
    *,
    also: Iterable[Callable[[int | None], bool]] = (),
    patience: int = 5000,
) -> bool:
    """Begin a case and reset the design in mid-run, if the case has a `reset`; return whether it has.

    `case`: a `stimulus.resets.Interruptible` with a `seed`. Sources keep their beats, and have no gaps here;
    `outputs` are the output streams with their probability of a stall. Raises `Leftover` if one of them is valid in
    reset, or in the cycles after it, in which there is no input.
    """
    if case.reset is None:
        return False
    rng = random.Random(case.seed)
    begun = {name: replace(source, gap=0.0, cycles=[]) for name, source in sources.items()}
    sinks = {name: Sink(ANY, stall, {}) for name, stall in outputs.items()}
    await transfer(dut, begun, sinks, also=also, seed=case.seed, patience=patience, part=case.reset)
    for name in sources:
        _ports(dut, name, "s")("valid").value = 0
    await pulse(dut, [_ports(dut, name, "m")("valid") for name in sinks], rng.randrange(1, 4), rng.randrange(1, 8))
    return True


async def pulse(dut, valid: Iterable[Any], cycles: int = 2, after: int = 2):
    """Reset a running design for `cycles`, then wait for `after` cycles. Raises `Leftover` if a bit of the handles
    `valid` is not low from the first edge on."""
    outputs = [(handle._name, reader(handle)) for handle in valid]
    dut.rst.value = 1
    for number in range(cycles + after):
        await FallingEdge(dut.clk)
        if number == cycles - 1:
            dut.rst.value = 0
        if found := [name for name, read in outputs if set(read()) != {"0"}]:
            raise Leftover(f"{', '.join(found)}: high after {number + 1} cycles of a reset in mid-run")


def reader(handle) -> Callable[[], str]:
    """Function that returns a handle's bits as text.

    `handle.get` calls the same function, and then creates objects from the text, which takes a third of the time of a
    cycle.
    """
    return handle._handle.get_signal_val_binstr


def unsigned(bits: str) -> int | None:
    """Unsigned value of a text of bits, None if some are unknown."""
    return int(bits, 2) if set(bits) <= {"0", "1"} else None


def _ports(dut, stream: str, side: str) -> Callable[[str], Any]:
    """Function from a field's name to its port, or None if there is no such port."""
    axis = hasattr(dut, f"{side}_axis_{stream}_tvalid")
    return lambda name: getattr(dut, f"{side}_axis_{stream}_t{name}" if axis else f"{stream}_{name}", None)


def _driver(dut, name: str, source: Source, rng: random.Random):
    """Step function of an input stream: drives the next beat, returns whether the next rising edge transfers it.

    Called with None at the end.
    """
    port = _ports(dut, name, "s")
    fields = [_field(port(field), words) for field, words in source.fields.items()]
    set_valid = port("valid").set
    ready = reader(port("ready")) if port("ready") is not None else lambda: "1"
    gap, chance, count, cycles = source.gap, rng.random, source.beats, source.cycles
    valid, offered, index = False, False, 0

    def step(cycle: int | None) -> bool:
        nonlocal valid, offered, index
        if not offered:
            if index == count or (gap and chance() < gap):
                if valid:
                    valid = False
                    set_valid(0)
                return False
            for present in fields:
                present(index)
            if not valid:
                valid = True
                set_valid(1)
        offered = ready() != "1"
        if offered:
            return False
        if cycle is not None:
            cycles.append(cycle)
        index += 1
        return True

    return step


def _field(handle, words: list[int]):
    """Function that drives word `index` on a port."""
    if len(handle) == 1:
        driven = None

        def put(index: int):
            nonlocal driven
            if words[index] != driven:
                driven = words[index]
                handle.set(driven)

        return put
    span = Range(len(handle) - 1, "downto", 0)
    prepared, drive = [LogicArray.from_unsigned(word, span) for word in words], handle.set
    return lambda index: drive(prepared[index])


def _receiver(dut, name: str, sink: Sink, rng: random.Random):
    """Step function of an output stream: accepts a beat if there is one, returns whether it was accepted.

    Called with None it deasserts ready.
    """
    port = _ports(dut, name, "m")
    valid, ready = reader(port("valid")), port("ready")  # no ready port where the consumer is always ready
    if ready is None and sink.stall:
        raise ValueError(f"{name} has no ready: it cannot be stalled")
    sink.fields = {field: [] for field in sink.fields}
    captures = [(reader(port(field)), words.append) for field, words in sink.fields.items()]
    stall, chance, beats, cycles = sink.stall, rng.random, sink.beats, sink.cycles
    accept, accepting = True, None

    def step(cycle: int | None) -> bool:
        nonlocal accept, accepting
        if cycle is None:
            accept = False
        elif stall:
            accept = chance() >= stall
        if accept is not accepting and ready is not None:
            ready.set(int(accept))
            accepting = accept
        if cycle is None or not accept or valid() != "1":
            return False
        if len(cycles) == beats:
            raise SurplusBeats(f"{name} gave more than {beats} beats")
        for read, keep in captures:
            keep(read())
        cycles.append(cycle)
        return True

    return step
