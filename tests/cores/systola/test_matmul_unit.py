"""Array as a unit: tiles in order, kept tiles, two-dimensional address sequences, and addresses of sums."""

from systola.gen.accelerators.systola.program import Program
from systola.hw.cores.systola.isa import Error, Setting


def prepared() -> Program:
    """256 activation words and 64 weight words, loaded."""
    p = Program()
    p.set(Setting.LOAD_COUNT0, 1024)
    p.set(Setting.LOAD_COUNT1, 1)
    p.set(Setting.LOAD_COUNT2, 1)
    p.set(Setting.LOAD_BUS_STRIDE0, 1)
    p.set(Setting.LOAD_LOCAL_STRIDE0, 1)
    p.load(0, 0)
    p.load(4096, 4096)
    p.sync()
    p.set(Setting.WEIGHT_STRIDE, 3)
    p.set(Setting.COUNT_X, 5)
    p.set(Setting.COUNT_Y, 4)
    p.set(Setting.STRIDE_X, 2)
    p.set(Setting.STRIDE_Y, -7)
    return p


def finished(p: Program, rows: int) -> Program:
    """All sums are stored, one byte of each; a shift of 8 keeps most of them distinct."""
    for setting in (Setting.WINDOW_X, Setting.WINDOW_Y, Setting.POINTS_Y, Setting.SOURCE_X, Setting.DEST_X):
        p.set(setting, 1)
    p.set(Setting.POINTS_X, rows)
    p.sync()
    p.quant(multiplier=1 << 30, shift=-3, low=-128, high=127)
    p.vector(0, 512)
    p.sync()
    for setting in (Setting.STORE_COUNT1, Setting.STORE_COUNT2, Setting.STORE_BUS_STRIDE0, Setting.STORE_LOCAL_STRIDE0):
        p.set(setting, 1)
    p.set(Setting.STORE_COUNT0, 4 * rows)
    p.store(0x8000, 2048)
    p.halt()
    return p


def test_tiles_are_used_in_order_and_kept_on_request(core):
    p = prepared()
    p.weights(0, 4)
    p.weights(1, 2)  # two rows, the others 0
    p.weights(20, 4)
    p.matmul(100, 0)
    p.matmul(30, 20, keep=True)
    p.matmul(40, 40)
    p.matmul(90, 10, accumulate=True)
    (ran,) = core(finished(p, 60))
    assert ran.counters["rows"] == 80


def test_sums_accumulate_without_a_pause(core):
    """The same row repeatedly: the next sum arrives while the previous one is still in the pipeline."""
    p = prepared()
    p.set(Setting.COUNT_X, 1)
    p.set(Setting.COUNT_Y, 1)
    p.weights(0, 4)
    p.matmul(0, 3, keep=True)
    with p.loop(9):
        p.matmul(1, 3, accumulate=True, keep=True)
    p.matmul(2, 3, accumulate=True)
    core(finished(p, 4))


def test_addresses_outside_are_reported(core):
    programs = []
    for word, row in ((1020, 0), (20, 0), (100, 109), (100, 1 << 31)):
        p = prepared()
        p.weights(0, 4)
        p.matmul(word, row)
        programs.append(finished(p, 4))
    p = prepared()
    p.weights(1016, 4)
    programs.append(finished(p, 4))
    p = prepared()
    p.weights(0, 5)
    programs.append(finished(p, 4))
    ran = core(*programs)
    assert [each.error for each in ran] == [
        Error.RANGE,
        Error.RANGE,
        Error.RANGE,
        Error.RANGE,
        Error.RANGE,
        Error.OPERAND,
    ]
