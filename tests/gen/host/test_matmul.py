"""Products of matrices through the driver, on boards in Python with golden engines: bit for bit what NumPy makes."""

import numpy as np
import pytest

from systola.gen.board.board import Board
from systola.gen.board.engines import make, parse
from systola.gen.board.targets import TARGETS
from systola.gen.cli import selftest as computed
from systola.gen.host.link import BoardError
from systola.sim.golden.cores import outer_product
from systola.sim.golden.cores import systola as core
from systola.sim.golden.requantise import fixed_point, requantise

CORE = {"size": 4, "activation_bytes": 1024, "weight_bytes": 1024, "accumulators": 32, "data_width": 32}


@pytest.fixture
def boards(stream):
    """Boards by engine; small ones, so that products come in parts."""

    class Outer(stream):
        def _write_word(self, registers, address, word):
            if registers and address == 8:
                return 0
            said = super()._write_word(registers, address, word)
            if registers and address == 4:
                at = [self.registers[4 * n] for n in range(3, 8)]
                outer_product.run(np.frombuffer(self.memory, np.uint8), *at)
                self.registers[8] = 1
            return said

    class Cores(stream):
        error = 0

        def _write_word(self, registers, address, word):
            if registers and address == 8:
                return 0
            said = super()._write_word(registers, address, word)
            if registers and address == 4:
                p = dict(Core.Parameters(**CORE))
                result = core.run(p, np.frombuffer(bytes(self.memory), np.uint8).copy(), self.registers[12])
                self.memory[:] = result.dram.tobytes()
                self.registers |= {8: 1, 16: result.error, 20: result.pc}
            return said

    def board(kind, memory, **sizes):
        of = {"core": Cores, "outer_product": Outer}[kind]
        return Board(of(size=memory, facts=f" engine={make(kind, **sizes).name}"), silence=0)

    return {"core": board("core", 24576, **CORE), "outer_product": board("outer_product", 8192, depth=32)}


@pytest.mark.parametrize("engine", ["core", "outer_product"])
def test_products(boards, engine):
    random = np.random.default_rng(1)
    for m, k, n in ((1, 1, 1), (5, 70, 9), (70, 20, 6)):
        a, b = (random.integers(-128, 128, shape, dtype=np.int8) for shape in ((m, k), (k, n)))
        a[0], b[:, 0] = -128, -128
        scale, bias = random.uniform(0.001, 0.01, n), random.integers(-1000, 1000, n)
        multiplier, shift = np.array([fixed_point(float(one)) for one in scale]).T
        settings = {"bias": bias, "zero_point": -3, "low": -128, "high": 127, "rounding": "gemmlowp"}
        wanted = requantise(a.astype(int) @ b.astype(int), multiplier, shift, **settings)
        found = boards[engine].matmul(a, b, scale, bias, -3)
        assert found.dtype == np.int8
        assert np.array_equal(found, wanted)


def test_digits_by_products(boards):
    assert computed.digits(boards["outer_product"], 2).startswith("2 of 2 right")


def test_a_wrong_engine_is_told(boards):
    board = boards["outer_product"]
    board.stream.memory = bytearray(board.stream.memory)
    board.engine.p = type(board.engine.p)(depth=16)
    board.read_array = lambda *arguments: np.ones((8, 4), np.int32)
    with pytest.raises(BoardError, match=r"1 x 1 x 1: 1 of 1 are wrong, element \(0, 0\) is "):
        computed.products(board, 1)


def test_mistakes(boards, stream):
    board = boards["outer_product"]
    ones = np.ones((2, 2), np.int8)
    for call, sentence in (
        (lambda: board.matmul([1, 2], ones), r"a must be a matrix of integers, at least 1 x 1: it is int64\(2,\)\."),
        (lambda: board.matmul(ones * 1.0, ones), "a must be a matrix of integers"),
        (lambda: board.matmul(ones, ones.astype(int) * 200), "b must be integers from -128 to 127: quantise it first"),
        (lambda: board.matmul(ones, np.ones((3, 2), np.int8)), "a has 2 columns and b 3 rows: they must be as many"),
        (
            lambda: board.matmul(ones, ones, scale=[1, 2, 3]),
            "scale and bias must be numbers, or have one for each of 2",
        ),
        (lambda: board.matmul(ones, ones, scale=-1), "scale must be from 0 to 2\\^30"),
        (lambda: board.matmul(ones, ones, zero_point=300), "zero_point must be from -128 to 127: it is 300"),
        (lambda: board.run(0), "golden has no core, which programs need: it has matmul"),
        (lambda: Board(stream(), silence=0).matmul(ones, ones), "golden says engine=none, which this driver does not"),
        (lambda: boards["core"].run(0), r"the program at 0x0 stopped at instruction 0 with error [A-Z]+ \("),
    ):
        with pytest.raises(BoardError, match=sentence):
            call()


def test_engines_are_what_their_words_say():
    for target in TARGETS.values():
        kind, parameters = parse(target.design["engine"].name)
        assert kind == target.engine[0]
        assert parameters == target.design["engine"].parameters
    for word in ("none", "core", "core/4", "core/3/4096/4096/128/2/32/64/4/2", "outer_product/x"):
        assert parse(word) is None
