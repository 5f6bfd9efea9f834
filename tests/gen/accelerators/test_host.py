"""Hosts: registers by name, and split products."""

from types import SimpleNamespace

import numpy as np
import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.host.link import BoardError
from systola.gen.host.scaling import Scaling
from systola.gen.run.tasks import GemmTask


class GoldenBoard:
    """A board without a link: a memory, and an accelerator that is its golden model."""

    def __init__(self, accelerator, parameters, size=1 << 16):
        self.memory, self.facts = np.zeros(size, np.uint8), {"memory": size}
        self.accelerator, self.p, self.registers = accelerator, parameters, {}
        self.at = {register.name: register.offset for register in accelerator.component.REGISTERS.registers}

    def write(self, address, data):
        data = np.frombuffer(bytes(data), np.uint8)
        self.memory[address : address + len(data)] = data

    def read(self, address, length):
        return self.memory[address : address + length].tobytes()

    def read_register(self, address):
        return self.registers.get(address, 0)

    def write_register(self, address, value):
        self.registers[address] = value
        if address == self.at["control"] and value == 1:
            result = self.accelerator.run_golden(self.p, self.memory, self.registers[self.at["entry"]])
            self.memory[:] = result.dram
            self.registers |= {self.at["status"]: 1, self.at["error"]: result.error, self.at["pc"]: result.at}


@pytest.fixture(params=accelerators().values(), ids=lambda each: each.name)
def host(request):
    accelerator = request.param
    parameters = accelerator.preset("small")
    return accelerator.host(GoldenBoard(accelerator, parameters), parameters)


def test_a_job_runs_on_the_board(host):
    work = GemmTask.check(m=9, k=20, n=6).work(host.accelerator.operands(host.p))
    job = host.accelerator.compile(host.p, work.graph)
    assert host.fits(job)
    host.load(job)
    results, counters = host.execute(job, work.inputs)
    golden = host.accelerator.run_golden(host.p, job.dram(work.inputs), job.entry)
    for name, value in job.results(golden.dram).items():
        assert np.array_equal(results[name], value)
    assert list(counters) == list(host.accelerator.component.engine.COUNTERS)


def test_a_wrong_program_is_not_loaded(host, monkeypatch):
    job = host.accelerator.compile(host.p, GemmTask.check(m=2, k=4, n=3).work(host.accelerator.operands(host.p)).graph)
    monkeypatch.setattr(type(host.accelerator), "wrong", lambda self, parameters, job: "line 3 has no END.")
    with pytest.raises(BoardError, match=r"^the program for \w+ is wrong: line 3 has no END\.$"):
        host.load(job)
    assert not host.board.memory.any()


def test_a_job_that_is_larger_than_the_memory_does_not_fit(host):
    job = SimpleNamespace(image=SimpleNamespace(end=host.board.facts["memory"]))
    assert host.fits(job)
    job.image.end += 1
    assert not host.fits(job)


def test_halves_are_joined_in_order(host):
    random = np.random.default_rng(1)
    for m, n in ((5, 3), (2, 7), (1, 2)):
        a, b = random.integers(-9, 9, (m, 4)), random.integers(-9, 9, (4, n))
        scaling = Scaling.of(n, random.uniform(0.1, 1, n), random.integers(-5, 5, n), 3)
        found = host.halves(lambda a, b, scaling: scaling.apply(a @ b), a, b, scaling)
        assert np.array_equal(found, scaling.apply(a @ b))


def test_a_row_and_a_column_that_do_not_fit_are_one_sentence(host):
    with pytest.raises(BoardError, match="k=7: a row and a column do not fit into the board's memory"):
        host.halves(None, np.ones((1, 7)), np.ones((7, 1)), Scaling.of(1, 1.0, 0, 0))
