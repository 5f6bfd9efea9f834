"""The `systola` accelerator: executes programs from DRAM."""

from ...accelerator.shell import Shell
from .engine import SystolaEngine
from .parameters import SystolaParameters


class Systola(Shell[SystolaParameters]):
    """Programmable accelerator: programs from DRAM drive a matrix engine, its memories, a DMA engine and vector lanes.

    `m_axi` is the bus to DRAM, `s_axil` the registers; `irq` is high while `status.done` is. `busy` shows which units
    are active. `control.start` runs the program at `entry.address` until HALT, an error or `control.stop`; transfers in
    flight then complete, `status.done` is set, and the next program may start. `error` and `pc` give cause and place:
    the faulty instruction, or the one at the issuer. Instructions: docs/reference/isa.md.

    Units execute their commands independently of each other; only SYNC orders them. Every cycle of a program is counted
    once: a row entered the array, or one cause why none did. The accumulators accept one row per cycle, so they are
    never the cause.

    Latency: 25 cycles plus two DRAM latencies from start to the first LOAD on the bus; one row enters the array per
    cycle (initiation interval 1). Back-pressure: the bus may stall at any time. Area grows with size^2 (the array),
    size x accumulators and the scratchpads (memory), size x ports x banks (their multiplexers).

    Source: N. Jouppi et al., ISCA 2017, section 2 (matrix unit, accumulators, activation pipeline, unified buffer);
    the issue policy of `Issuer`.
    """

    engine = SystolaEngine
    latency = 25

    @property
    def peak(self) -> int:
        return self.p.size**2
