"""Issue: the issuer counts every command that has not completed, SYNC and HALT wait for all of their units' commands.

Instructions come in any order, from an operand fetch of which only the decoding is known.
"""

import pytest
from amaranth.hdl import Cat, Signal

from systola.hw.cores.systola.isa import ISA
from systola.hw.issue.decode import Decode
from systola.hw.issue.isa_spec import Control
from systola.hw.issue.issuer import PENDING, Issuer
from systola.hw.issue.operand_fetch import OperandFetch

from ..hw.issue.tiny import TINY
from .prover import Break, Monitor, Proof
from .test_arbitration import one


def issue(monitor: Monitor, dut):
    """State the rules for an issuer of any instruction set; a unit completes only commands that it was given."""
    m, isa = monitor.m, dut.p.isa
    instruction = dut.parts["operands"].o
    current, leaves = instruction.payload, instruction.valid & instruction.ready
    m.submodules.decode = decode = Decode(isa=isa)
    m.d.comb += [decode.code.eq(current.op), decode.flags.eq(current.flags)]
    monitor.require(current.decoded.as_value() == decode.o.as_value())

    given = {}
    for queue in isa.queues:
        port = getattr(dut, queue.name)
        moves = port.valid & port.ready
        monitor.guarantee(leaves & current.decoded.to[queue.name], when=moves)
        monitor.guarantee(moves, when=leaves & current.decoded.to[queue.name])
        monitor.guarantee(dut.go, when=port.valid)
        counts = moves & (port.payload.op != isa.controls[Control.SET])
        given |= dict.fromkeys((queue.name, *queue.further), counts)
    monitor.guarantee(one(Cat(getattr(dut, queue.name).valid for queue in isa.queues)))

    rests = {}  # whether all commands that complete under a name have done so
    for name in isa.completions:
        count = Signal(PENDING, name=f"count_{name}")
        m.d.sync += count.eq(count + given[name] - dut.done[name])
        monitor.require(count != 0, when=dut.done[name])
        monitor.require(~given[name], when=count == (1 << PENDING) - 1)
        monitor.guarantee(dut.pending[name] == (count != 0))
        monitor.guarantee(getattr(dut.inside, f"pending_{name}") == count)
        rests[name] = count == 0

    def idle(unit):
        """Return what a unit waits for, with the units that it includes."""
        others = [idle(next(each for each in isa.units if each.name == name)) for name in unit.includes]
        return Cat(*(rests[name] for name in unit.completions), *others).all()

    sync = isa.controls[Control.SYNC]
    named = current.flags[isa.rows[sync].flags[0].range]
    for n, unit in enumerate(isa.units):
        monitor.guarantee(idle(unit), when=leaves & (current.op == sync) & named[n])
    monitor.guarantee(Cat(rests.values()).all(), when=dut.halted)
    monitor.guarantee(~leaves, when=current.op == isa.controls[Control.HALT])
    monitor.guarantee(~leaves & ~dut.halted, when=~dut.go)


PROOFS = {
    "systola": Proof(Issuer, {"isa": ISA}, issue, induction=2, cut=(OperandFetch,)),
    "tiny": Proof(Issuer, {"isa": TINY}, issue, induction=2, cut=(OperandFetch,)),
}

BREAKS = [
    ("tiny", Break(Issuer, "(units & ~Cat(idle.values())).any()", "(units & ~Cat(idle.values())).all()")),
    ("tiny", Break(Issuer, "(pending == 1) & self.done[name]", "(pending == 1)")),
    (
        "tiny",
        Break(Issuer, "ops[Control.HALT] & Cat(idle.values()).all()", "ops[Control.HALT] & Cat(idle.values()).any()"),
    ),
    ("systola", Break(Issuer, "given = command.valid & command.ready", "given = command.valid")),
]


@pytest.mark.parametrize("name", PROOFS)
def test_commands_are_counted_and_waited_for(name):
    outcome = PROOFS[name].run()
    assert outcome.holds, outcome.log


@pytest.mark.parametrize(("name", "broken"), BREAKS, ids=str)
def test_a_broken_design_is_refuted(name, broken):
    assert PROOFS[name].refute(broken).refuted
