"""Products of matrices through the driver, on boards in Python with golden engines: bit-exact to NumPy."""

import numpy as np
import pytest

from systola.gen.accelerators.registry import find
from systola.gen.board.board import Board
from systola.gen.board.engines import make, parse
from systola.gen.board.targets import TARGETS
from systola.gen.cli import selftest
from systola.gen.errors import UsageError
from systola.gen.host.link import BoardError
from systola.sim.golden.requantise import fixed_point, requantise

SIZES = {
    "systola": {"size": 4, "activation_bytes": 1024, "weight_bytes": 1024, "accumulators": 32, "data_width": 32},
    "outer_product": {"depth": 32},
}
MEMORY = {"systola": 24576, "outer_product": 8192}
START, DONE = 1, 1


@pytest.fixture
def boards(stream):
    """Boards by engine; small ones, so that products are split."""

    class Golden(stream):
        """The registers of an accelerator; a write of START to `control` runs its golden model."""

        def __init__(self, accelerator, parameters, **options):
            super().__init__(**options)
            self.accelerator, self.p, self.starts = accelerator, parameters, []
            self.at = {register.name: register.offset for register in accelerator.component.REGISTERS.registers}

        def _write_word(self, registers, address, word):
            if registers and address == self.at["status"]:  # write one to clear
                self.registers[address] = self.registers.get(address, 0) & ~int.from_bytes(word, "little")
                return 0
            response = super()._write_word(registers, address, word)
            if registers and address == self.at["control"] and word[0] & START:
                self._run(self.registers[self.at["entry"]])
            return response

        def _run(self, entry):
            self.starts.append(entry)
            result = self.accelerator.run_golden(self.p, np.frombuffer(bytes(self.memory), np.uint8), entry)
            self.memory[:] = result.dram.tobytes()
            values = {"status": DONE, "error": result.error, "pc": result.at, "cycles": 100, **result.counters}
            self.registers |= {self.at[name]: value for name, value in values.items()}

    def board(name):
        accelerator, sizes = find(name), SIZES[name]
        facts = f" engine={make(name, **sizes).name}"
        return Board(Golden(accelerator, accelerator.parameters(**sizes), size=MEMORY[name], facts=facts), silence=0)

    return {name: board(name) for name in SIZES}


@pytest.mark.parametrize("engine", SIZES)
def test_products(boards, engine):
    random = np.random.default_rng(1)
    for m, k, n in ((1, 1, 1), (5, 70, 9), (70, 20, 6)):
        a, b = (random.integers(-128, 128, shape, dtype=np.int8) for shape in ((m, k), (k, n)))
        a[0], b[:, 0] = -128, -128
        scale, bias = random.uniform(0.001, 0.01, n), random.integers(-1000, 1000, n)
        multiplier, shift = np.array([fixed_point(float(one)) for one in scale]).T
        settings = {"bias": bias, "zero_point": -3, "low": -128, "high": 127, "rounding": "gemmlowp"}
        expected = requantise(a.astype(int) @ b.astype(int), multiplier, shift, **settings)
        found = boards[engine].matmul(a, b, scale, bias, -3)
        assert found.dtype == np.int8
        assert np.array_equal(found, expected)
    assert len(boards[engine].stream.starts) > 3  # split


@pytest.mark.parametrize("engine", SIZES)
def test_an_execution_returns_the_counters(boards, engine):
    board = boards[engine]
    board.matmul(np.ones((4, 4), np.int8), np.ones((4, 4), np.int8))
    counters = board.run(board.stream.starts[-1])
    assert list(counters) == list(find(engine).component.engine.COUNTERS)
    assert counters["cycles"] == 100


def test_an_endless_execution_is_stopped(boards, monkeypatch):
    board = boards["systola"]
    monkeypatch.setattr(board.stream, "_run", lambda entry: None)
    with pytest.raises(BoardError, match=r"^execution from 0x40 did not end in 0\.01 s: it was at 0\.$"):
        board.run(0x40, 0.01)
    assert board.stream.registers[board.stream.at["control"]] == 2  # STOP


def test_digits_by_products(boards):
    assert selftest.digits(boards["outer_product"], 2).startswith("2 of 2 correct")


def test_a_wrong_engine_is_reported(boards, monkeypatch):
    board = boards["outer_product"]
    run = board.stream._run

    def wrong(entry):
        run(entry)
        board.stream.memory[:] = bytes(byte ^ 1 for byte in board.stream.memory)

    monkeypatch.setattr(board.stream, "_run", wrong)
    with pytest.raises(BoardError, match=r"[\d, x]+ are wrong, element \(\d+, \d+\) is -?\d+, expected -?\d+\.$"):
        selftest.products(board, 1)


def test_mistakes(boards, stream):
    board = boards["outer_product"]
    ones = np.ones((2, 2), np.int8)
    for call, sentence in (
        (lambda: board.matmul([1, 2], ones), r"a must be a matrix of integers, at least 1 x 1: it is int64\(2,\)\."),
        (lambda: board.matmul(ones * 1.0, ones), "a must be a matrix of integers"),
        (lambda: board.matmul(ones, ones.astype(int) * 200), "b must be integers from -128 to 127: quantise it first"),
        (lambda: board.matmul(ones, np.ones((3, 2), np.int8)), "a has 2 columns and b 3 rows: they must be equal"),
        (
            lambda: board.matmul(ones, ones, scale=[1, 2, 3]),
            "scale and bias must be numbers, or arrays of 2 numbers",
        ),
        (lambda: board.matmul(ones, ones, scale=-1), "scale must be from 0 to 2\\^30"),
        (lambda: board.matmul(ones, ones, zero_point=300), "zero_point must be from -128 to 127: it is 300"),
        (
            lambda: Board(stream(), silence=0).matmul(ones, ones),
            "golden reports engine=none, which this driver does not",
        ),
        (lambda: board.run(0), r"^execution from 0x0 stopped at 0 with error DESCRIPTOR \(0\)\.$"),
        (lambda: boards["systola"].run(0), r"^execution from 0x0 stopped at 0 with error [A-Z]+ \(\d+\)\.$"),
    ):
        with pytest.raises(BoardError, match=sentence):
            call()


def test_an_accelerator_without_a_driver_is_one_sentence(boards, monkeypatch):
    def host(self, board, parameters):
        raise UsageError("outer_product has no driver for boards.")

    monkeypatch.setattr(type(find("outer_product")), "host", host)
    with pytest.raises(BoardError, match=r"^outer_product has no driver for boards\.$"):
        boards["outer_product"].run(0)


def test_an_engine_is_parsed_from_its_name():
    for target in TARGETS.values():
        kind, parameters = parse(target.design["engine"].name)
        assert kind == target.engine[0]
        assert parameters == target.design["engine"].parameters
    assert parse("core/" + make("systola", **SIZES["systola"]).name.split("/", 1)[1])[0] == "systola"
    for word in ("none", "systola", "systola/4", "systola/3/4096/4096/128/2/32/64/4/2", "outer_product/x"):
        assert parse(word) is None
