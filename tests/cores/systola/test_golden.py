"""Golden model of the core against plain NumPy: results of programs in DRAM."""

import time

import numpy as np
import pytest

from systola.gen.accelerators.systola.program import Op, Program, Reg, Setting, Unit
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden.cores import systola as core
from systola.sim.golden.isa import ErrorCode
from systola.sim.golden.requantise import requantise

MACHINE = SystolaParameters.check(
    size=4, activation_bytes=1024, weight_bytes=1024, accumulators=64, data_width=32, instructions=64
)
WEIGHTS = MACHINE.activation_bytes
CODE = 0x3000
"""Address of programs in DRAM."""


def machine(**changes) -> dict:
    return MACHINE.model_dump() | changes


def setup(program: Program, **settings: int):
    for name, value in settings.items():
        program.set(Setting[name.upper()], value)


def box(program: Program, kind: str, *dims: tuple[int, int, int], size: int = 0):
    """Settings of LOAD or STORE: (count, stride in DRAM, local stride) of each dimension."""
    program.set(Setting[f"{kind}_SIZE"], size)
    for d, (count, bus, local) in enumerate((*dims, (1, 0, 0), (1, 0, 0))[:3]):
        setup(
            program,
            **{f"{kind}_COUNT{d}": count, f"{kind}_BUS_STRIDE{d}": bus, f"{kind}_LOCAL_STRIDE{d}": local},
        )


def points(program: Program, y: int, x: int, **settings: int):
    setup(program, window_x=1, window_y=1, points_x=x, points_y=y, **settings)


def run(program: Program, dram: np.ndarray, parameters: dict | None = None, **options) -> core.GoldenResult:
    """The result of a run; the program is stored in DRAM at CODE."""
    image = np.zeros(CODE + 16 * len(program), np.uint8)
    image[: len(dram)] = dram
    image[CODE:] = np.frombuffer(program.encode(), np.uint8)
    return core.run(parameters or machine(), image, CODE, **options)


def ended(program: Program, dram: np.ndarray, parameters: dict | None = None) -> np.ndarray:
    result = run(program, dram, parameters)
    assert (result.error, result.at) == (ErrorCode.NONE, len(program) - 1)
    return result.dram


def image(rng, *shapes: tuple[int, tuple[int, ...]], dtype=np.int8) -> tuple[np.ndarray, list[np.ndarray]]:
    """DRAM of random bytes, and views of it: (address, shape) of each."""
    dram = rng.integers(0, 256, CODE, np.uint8)
    return dram, [dram[at : at + np.prod(shape)].view(dtype).reshape(shape) for at, shape in shapes]


@pytest.mark.parametrize("rounding", ["gemmlowp", "single"])
@pytest.mark.parametrize("format", ["int8", "uint8"])
def test_gemm_of_tiles_that_do_not_fit_evenly(rounding, format):
    """6 x 7 times 7 x 5, with words of 4: the last tile of weights has 3 rows, the last of results 1 lane."""
    rng = np.random.default_rng(1)
    dram, (x,) = image(rng, (0, (6, 7)), dtype=format)
    w, out = dram[0x100:0x123].view(np.int8).reshape(7, 5), 0x200
    program = Program()
    box(program, "LOAD", (4, 1, 1), (6, 7, 4))
    program.load(0, 0)
    program.set(Setting.LOAD_COUNT0, 3)
    program.load(4, 6 * 4)
    box(program, "LOAD", (4, 1, 1), (7, 5, 4))
    program.load(0x100, WEIGHTS)
    program.set(Setting.LOAD_COUNT0, 1)
    program.load(0x104, WEIGHTS + 7 * 4)
    program.sync(Unit.LOAD)
    setup(program, weight_stride=1, count_x=6, count_y=1, stride_x=1)
    for n in range(2):
        program.weights(7 * n, 4)
        program.matmul(0, 6 * n)
        program.weights(7 * n + 4, 3)
        program.matmul(6, 6 * n, accumulate=True)
    program.sync(Unit.ARRAY)
    low, high = (-100, 90) if format == "int8" else (3, 200)
    program.quant(multiplier=0x5A000000, shift=-6, bias=-77, zero_point=5, low=low, high=high)
    points(program, 1, 12, source_x=1, dest_x=1)
    program.vector(0, 64)
    program.sync()
    box(program, "STORE", (4, 1, 1), (6, 5, 4))
    program.store(out, 64 * 4)
    program.set(Setting.STORE_COUNT0, 1)
    program.store(out + 4, (64 + 6) * 4)
    program.halt()
    after = ended(program, dram, machine(rounding=rounding, format=format))
    expected = requantise(
        x.astype(np.int64) @ w, 0x5A000000, -6, rounding=rounding, bias=-77, zero_point=5, low=low, high=high
    )
    np.testing.assert_array_equal(after[out : out + 30].reshape(6, 5), expected.astype(np.uint8))
    untouched = np.ones(CODE, bool)
    untouched[out : out + 30] = False
    np.testing.assert_array_equal(after[:CODE][untouched], dram[untouched])


def test_convolution_with_a_scale_per_channel():
    """3x3 over 5x6x4, padded with a zero point by the load; stride 1."""
    rng = np.random.default_rng(2)
    dram, (x, w) = image(rng, (0, (5, 6, 4)), (0x200, (9, 4, 4)))
    records = dram[0x400:0x440].reshape(4, 16)
    multiplier, bias = rng.integers(1 << 30, 1 << 31, 4), rng.integers(-(2**15), 2**15, 4)
    shift = np.array([-9, -7, -8, 1])
    multiplier[3] = -300_000
    records[:, :4] = multiplier.astype("<i4").view(np.uint8).reshape(4, 4)
    records[:, 4:8] = bias.astype("<i4").view(np.uint8).reshape(4, 4)
    records[:, 8] = shift.astype(np.int8).view(np.uint8)
    program = Program()
    box(program, "LOAD", (6 * 4 + 8, 1, 1), (7, 24, 32))
    setup(program, load_pad0=4 | 4 << 8, load_pad1=1 | 1 << 8, load_value=0x83)
    program.load(-(24 + 4), 0)
    setup(program, load_pad0=0, load_pad1=0)
    box(program, "LOAD", (9 * 4, 4, 4), size=2)
    program.load(0x200, WEIGHTS)
    setup(program, load_count0=16)
    program.load(0x400, WEIGHTS + 512)
    program.sync(Unit.LOAD)
    setup(program, weight_stride=1, count_x=6, count_y=5, stride_x=1, stride_y=8)
    program.move({3: 0})
    for ky in range(3):
        with program.loop(3) as taps:
            program.weights(Reg(1), 4)
            program.matmul(Reg(2), 0, accumulate=Reg(3))
            taps.step({1: 4, 2: 1, 3: 1})
        program.add({2: 8 - 3})
        assert ky < 3
    program.sync(Unit.ARRAY)
    program.quant_channel(128, zero_point=-3, low=-128, high=127)
    points(program, 5, 6, source_x=1, source_y=6, dest_x=1, dest_y=6)
    program.vector(0, 100)
    program.sync(Unit.VECTOR)
    box(program, "STORE", (30, 4, 4), size=2)
    program.store(0x600, 400)
    program.halt()
    after = ended(program, dram)
    framed = np.full((7, 8, 4), -125, np.int64)
    framed[1:6, 1:7] = x
    sums = sum(framed[ky : ky + 5, kx : kx + 6] @ w[3 * ky + kx].astype(np.int64) for ky in range(3) for kx in range(3))
    expected = requantise(
        sums.reshape(30, 4), multiplier, shift, rounding="gemmlowp", bias=bias, zero_point=-3, low=-128, high=127
    )
    np.testing.assert_array_equal(after[0x600 : 0x600 + 120].view(np.int8).reshape(30, 4), expected)


def _identity(program: Program, **changes):
    program.quant(**{"multiplier": 1 << 30, "shift": 1, "low": -128, "high": 127} | changes)


def test_pooling_addition_and_a_table():
    """Maximum 2x2 and mean 2x2 of 4x6x4, the sum of two images with scales, and a table, each with its own target."""
    rng = np.random.default_rng(3)
    dram, (x, second) = image(rng, (0, (4, 6, 4)), (0x100, (4, 6, 4)))
    table = dram[0x200:0x300]
    program = Program()
    box(program, "LOAD", (24, 4, 4), size=2)
    program.load(0, 0)
    program.load(0x100, 96)
    setup(program, load_count0=64)
    program.load(0x200, WEIGHTS + 512)
    program.sync(Unit.LOAD)
    program.table(128)
    _identity(program)
    steps = {"source_kx": 1, "source_ky": 6, "source_x": 2, "source_y": 12, "dest_x": 1, "dest_y": 3}
    setup(program, window_x=2, window_y=2, points_x=3, points_y=2, scale_a=1, **steps)
    program.vector(0, 60, scratchpad=True, maximum=True)
    _identity(program, shift=-1)
    program.vector(0, 66, scratchpad=True)
    _identity(program, shift=-6)
    setup(program, window_x=1, window_y=1, points_x=24, points_y=1, source_x=1, second_x=1, scale_a=100, scale_b=-28)
    program.vector(0, 72, 24, scratchpad=True, add=True)
    _identity(program)
    setup(program, scale_a=1)
    program.vector(0, 96, scratchpad=True, table=True)
    program.sync(Unit.VECTOR)
    box(program, "STORE", (60, 4, 4), size=2)
    program.store(0x400, 240)
    program.halt()
    out = ended(program, dram)[0x400 : 0x400 + 240].reshape(60, 4)
    blocks = x.astype(np.int64).reshape(2, 2, 3, 2, 4)
    np.testing.assert_array_equal(out[:6].view(np.int8), blocks.max(axis=(1, 3)).reshape(6, 4))
    mean = requantise(blocks.sum(axis=(1, 3)).reshape(6, 4), 1 << 30, -1, rounding="gemmlowp")
    np.testing.assert_array_equal(out[6:12].view(np.int8), mean)
    total = x.astype(np.int64) * 100 - second.astype(np.int64) * 28
    expected = requantise(total.reshape(24, 4), 1 << 30, -6, rounding="gemmlowp", low=-128, high=127)
    np.testing.assert_array_equal(out[12:36].view(np.int8), expected)
    np.testing.assert_array_equal(out[36:], table[x.reshape(24, 4).view(np.uint8)])


@pytest.mark.parametrize("maximum", [False, True])
def test_products_with_weights_and_with_activations(maximum):
    """Windows of 2 x 3 of 4 x 6 points times a kernel of weights; and of the points times others, with two scales."""
    rng = np.random.default_rng(4)
    dram, (x, kernel) = image(rng, (0, (4, 6, 4)), (0x100, (2, 3, 4)))
    program = Program()
    box(program, "LOAD", (24, 4, 4), size=2)
    program.load(0, 0)
    setup(program, load_count0=6)
    program.load(0x100, WEIGHTS + 80)
    program.sync(Unit.LOAD)
    _identity(program, shift=-8)
    setup(program, window_x=3, window_y=2, points_x=4, points_y=3, source_kx=1, source_ky=6, source_x=1, source_y=6)
    setup(program, second_kx=1, second_ky=3, dest_x=1, dest_y=4, scale_a=7, scale_b=-50)
    program.vector(0, 60, 20, scratchpad=True, multiply=True, weights=True, maximum=maximum)
    setup(program, second_x=1, second_y=6, second_kx=-1, second_ky=-3)
    program.vector(0, 72, 5, scratchpad=True, multiply=True, add=True, maximum=maximum)
    setup(program, scale_a=-300)
    program.vector(0, 84, 5, scratchpad=True, add=True, maximum=maximum)
    program.sync(Unit.VECTOR)
    box(program, "STORE", (36, 4, 4), size=2)
    program.store(0x400, 240)
    program.halt()
    out = ended(program, dram)[0x400 : 0x400 + 144].view(np.int8).reshape(3, 12, 4)
    taps, flat = x.astype(np.int64), x.reshape(24, 4).astype(np.int64)
    for number, result in enumerate(out):
        expected = np.zeros((3, 4, 4), np.int64)
        for i, j in np.ndindex(3, 4):
            elements = []
            for u, v in np.ndindex(2, 3):
                a = taps[i + u, j + v]
                z = flat[5 + 6 * i + j - 3 * u - v] if number else kernel[u, v].astype(np.int64)
                elements.append(a * (-300 if number == 2 else 7 + z) - 50 * z)
            expected[i, j] = np.max(elements, axis=0) if maximum else np.sum(elements, axis=0)
        scaled = requantise(expected.reshape(12, 4), 1 << 30, -8, rounding="gemmlowp", low=-128, high=127)
        np.testing.assert_array_equal(result, scaled)


def test_tiles_are_used_in_order_kept_and_repeated():
    rng = np.random.default_rng(4)
    dram, (x, w) = image(rng, (0, (1, 4)), (0x40, (2, 4, 4)))
    program = Program()
    box(program, "LOAD", (64, 1, 1))
    program.load(0, 0)
    program.load(0x40, WEIGHTS)
    program.sync(Unit.LOAD)
    setup(program, weight_stride=1, count_x=1, count_y=1)
    program.weights(0, 4)
    program.weights(4, 4)
    program.matmul(0, 0, keep=True)
    program.matmul(0, 1, keep=True)
    program.matmul(0, 1, accumulate=True)
    program.matmul(0, 2)
    program.sync()
    _identity(program, shift=-7)
    points(program, 1, 3, source_x=1, dest_x=1)
    program.vector(0, 0)
    program.sync()
    box(program, "STORE", (12, 1, 1))
    program.store(0x100, 0)
    program.halt()
    after = ended(program, dram)
    first, second = (x.astype(np.int64) @ tile for tile in w)
    expected = requantise(np.concatenate([first, 2 * first, second]), 1 << 30, -7, rounding="gemmlowp")
    np.testing.assert_array_equal(after[0x100:0x10C].view(np.int8).reshape(3, 4), expected.clip(-128, 127))


def test_accumulators_wrap():
    """2,500 times 64 products of -128 and -128."""
    program = Program()
    box(program, "LOAD", (64, 1, 1))
    program.load(0, 0)
    program.load(0, WEIGHTS)
    program.sync()
    setup(program, count_x=1, count_y=1)
    program.weights(0, 64)
    with program.loop(2500):
        program.matmul(0, 0, accumulate=Reg(1), keep=True)
        program.move({1: 1})
    program.sync()
    program.quant(multiplier=1 << 30, shift=-23, low=-128, high=127)
    points(program, 1, 1)
    program.vector(0, 0)
    program.sync()
    box(program, "STORE", (64, 1, 1))
    program.store(0x100, 0)
    program.halt()
    after = ended(program, np.full(64, 0x80, np.uint8), machine(size=64))
    total = 2500 * 64 * 128 * 128
    assert 2**31 <= total < 2**32
    assert after[0x100:0x140].view(np.int8).tolist() == [round((total - 2**32) / 2**24)] * 64


ONE = """
    SET LOAD_COUNT0, 4
    SET LOAD_COUNT1, 1
    SET LOAD_COUNT2, 1
    SET LOAD_BUS_STRIDE0, 1
    SET LOAD_LOCAL_STRIDE0, 1
    SET STORE_COUNT0, 4
    SET STORE_COUNT1, 1
    SET STORE_COUNT2, 1
    SET STORE_BUS_STRIDE0, 1
    SET STORE_LOCAL_STRIDE0, 1
    SET COUNT_X, 1
    SET COUNT_Y, 1
    SET WINDOW_X, 1
    SET WINDOW_Y, 1
    SET POINTS_X, 1
    SET POINTS_Y, 1
"""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("WEIGHTS 0, 0", ErrorCode.OPERAND),
        ("WEIGHTS 0, 5", ErrorCode.OPERAND),
        ("SET COUNT_Y, 0\nMATMUL 0, 0", ErrorCode.OPERAND),
        ("SET COUNT_X, 65536\nMATMUL 0, 0", ErrorCode.OPERAND),
        ("SET WINDOW_X, 0\nVECTOR 0, 0", ErrorCode.OPERAND),
        ("SET POINTS_Y, 0\nVECTOR 0, 0", ErrorCode.OPERAND),
        ("SET WEIGHT_STRIDE, 1\nWEIGHTS 253, 4", ErrorCode.RANGE),
        ("WEIGHTS -1, 1", ErrorCode.RANGE),
        ("MATMUL 256, 0", ErrorCode.RANGE),
        ("SET COUNT_X, 2\nSET STRIDE_X, -1\nMATMUL 0, 0", ErrorCode.RANGE),
        ("MATMUL 0, 64", ErrorCode.RANGE),
        ("SET COUNT_X, 60000\nSET COUNT_Y, 60000\nMATMUL 0, 0", ErrorCode.RANGE),
        ("VECTOR 64, 0", ErrorCode.RANGE),
        ("VECTOR 256, 0, scratchpad", ErrorCode.RANGE),
        ("VECTOR 0, 256", ErrorCode.RANGE),
        ("VECTOR 0, 0, 256, add", ErrorCode.RANGE),
        ("VECTOR 0, 0, 256, multiply", ErrorCode.RANGE),
        ("VECTOR 0, 0, 256, add, weights", ErrorCode.RANGE),
        ("SET WINDOW_X, 2\nSET SECOND_KX, -1\nVECTOR 0, 0, 0, add", ErrorCode.RANGE),
        ("SET WINDOW_Y, 3\nSET SOURCE_KY, 32\nVECTOR 0, 0", ErrorCode.RANGE),
        ("QUANT_CHANNEL 241, low=0, high=0", ErrorCode.RANGE),
        ("TABLE 193", ErrorCode.RANGE),
        ("LOAD 0, 2048", ErrorCode.RANGE),
        ("STORE 0, 1024", ErrorCode.RANGE),
        ("STORE 0, 1021", ErrorCode.DESCRIPTOR),
        ("LOAD 0, 2047", ErrorCode.DESCRIPTOR),
        ("SET LOAD_COUNT1, 0\nLOAD 0, 0", ErrorCode.DESCRIPTOR),
        ("SET LOAD_SIZE, 3\nLOAD 0, 0", ErrorCode.DESCRIPTOR),
        ("SET LOAD_PAD0, 0x0203\nLOAD 0, 0", ErrorCode.DESCRIPTOR),
        ("LOAD 0x100000, 0", ErrorCode.BUS),
        ("STORE 0x100000, 0", ErrorCode.BUS),
        ("MATMUL 0, 0", None),
        ("SET POINTS_X, 65535\nSET POINTS_Y, 65535\nVECTOR 0, 0", None),
    ],
)
def test_mistakes_stop_at_their_instruction(text, error):
    program = Program.parse(f"{ONE}{text}\nHALT")
    result = run(program, np.zeros(16, np.uint8))
    assert (result.error, result.at) == (error, len(program) - 2)


def test_settings_that_do_not_fit():
    """Counts become 0, values too, strides the nearest legal value."""
    for text in ("LOAD_COUNT0, 65537", "LOAD_LOCAL_STRIDE0, 0x7fffffff", "LOAD_LOCAL_STRIDE0, -65536"):
        assert (
            run(Program.parse(f"{ONE}SET {text}\nLOAD 0, 0\nHALT"), np.zeros(16, np.uint8)).error
            == ErrorCode.DESCRIPTOR
        )
    padded = "SET LOAD_PAD0, 4\nSET LOAD_SIZE, 8\nSET LOAD_VALUE, 257\nLOAD 0, 0\nSTORE 0, 0\nHALT"
    assert ended(Program.parse(ONE + padded), np.full(16, 7, np.uint8))[:5].tolist() == [0, 0, 0, 0, 7]
    scaled = "SET SCALE_A, -150000\nVECTOR 0, 1, scratchpad\nSTORE 8, 4\nHALT"
    program = Program.parse(f"{ONE}QUANT 0x40000000, 0, low=-128, high=127, shift=-11\nLOAD 0, 0\n{scaled}")
    assert ended(program, np.full(16, 1, np.uint8))[8] == 256 - 32
    assert ended(program, np.full(16, 255, np.uint8))[8] == 32


def test_results_after_a_bus_error_are_undefined():
    program = Program.parse(f"{ONE}SET STORE_COUNT0, 64\nSTORE 0x3100, 0\nHALT")
    result = run(program, np.zeros(16, np.uint8))
    assert (result.error, result.at) == (ErrorCode.BUS, len(program) - 2)
    assert np.flatnonzero(result.uncertain).tolist() == list(range(0x3100, len(result.dram)))


@pytest.mark.parametrize(
    ("fault", "error", "pc"),
    [
        ((0x40, 0x43, 2), ErrorCode.BUS, 18),
        ((0x104, 0x107, 3), ErrorCode.BUS, 20),
        ((CODE + 16 * 19, CODE + 16 * 19 + 3, 2), ErrorCode.FETCH, 19),
        ((0x44, 0x103, 3), ErrorCode.NONE, 22),
    ],
)
def test_bus_errors(fault, error, pc):
    program = Program.parse(f"{ONE}SYNC\nLOAD 0, 0\nLOAD 0x40, 0\nSYNC\nSTORE 0x104, 0\nSYNC\nHALT")
    result = run(program, np.zeros(16, np.uint8), faults=[fault])
    assert (result.error, result.at) == (error, pc)


def test_an_endless_program_ends_at_the_limit():
    program = Program.parse("LOOP 65535\nLOOP 65535\nEND\nEND\nHALT")
    result = run(program, np.zeros(16, np.uint8), limit=1000)
    assert (result.error, result.counters["instructions"]) == (None, 999)
    with pytest.raises(ValueError, match="entry=8: entry must be a multiple of 16"):
        core.run(machine(), np.zeros(64, np.uint8), 8)


def test_a_large_gemm_runs_fast():
    """A quarter of 512^3 on an array of 16: 1,024 tiles of weights, 128 rows each."""
    parameters = SystolaParameters.check().model_dump()
    program = Program()
    setup(program, weight_stride=1, count_x=128, count_y=1, stride_x=1)
    with program.loop(1024):
        program.weights(0, 16)
        program.matmul(0, 0, accumulate=True)
    program.halt()
    start = time.perf_counter()
    result = run(program, np.zeros(16, np.uint8), parameters)
    assert (result.error, result.counters["rows"], result.counters["instructions"]) == (
        ErrorCode.NONE,
        1024 * 128,
        3 * 1024 + 5,
    )
    assert time.perf_counter() - start < 5


def test_every_op_has_its_operations():
    assert {op.name for op in core.Opcode} == {op.name for op in Op}
