"""Core: registers, counters, errors, and restart."""

import pytest

from systola.gen.accelerators.systola.program import Program, Reg
from systola.gen.generators import find
from systola.hw.component import ParameterError
from systola.hw.cores.systola.core import Systola
from systola.hw.cores.systola.isa import Error, Setting, Unit
from systola.sim.runner.verilator import lint


def loads(p: Program, bus: int, local: int, rows: int, row_bytes: int):
    p.set(Setting.LOAD_COUNT0, row_bytes)
    p.set(Setting.LOAD_COUNT1, rows)
    p.set(Setting.LOAD_COUNT2, 1)
    p.set(Setting.LOAD_BUS_STRIDE0, 1)
    p.set(Setting.LOAD_LOCAL_STRIDE0, 1)
    p.set(Setting.LOAD_BUS_STRIDE1, row_bytes)
    p.set(Setting.LOAD_LOCAL_STRIDE1, row_bytes)
    p.load(bus, local)


def matmuls(rows: int, tiles: int) -> Program:
    p = Program()
    loads(p, 0, 0, rows, 4)
    loads(p, 0x1000, 4096, 4 * tiles, 4)
    p.sync()
    p.set(Setting.WEIGHT_STRIDE, 1)
    p.set(Setting.COUNT_X, rows)
    p.set(Setting.COUNT_Y, 1)
    p.set(Setting.STRIDE_X, 1)
    with p.loop(tiles) as loop:
        p.weights(Reg(1), 4)
        p.matmul(0, 0, accumulate=Reg(1))
        loop.step({1: 4})
    p.halt()
    return p


OTHER = {"format": "uint8", "rounding": "single", "table": False, "sram_latency": 3, "banks": 2}


@pytest.mark.parametrize(
    ("parameters", "cases"),
    [({}, 4), *(pytest.param(each, 10, marks=pytest.mark.slow) for each in ({}, OTHER, {"rounding": "float32"}))],
    ids=str,
)
def test_random_programs(check, small, parameters, cases):
    check("systola", cases=cases, **small | parameters)


def test_rows_of_consecutive_tiles_have_no_gap(core):
    (ran,) = core(matmuls(rows=20, tiles=12))
    assert ran.counters["rows"] == 240
    assert ran.counters["lost_activations"] == 0
    assert ran.counters["lost_weights"] <= 4  # that of the first tile


def test_short_tiles_take_as_long_as_their_weights(core):
    (ran,) = core(matmuls(rows=1, tiles=50))
    spent = ran.counters["rows"] + ran.counters["lost_weights"] + ran.counters["lost_activations"]
    assert spent + ran.counters["lost_instruction"] < 50 * 9


def test_counters_do_not_depend_on_earlier_programs(core):
    first, other, again = core(matmuls(20, 5), matmuls(7, 3), matmuls(20, 5))
    assert first.counters == again.counters != other.counters


def test_it_restarts_after_every_error(core):
    wrong = []
    for error in ("range", "descriptor"):
        p = matmuls(5, 2)
        p.instructions.pop()
        if error == "range":
            p.matmul(5000, 0)
        else:
            p.set(Setting.LOAD_SIZE, 7)
            p.load(0, 0)
        p.sync()
        p.halt()
        wrong.append(p)
    right = matmuls(20, 5)
    undefined = right.encode()[:-16] + bytes(16)
    ran = core(right, *(each for p in (undefined, *wrong) for each in (p, right)))
    assert [each.error for each in ran] == [0, Error.OPCODE, 0, Error.RANGE, 0, Error.DESCRIPTOR, 0]
    assert all(each.counters == ran[0].counters for each in ran[::2])


@pytest.mark.parametrize(("first", "last", "error"), [(0x1000, 0x1008, Error.BUS), (1 << 16, 1 << 20, Error.NONE)])
def test_bus_errors_stop_the_program(core, first, last, error):
    (ran, _) = core(matmuls(5, 2), matmuls(5, 2), fault=(first, last, 2))
    assert (ran.error, ran.cut) == (error, False)
    if error:
        assert ran.detail == 2
        assert ran.at == 15  # the second LOAD


def test_an_endless_program_ends_at_the_limit(core):
    p = Program()
    p.set(Setting.COUNT_X, 1)
    p.set(Setting.COUNT_Y, 1)
    p.matmul(0, 0)  # and no WEIGHTS
    p.sync(Unit.ARRAY)
    p.halt()
    ran, after = core(p, matmuls(5, 2), limit=2000, golden=False)
    assert (ran.cut, ran.error, ran.at) == (True, Error.ABORTED, 3)
    assert ran.pending  # the array's
    assert (after.cut, after.error) == (False, Error.NONE)


def test_the_trace_shows_busy_units(core):
    (ran,) = core(matmuls(20, 5), trace=True)
    busy = dict.fromkeys(("load", "store", "fetch", "array", "vector", "sync", "row"), 0)
    for (cycle, bits), (then, _) in zip(ran.changes, ran.changes[1:], strict=False):
        for n, name in enumerate(busy):
            busy[name] += (bits >> n & 1) * (then - cycle)
    assert busy["row"] == ran.counters["rows"]
    assert busy["load"] == ran.counters["load"]
    assert busy["store"] == busy["vector"] == 0


def test_the_register_map_keeps_its_offsets():
    offsets = {register.name: register.offset for register in Systola.REGISTERS.registers}
    first = {"identity": 0, "control": 4, "status": 8, "entry": 12, "error": 16, "pc": 20, "pending": 24}
    assert offsets == first | {name: 0x40 + 4 * n for n, name in enumerate(Systola.engine.COUNTERS)}
    fields = {register.name: [field.name for field in register.fields] for register in Systola.REGISTERS.registers}
    assert fields["identity"] == ["magic", "size", "bytes"]
    assert fields["control"] == ["start", "stop"]
    assert fields["status"] == ["done", "running"]
    assert fields["pending"] == list(Systola.engine.PENDING)


def test_lint(small_core):
    assert lint(small_core.verilog, "systola") == ""


def test_ports(small_core):
    ports = [name for name in small_core.ports if not name.startswith(("m_axi_", "s_axil_"))]
    assert ports == ["clk", "rst", "irq", "busy"]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"size": 12}, "size=12: size must be a power of two."),
        ({"size": 4}, "data_width=64: data_width must be at most 32 with size=4."),
        ({"accumulators": 100}, "accumulators=100: accumulators must be a power of two."),
    ],
)
def test_illegal_parameters(parameters, said):
    with pytest.raises(ParameterError, match=said):
        Systola(**parameters)


def test_the_generator_is_registered():
    assert find("systola").component is Systola
    assert find("core") is find("systola")  # its former name
