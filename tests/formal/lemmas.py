"""Invariants of small components inside of larger ones, from which induction starts."""

from systola.hw.cores.outer_product.datapath import SETTLE
from systola.hw.cores.outer_product.descriptor import BEATS

from .prover import Monitor


def spill(monitor: Monitor, dut):
    """State that a spill register that does not accept has an offer."""
    monitor.guarantee(dut.o.valid, when=~dut.i.ready)


def grant_queue(monitor: Monitor, dut):
    """State that the pointers of a queue of grants are as far apart as it has entries."""
    inside, depth = dut.inside, dut.p.depth
    monitor.guarantee(inside.count <= depth)
    monitor.guarantee(inside.write.addr == (inside.read.addr + inside.count) % depth)


def outer_product_state(monitor: Monitor, dut):
    """State that the beats still to come are those of the panel, and that sums rest while they are written."""
    inside = dut.inside
    state = inside.fsm.ongoing
    reads = state("descriptor") | state("weights") | state("multiply")
    writes = state("settle") | state("address") | state("sums") | state("response")
    monitor.guarantee(
        inside.outstanding + inside.blocks_left * BEATS == inside.panel_blocks * BEATS - inside.at, when=reads
    )
    between = writes | state("idle") | state("check")
    monitor.guarantee(~(inside.outstanding.any() | inside.blocks_left.any() | inside.at.any()), when=between)
    stages = dut.parts["datapath"].inside.stages
    monitor.guarantee(stages == 0, when=writes & ~state("settle"))
    for n in range(SETTLE - 1):
        monitor.guarantee(~stages[n], when=state("settle") & (inside.settle_cycles < SETTLE - 1 - n))
