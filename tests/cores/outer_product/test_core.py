"""`outer_product` at RTL: exact in every kind of case, one column per cycle, starts and stops, cells of a device."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.synth.synth import netlist
from systola.hw.component import ParameterError
from systola.hw.cores.outer_product.core import OuterProduct
from systola.hw.cores.outer_product.engine import OuterProductError
from systola.sim.runner.verilator import lint

ONE = (1, 1, 0x1000, 0x2000, 0x3000)


@pytest.mark.parametrize("cases", [5, pytest.param(12, marks=pytest.mark.slow)])
def test_random_chains(check, small, cases):
    check("outer_product", cases=cases, **small)


def test_products_of_the_paper_preset(check):
    check("outer_product", cases=8, seed=2)


def test_cycle_law(design, simulated, chain):
    """A constant, a constant per block of rows, and 16 words per unit of depth, in the panel and per block."""
    sizes = [(1, 1), (1, 2), (2, 1), (2, 2), (4, 3), (3, 1)]
    cases = [chain((depth, rows, 0x1000, 0x2000, 0x3000), fill=0x80) for depth, rows in sizes]
    ran = simulated(design, cases)
    cycles = {size: each.counters["cycles"] for size, each in zip(sizes, ran, strict=True)}
    start, row = 2 * cycles[1, 1] - cycles[1, 2], cycles[1, 2] - cycles[1, 1]
    block = cycles[2, 1] - cycles[1, 1] - (cycles[2, 2] - cycles[2, 1] - row)
    each = cycles[2, 2] - cycles[2, 1] - row
    assert 16 <= each <= 18  # words of a block, and the cycles that the bench's memory loses between bursts
    for (depth, rows), found in cycles.items():
        assert found == start + row * rows + (depth - 1) * (block + each * rows), (depth, rows)
    for (depth, rows), counters in zip(sizes, (each.counters for each in ran), strict=True):
        assert counters["columns"] == 16 * depth * rows
        assert counters["read_beats"] == 16 * (1 + depth + depth * rows)
        assert counters["write_beats"] == 16 * rows
        assert counters["descriptors"] == 1


def test_the_largest_sums_are_exact(design, simulated, chain):
    (ran,) = simulated(design, [chain((4, 1, 0x1000, 0x2000, 0x3000), fill=0x80)])
    assert ran.dram[0x3000:0x3040].view("<i4").tolist() == [64 * 128 * 128] * 16


def test_it_restarts_after_every_kind_of_end(design, simulated, chain):
    """Regular ends, errors of each kind, and stops in many cycles: the next execution is unaffected."""
    wrong = [
        chain((0, 1, 0x1000, 0x2000, 0x3000)),
        chain(ONE, following=4),
        *(chain(ONE, fault=(at, at + 63, 2)) for at in (0x1000, 0x2000, 0x3000, 0x4000)),
        *(
            chain(*[ONE] * 3, stop=stop, golden=False, stall=stop % 3 * 40)
            for stop in (*range(1, 9), *range(9, 900, 29))
        ),
    ]
    right = chain(ONE, (2, 3, 0x1000, 0x2000, 0x3100))
    ran = simulated(design, [right, *(each for case in wrong for each in (case, right))])
    assert [each.error for each in ran[1:13:2]] == [OuterProductError.DESCRIPTOR] * 2 + [OuterProductError.BUS] * 4
    assert [each.detail for each in ran[5:13:2]] == [2] * 4
    stopped = [each.error for each in ran[13::2]]
    assert set(stopped[:16]) == {OuterProductError.ABORTED}  # also before execution has begun
    assert set(stopped) == {OuterProductError.NONE, OuterProductError.ABORTED}
    assert all((each.error, each.counters) == (0, ran[0].counters) for each in ran[::2])


def test_an_endless_chain_ends_at_the_limit(design, simulated, chain):
    cut, after = simulated(design, [chain(ONE, following=0x4000, limit=3000, golden=False), chain(ONE)])
    assert (cut.cut, cut.error) == (True, OuterProductError.ABORTED)
    assert cut.at > 5
    assert (after.cut, after.error, after.at) == (False, OuterProductError.NONE, 0)


def test_the_trace_shows_one_state_at_a_time(design, simulated, chain):
    (ran,) = simulated(design, [chain(ONE, (2, 3, 0x1000, 0x2000, 0x3100), trace=True)])
    busy = dict.fromkeys(OuterProduct.engine.BUSY, 0)
    for (cycle, bits), (then, _) in zip(ran.changes, ran.changes[1:], strict=False):
        assert bits.bit_count() <= 1
        for n, name in enumerate(busy):
            busy[name] += (bits >> n & 1) * (then - cycle)
    assert busy["weights"] == ran.counters["lost_weights"]
    assert busy["results"] == ran.counters["lost_results"]
    assert busy["activations"] == ran.counters["columns"] + ran.counters["lost_activations"]


def test_registers():
    offsets = {register.name: register.offset for register in OuterProduct.REGISTERS.registers}
    first = {"identity": 0, "control": 4, "status": 8, "entry": 12, "error": 16, "pc": 20, "pending": 24}
    assert offsets == first | {name: 0x40 + 4 * n for n, name in enumerate(OuterProduct.engine.COUNTERS)}


def test_lint_and_ports(design):
    assert lint(design.verilog, "outer_product") == ""
    ports = [name for name in design.ports if not name.startswith(("m_axi_", "s_axil_"))]
    assert ports == ["clk", "rst", "irq", "busy"]


def test_illegal_parameters():
    with pytest.raises(ParameterError, match=r"depth=40: depth must be a multiple of 16 from 16 to 8192\."):
        OuterProduct(depth=40)


@pytest.mark.slow
@pytest.mark.parametrize("device", ["ice40-up5k", "ecp5-12k"])
def test_cells_pass_the_bench(design, small, simulated, device):
    mapped = netlist(OuterProduct(**small), "outer_product", device)
    simulated(replace(design, verilog=mapped), find("outer_product").cases(design.parameters, 24, 2))


def test_the_generator_is_registered():
    generator = find("outer_product")
    assert generator.component is OuterProduct
    assert generator.bench == "systola.sim.bench.accelerator"
    assert np.unique(list(generator.facts()["registers"].values())).size == len(OuterProduct.REGISTERS.registers)
