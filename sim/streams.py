"""AXI4-Stream at full speed under cocotb: one wake-up a cycle for all streams together.

Everything happens at the falling edge. The designs have no combinational path from an input to an output (a test
checks it), so what is sampled there is what the rising edge will see, and what is driven there holds until after it.
"""

import gc
import random
from dataclasses import dataclass, field

from cocotb.types import Logic, LogicArray

ONE = Logic(1)


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
    """What an output stream gave: packed data, `last` flags; `stall` is the probability of not being ready."""

    stall: float = 0.0
    data: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    cycles: list[int] = field(default_factory=list)


class Stuck(AssertionError):
    """No stream has moved for a long time."""


async def transfer(
    dut, sources: dict[str, Source], sink: tuple[str, Sink], beats: int, *, seed: int = 0, patience: int = 5000
) -> int:
    """Drive all sources and take `beats` beats from the sink; return the cycles this took.

    Cycle 0 is the first that could carry a beat. Raises `Stuck` if nothing moves for `patience` cycles.
    """
    rng = random.Random(seed)
    edge = dut.clk.falling_edge
    name, out = sink
    inputs = [_Driver(dut, stream, source) for stream, source in sources.items()]
    valid, data, last = (getattr(dut, f"m_axis_{name}_{port}").get for port in ("tvalid", "tdata", "tlast"))
    ready = getattr(dut, f"m_axis_{name}_tready", None)  # none where the consumer is always ready
    if ready is None and out.stall:
        raise ValueError(f"m_axis_{name} has no tready: it cannot be stalled")
    stall, accepting, words = out.stall, None, []
    cycle = moved = 0
    gc.disable()  # the beats live long: no need to look at them again and again
    while len(words) < beats:
        await edge
        for driver in inputs:
            if driver.step(cycle, rng):
                moved = cycle
        accept = not stall or rng.random() >= stall
        if accept is not accepting and ready is not None:
            ready.set(int(accept))
            accepting = accept
        if accept and valid() == ONE:
            words.append(str(data()))
            out.last.append(last())
            out.cycles.append(cycle)
            moved = cycle
        elif cycle - moved > patience:
            raise Stuck(
                f"nothing moved for {patience} cycles: {len(words)} of {beats} beats out, "
                + ", ".join(f"{d.name} {d.source.sent} of {len(d.source.data)} in" for d in inputs)
            )
        cycle += 1
    await edge
    for driver in inputs:
        driver.step(cycle, rng)
    if ready is not None:
        ready.set(0)
    gc.enable()
    out.data = [int(word, 2) if set(word) <= {"0", "1"} else None for word in words]
    out.last = [int(bit) if bit.is_resolvable else None for bit in out.last]
    return cycle


class _Driver:
    """One input stream: presents the next beat, and knows from `tready` that the coming edge will take it."""

    def __init__(self, dut, name, source):
        self.name, self.source = name, source
        data, valid, ready, last = (
            getattr(dut, f"s_axis_{name}_{port}") for port in ("tdata", "tvalid", "tready", "tlast")
        )
        self.set_data, self.set_valid, self.ready, self.set_last = data.set, valid.set, ready.get, last.set
        self.words = [LogicArray(format(word, f"0{len(data)}b")) for word in source.data]
        self.valid, self.last, self.offered = 0, None, False

    def step(self, cycle, rng) -> bool:
        source = self.source
        index = source.sent
        if not self.offered:
            if index == len(self.words) or (source.gap and rng.random() < source.gap):
                if self.valid:
                    self.valid = 0
                    self.set_valid(0)
                return False
            self.set_data(self.words[index])
            if source.last[index] != self.last:
                self.last = source.last[index]
                self.set_last(self.last)
            if not self.valid:
                self.valid = 1
                self.set_valid(1)
            self.offered = True
        if self.ready() != ONE:
            return False
        if source.first_cycle is None:
            source.first_cycle = cycle
        source.sent = index + 1
        self.offered = False
        return True
