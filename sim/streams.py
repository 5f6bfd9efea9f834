"""AXI4-Stream at full speed under cocotb: one wake-up a cycle for all streams together.

Everything happens at the falling edge. The designs have no combinational path from an input to an output (a test
checks it), so what is sampled there is what the rising edge will see, and what is driven there holds until after it.
"""

import gc
import random
import time
from dataclasses import dataclass, field

from cocotb.types import LogicArray, Range


@dataclass
class Source:
    """Beats for an input stream: packed data, `last` flags, and the probability of a gap before each beat."""

    data: list[int]
    last: list[int]
    gap: float = 0.0
    sent: int = 0
    first_cycle: int | None = None


@dataclass
class Sink:
    """What an output stream gave: the bits of `data` and `last` as text, lane 0 last, and the cycle of each beat.

    `stall` is the probability of not being ready.
    """

    stall: float = 0.0
    data: list[str] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    cycles: list[int] = field(default_factory=list)


class Stuck(AssertionError):
    """No stream has moved for a long time."""


async def transfer(
    dut, sources: dict[str, Source], sink: tuple[str, Sink], beats: int, *, seed: int = 0, patience: int = 5000
) -> float:
    """Drive all sources and take `beats` beats from the sink; return the seconds that simulating took.

    Cycle 0 is the first that could carry a beat. Raises `Stuck` if nothing moves for `patience` cycles.
    """
    rng = random.Random(seed)
    name, out = sink
    steps = [_driver(dut, stream, source, rng) for stream, source in sources.items()]
    valid, data, last = (_reader(getattr(dut, f"m_axis_{name}_{port}")) for port in ("tvalid", "tdata", "tlast"))
    ready = getattr(dut, f"m_axis_{name}_tready", None)  # none where the consumer is always ready
    if ready is None and out.stall:
        raise ValueError(f"m_axis_{name} has no tready: it cannot be stalled")
    edge, stall, accept, accepting = dut.clk.falling_edge, out.stall, True, None
    words, flags, cycles = out.data, out.last, out.cycles
    cycle = moved = 0
    gc.disable()  # the beats live long: no need to look at them again and again
    started = time.perf_counter()
    while len(words) < beats:
        await edge
        for step in steps:
            if step(cycle):
                moved = cycle
        if stall:
            accept = rng.random() >= stall
        if accept is not accepting and ready is not None:
            ready.set(int(accept))
            accepting = accept
        if accept and valid() == "1":
            words.append(data())
            flags.append(last())
            cycles.append(cycle)
        elif cycle - max(moved, cycles[-1] if cycles else 0) > patience:
            counts = ", ".join(f"{s} {source.sent} of {len(source.data)} in" for s, source in sources.items())
            raise Stuck(f"nothing moved for {patience} cycles: {len(words)} of {beats} beats out, {counts}")
        cycle += 1
    await edge
    seconds = time.perf_counter() - started
    gc.enable()
    for step in steps:
        step(cycle)
    if ready is not None:
        ready.set(0)
    return seconds


def _reader(handle):
    """A function that gives a handle's bits as text.

    It is what `handle.get` calls first. The objects that `get` then makes of the text take a third of a cycle's time.
    """
    return handle._handle.get_signal_val_binstr


def _driver(dut, name: str, source: Source, rng: random.Random):
    """A function for each cycle of an input stream: presents the next beat, tells whether the coming edge takes it."""
    data, tvalid, tready, tlast = (
        getattr(dut, f"s_axis_{name}_{port}") for port in ("tdata", "tvalid", "tready", "tlast")
    )
    set_data, set_valid, ready, set_last = data.set, tvalid.set, _reader(tready), tlast.set
    span = Range(len(data) - 1, "downto", 0)
    words = [LogicArray.from_unsigned(word, span) for word in source.data]
    lasts, gap, chance = source.last, source.gap, rng.random
    valid, last, offered, index, count = False, None, False, 0, len(words)

    def step(cycle: int) -> bool:
        nonlocal valid, last, offered, index
        if not offered:
            if index == count or (gap and chance() < gap):
                if valid:
                    valid = False
                    set_valid(0)
                return False
            set_data(words[index])
            if lasts[index] != last:
                last = lasts[index]
                set_last(last)
            if not valid:
                valid = True
                set_valid(1)
        offered = ready() != "1"
        if offered:
            return False
        if index == 0:
            source.first_cycle = cycle
        index += 1
        source.sent = index
        return True

    return step
