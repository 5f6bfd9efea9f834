"""Benches of designs in their harness, for test_host.py: the outer-product engine, and two probes in a ring."""

import random
from fractions import Fraction

import cocotb
import numpy as np
import pytest

from systola.sim.golden.cores.outer_product import BUS, run
from systola.sim.runner.dram import DramSettings
from systola.sim.runner.host import HarnessDram, Host, reset
from systola.sim.runner.job import BenchJob, Outcome, save_outcome
from systola.sim.runner.simulator import SimulatorError
from systola.sim.runner.streams import reset as start

CONTROL, STATUS, ENTRY, ERROR, CYCLES = 0x04, 0x08, 0x0C, 0x10, 0x40
DONE = 1


@cocotb.test
async def harness_bench(dut):
    job, outcome = BenchJob.load(), Outcome()
    await start(dut, job.inputs)
    await (outer_product if hasattr(dut, "s_axil_awaddr") else ring)(dut, job, outcome)
    save_outcome(outcome, [])


async def outer_product(dut, job: BenchJob, outcome: Outcome):
    host, dram = Host(dut), HarnessDram(dut, largest=job.parameters["bytes"])
    for number, case in enumerate(job.cases):
        rng = random.Random(number)
        beat = (0, 0, 2) if number % 5 == 4 else None  # the first beat, which is one of a descriptor
        faults = (case.fault,) if case.fault else ()
        rate = rng.choice([None, None, 3, Fraction(5, 2)])
        settings = DramSettings(rng.choice([2, 20, 60]), rng.choice([0, 0, 100]), rate, faults, beat, base=case.base)
        await dram.configure(settings)
        await dram.load(case.dram)
        if number % 4 == 3:
            await reset(dut)
            await dram.configure(settings)  # the numbers of beats begin at a reset
        await host.write(ENTRY, case.base + case.entry)
        await host.write(CONTROL, 1)
        assert await host.interrupt(100_000)
        expected = run(job.parameters, case.dram, case.entry, faults=faults, base=case.base)
        assert await host.read(STATUS) == DONE
        assert await host.read(ERROR) & 15 == (BUS if beat else expected.error), f"case {number}"
        await host.write(STATUS, DONE)
        assert not await host.interrupt(5)
        outcome.case_cycles.append(await host.read(CYCLES))
        if not beat:
            first = rng.randrange(0, len(case.dram), 4)
            found = await dram.dump(len(case.dram) - first, first)
            assert (found == expected.dram[first:]).all(), f"case {number}"
            outcome.checked += len(found)


async def ring(dut, job: BenchJob, outcome: Outcome):
    hosts = [Host(dut, instance) for instance in range(2)]
    drams = [HarnessDram(dut, number, job.parameters["bytes"]) for number in range(2)]
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
        with pytest.raises(SimulatorError, match=r"Register 0xfc of s_axil_. returned the response 2"):
            await host.write(0xFC, 0)
        outcome.checked += 1
