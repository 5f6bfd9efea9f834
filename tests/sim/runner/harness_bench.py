"""Benches of designs in their harness, for test_host.py: the outer-product engine, and the probe twice in a ring."""

import random
from fractions import Fraction

import cocotb
import numpy as np
import pytest

from systola.sim.golden.outer_product import legal, run
from systola.sim.runner.dram import DramSettings
from systola.sim.runner.host import Dram, Host, reset
from systola.sim.runner.job import Job, Outcome, save_outcome
from systola.sim.runner.simulator import SimulatorError
from systola.sim.runner.streams import reset as start

REGISTERS = {"control": 4, "status": 8, "a": 12, "w": 16, "y": 20, "depth": 24, "rows": 28, "cycles": 32}
DONE, REFUSED, FAILED = 1, 4, 8


@cocotb.test
async def harness_bench(dut):
    job, outcome = Job.load(), Outcome()
    await start(dut, job.inputs)
    await (outer_product if hasattr(dut, "s_axil_awaddr") else ring)(dut, job, outcome)
    save_outcome(outcome, [])


async def outer_product(dut, job: Job, outcome: Outcome):
    host, dram = Host(dut), Dram(dut, largest=job.parameters["bytes"])
    for number, case in enumerate(job.cases):
        rng, expected = random.Random(case.seed), case.memory.copy()
        does = legal(job.parameters, case.depth, case.rows)
        if does:
            run(expected, case.a, case.w, case.y, case.depth, case.rows)
        beat = (0, 0, 2) if number % 5 == 4 else None  # the first beat of a product is one that it needs
        faults = ((*case.fault, 2),) if case.fault else ()
        rate = rng.choice([None, None, 3, Fraction(5, 2)])
        settings = DramSettings(rng.choice([2, 20, 60]), rng.choice([0, 0, 100]), rate, faults, beat)
        await dram.configure(settings)
        await dram.load(case.memory)
        if number % 4 == 3:
            await reset(dut)
            await dram.configure(settings)  # the numbers of beats begin at a reset
        for name in ("a", "w", "y", "depth", "rows"):
            await host.write(REGISTERS[name], getattr(case, name))
        await host.write(REGISTERS["control"], 1)
        assert await host.interrupt(100_000)
        failed = does and (case.fault or beat)
        status = DONE | (REFUSED if not does else FAILED if failed else 0)
        assert await host.read(REGISTERS["status"]) == status, f"case {number}"
        await host.write(REGISTERS["status"], DONE)
        assert not await host.interrupt(5)
        outcome.case_cycles.append(await host.read(REGISTERS["cycles"]))
        if not failed:
            first = rng.randrange(0, len(expected), 4)
            found = await dram.dump(len(expected) - first, first)
            assert (found == expected[first:]).all(), f"case {number}"
            outcome.checked += len(found)


async def ring(dut, job: Job, outcome: Outcome):
    hosts = [Host(dut, instance) for instance in range(2)]
    drams = [Dram(dut, number, job.parameters["bytes"]) for number in range(2)]
    for instance, (host, dram) in enumerate(zip(hosts, drams, strict=True)):
        await dram.load(np.full(1 << 12, instance + 1, np.uint8))
        await host.write(0x14, 40 + instance)
        await host.write(0x04, 0)
        await host.write(0x08, 30)
        await host.write(0x10, 0)
    for instance, host in enumerate(hosts):
        await host.record()
        await host.write(0, 1)
        assert await host.interrupt(1000)
        assert await host.read(0x50) == 40 + (1 - instance)
        assert await host.read(0x28) == 30 * 0x01010101 * (instance + 1) % (1 << 32)
        assert [busy for _, busy in await host.recorded()] == [1, 0]
        with pytest.raises(SimulatorError, match=r"Register 0xfc of s_axil_. answers with the response 2"):
            await host.write(0xFC, 0)
        outcome.checked += 1
