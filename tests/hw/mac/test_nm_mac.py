"""N:M cell: every selection, every number of terms, and registers at the stated places."""

import random

import pytest
from amaranth.hdl import Shape
from amaranth.sim import Simulator

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.formats.sparse import SparsityPattern
from systola.hw.mac.nm_mac import NmMac, SparseMac
from systola.sim.runner.verilator import lint


@pytest.mark.parametrize("registers", [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize(("n", "m"), [(1, 2), (2, 4), (3, 8), (4, 8)])
def test_nm_mac(n, m, registers):
    of = NmMac.Parameters(
        pattern=SparsityPattern(n=n, m=m),
        a=Shape(5, True),
        w=Shape(4),
        operand_register=registers[0],
        product_register=registers[1],
    )
    mac = NmMac(**dict(of))
    rng = random.Random(n)
    beats = [
        (
            [rng.choice([-16, 15, rng.randrange(-16, 16)]) for _ in range(m)],
            [rng.choice([15, rng.randrange(16)]) for _ in range(n)],
            [rng.randrange(m) for _ in range(n)],
        )
        for _ in range(200)
    ]
    seen = []
    late = NmMac.latency(of)

    async def bench(ctx):
        for a, w, places in beats:
            ctx.set(mac.a, a)
            ctx.set(mac.w, w)
            ctx.set(mac.places, places)
            seen.append(ctx.get(mac.y))
            await (ctx.tick() if late else ctx.delay(1e-6))

    simulator = Simulator(mac)
    simulator.add_clock(1e-6, if_exists=True)
    simulator.add_testbench(bench)
    simulator.run()
    expected = [sum(w * a[place] for w, place in zip(ws, places, strict=True)) for a, ws, places in beats]
    assert late == sum(registers) + (0, 0, 1, 2, 2)[n]
    assert seen[late:] == expected[: len(beats) - late]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in (
                {"sparsity": "4:8", "a_format": "uint5", "w_format": "int3", "acc_width": 9},
                {"sparsity": "1:2", "operand_register": False, "product_register": False},
                {"sparsity": "1:4", "a_format": "int16", "w_format": "int16", "product_register": False},
            )
        ),
    ],
    ids=str,
)
def test_packets_of_groups(check, parameters):
    assert lint(generate("nm_mac", SparseMac(**parameters)).verilog, "nm_mac") == ""
    check("nm_mac", cases=40, **parameters)


def test_latency_and_peak_of_the_unit():
    for parameters, expected in (({}, (7, 2)), ({"sparsity": "4:8", "operand_register": False}, (7, 4))):
        mac = SparseMac(**parameters).described()
        assert (mac.latency, mac.peak) == expected
    with pytest.raises(ParameterError) as error:
        SparseMac(sparsity="3:4")
    assert str(error.value) == "sparsity=3:4: sparsity must be 2:4 or 1:4 or 4:8 or 1:2."
