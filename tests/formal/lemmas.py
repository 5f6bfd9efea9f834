"""What other proofs start from: invariants of small components inside of larger ones."""

from .prover import Monitor


def spill(monitor: Monitor, dut):
    """State that a spill register that does not accept has an offer."""
    monitor.promise(dut.o.valid, when=~dut.i.ready)


def grant_queue(monitor: Monitor, dut):
    """State that the pointers of a queue of grants are as far apart as it has entries."""
    inside, depth = dut.inside, dut.p.depth
    monitor.promise(inside.count <= depth)
    monitor.promise(inside.write.addr == (inside.read.addr + inside.count) % depth)
