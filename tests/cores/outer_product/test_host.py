"""Host of `outer_product`: products of any size on a board whose machine is the golden model."""

import numpy as np
import pytest

from systola.gen.accelerators.host import DONE, START, STOP
from systola.gen.accelerators.outer_product.accelerator import ACCELERATOR
from systola.gen.host.link import BoardError
from systola.gen.host.scaling import Scaling
from systola.hw.cores.outer_product.core import OuterProduct
from systola.hw.cores.outer_product.engine import OuterProductError

P = ACCELERATOR.parameters(depth=16)
AT = {register.name: register.offset for register in OuterProduct.REGISTERS.registers}


class GoldenBoard:
    """Memory and registers of a board, with the golden model as the machine."""

    def __init__(self, memory: int, ends: bool = True):
        self.facts, self.ends, self.written = {"memory": memory}, ends, []
        self.memory, self.registers, self.runs = np.zeros(memory, np.uint8), dict.fromkeys(AT.values(), 0), 0

    def write(self, address: int, data):
        data = np.frombuffer(bytes(data), np.uint8)
        self.memory[address : address + data.size] = data

    def read(self, address: int, length: int) -> bytes:
        return self.memory[address : address + length].tobytes()

    def read_register(self, address: int) -> int:
        return self.registers[address]

    def write_register(self, address: int, value: int):
        self.written.append((address, value))
        if address == AT["control"] and value == START and self.ends:
            result = ACCELERATOR.run_golden(P, self.memory, self.registers[AT["entry"]])
            self.memory, self.runs = result.dram, self.runs + 1
            self.registers |= {AT["status"]: DONE, AT["error"]: result.error, AT["pc"]: result.at}
            self.registers |= {AT[name]: count for name, count in result.counters.items()}
        elif address == AT["status"]:
            self.registers[address] &= ~value
        elif address != AT["control"]:
            self.registers[address] = value


def matrices(m, k, n):
    rng = np.random.default_rng(m)
    a, b = (rng.integers(-128, 128, shape, dtype=np.int8) for shape in ((m, k), (k, n)))
    a[0], b[:, 0] = -128, -128
    return a, b


@pytest.mark.parametrize(("m", "k", "n", "runs"), [(1, 1, 1, 1), (5, 16, 9, 1), (6, 40, 5, 3)])
def test_sums_of_any_length_are_exact(m, k, n, runs):
    """Sums longer than the panel are split; the host adds the partial sums."""
    board, (a, b) = GoldenBoard(1 << 16), matrices(m, k, n)
    found = ACCELERATOR.host(board, P).sums(a, b)
    assert found.dtype == np.int32
    assert np.array_equal(found, a.astype(int) @ b)
    assert board.runs == runs


def test_products_that_do_not_fit_are_split():
    board, (a, b) = GoldenBoard(4096), matrices(70, 16, 30)
    assert np.array_equal(ACCELERATOR.host(board, P).sums(a, b), a.astype(int) @ b)
    assert board.runs > 1


def test_products_are_scaled_by_the_host():
    board, (a, b) = GoldenBoard(1 << 16), matrices(9, 20, 6)
    scaling = Scaling.of(6, np.linspace(0.001, 0.01, 6), np.arange(6) * 100, -3)
    found = ACCELERATOR.host(board, P).matmul(a, b, scaling)
    assert found.dtype == np.int8
    assert np.array_equal(found, scaling.apply(a.astype(int) @ b))


def test_the_smallest_product_that_does_not_fit_is_an_error():
    with pytest.raises(BoardError, match=r"^k=16: a row and a column do not fit into the board's memory\.$"):
        ACCELERATOR.host(GoldenBoard(192), P).sums(*matrices(2, 16, 2))


def test_a_machine_error_is_reported():
    board = GoldenBoard(4096)  # a descriptor of zeros
    with pytest.raises(BoardError, match=r"^execution from 0x40 stopped at 0 with error DESCRIPTOR \(0\)\.$"):
        ACCELERATOR.host(board, P).run(0x40)
    assert board.registers[AT["error"]] == OuterProductError.DESCRIPTOR


def test_an_endless_execution_is_stopped():
    board = GoldenBoard(4096, ends=False)
    with pytest.raises(BoardError, match=r"^execution from 0x40 did not end in 0\.01 s: it was at 0\.$"):
        ACCELERATOR.host(board, P).run(0x40, seconds=0.01)
    assert board.written[-1] == (AT["control"], STOP)
