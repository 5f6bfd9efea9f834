"""The shell around a toy engine: start, stop in every cycle, restart, faults, drain, interrupt, counters."""

import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.accelerator.shell import CLEAR, FIRST_COUNTER, register_map
from systola.sim.runner.verilator import lint

BAD, ABORTED = 3, 9
LENGTH = 20
"""`pc` at which the toy engine halts."""
REGULAR = {"error": 0, "pc": LENGTH, "cycles": LENGTH + 1, "odd": 10, "even": 11, "pairs": 2 * (LENGTH + 1)}


async def start(driver, entry: int = LENGTH):
    await driver.write("entry", entry)
    await driver.write("control", 1)


def test_registers_depend_on_the_engine(toy, toy_engine):
    registers = {register.name: register for register in register_map(toy_engine).registers}
    assert register_map(toy_engine) == toy.REGISTERS
    offsets = {"identity": 0, "control": 4, "status": 8, "entry": 12, "error": 16, "pc": 20, "pending": 24}
    counters = {name: FIRST_COUNTER + 4 * n for n, name in enumerate(toy_engine.COUNTERS)}
    assert {name: register.offset for name, register in registers.items()} == offsets | counters
    assert [field.name for field in registers["identity"].fields] == ["magic", "drain"]
    assert registers["error"].fields[0].meaning == "0 NONE, 3 BAD, 9 ABORTED"
    assert {name: registers[name].meaning for name in toy_engine.COUNTERS} == toy_engine.COUNTERS


def test_repeated_executions_from_start_to_interrupt(drive):
    async def bench(driver):
        assert await driver.read("identity") == 0x7059 | 5 << 16
        assert await driver.read("status") == 0
        for entry in (LENGTH, 3, LENGTH):
            await start(driver, entry)
            assert await driver.read("status") == 2
            assert await driver.read("entry") == entry
            found = await driver.ended()
            assert found == (REGULAR if entry == LENGTH else REGULAR | found)
            assert (found["error"], found["pc"], found["cycles"]) == (0, entry, entry + 1)
            assert found["odd"] + found["even"] == found["cycles"]
            assert await driver.read("status") == 0

    drive(bench)


def test_latency_from_the_response_to_go(drive):
    """5 cycles; the engine is in reset for 3 of them."""

    async def bench(driver):
        starts, requests = [], []

        def watch():
            if driver.ctx.get(driver.shell.running):
                starts.append(driver.cycles)
            if driver.ctx.get(driver.shell.s_axil.b.valid):
                requests.append(driver.cycles)

        await driver.write("entry", LENGTH)
        driver.watch = watch
        await driver.write("control", 1)
        await driver.interrupt()
        assert starts[0] - requests[0] == 5
        assert starts == list(range(starts[0], starts[0] + LENGTH + 1))
        assert CLEAR == 4

    drive(bench)


def test_a_stop_in_any_cycle_ends_the_execution(drive):
    """Also before execution has begun; the next execution is like the first."""

    async def bench(driver):
        ends, aborted = set(), []
        for wait in range(LENGTH + 12):
            await start(driver)
            await driver.tick(wait)
            await driver.write("control", 2)
            stopped = await driver.ended()
            ends.add(stopped["cycles"])
            aborted.append(stopped["error"] == ABORTED)
            assert aborted[-1] or stopped == REGULAR
            assert stopped["odd"] + stopped["even"] == stopped["cycles"]
            assert stopped["pairs"] == 2 * stopped["cycles"]
            assert stopped["pc"] == stopped["cycles"] - 1
            await start(driver)
            assert await driver.ended() == REGULAR
        assert ends >= set(range(2, LENGTH + 2))
        assert aborted == sorted(aborted, reverse=True)  # until it has halted
        assert {True, False} == set(aborted)

    drive(bench)


def test_a_stop_immediately_after_start_is_not_lost(drive):
    """Both writes on the bus without a gap: the stop arrives during the reset of the engine."""

    async def bench(driver):
        bus, ctx = driver.shell.s_axil, driver.ctx
        await driver.write("entry", 200)
        for gap in range(8):
            ctx.set(bus.aw.payload.addr, driver.at["control"])
            for value, cycles in ((1, gap), (2, 0)):
                ctx.set(bus.w.payload.data, value)
                ctx.set(bus.aw.valid, 1)
                ctx.set(bus.w.valid, 1)
                while not (ctx.get(bus.aw.ready) and ctx.get(bus.w.ready)):
                    await driver.tick()
                await driver.tick()
                ctx.set(bus.aw.valid, 0)
                ctx.set(bus.w.valid, 0)
                await driver.tick(cycles)
            stopped = await driver.ended()
            assert stopped["error"] == ABORTED
            assert stopped["cycles"] < 12

    drive(bench)


def test_a_stop_without_an_execution_has_no_effect(drive):
    async def bench(driver):
        for _ in range(2):
            await driver.write("control", 2)
            await driver.tick(20)
            assert await driver.read("status") == 0
            assert await driver.read("error") == 0
            await start(driver)
            assert await driver.ended() == REGULAR

    drive(bench)


def test_a_start_during_an_execution_has_no_effect(drive):
    async def bench(driver):
        await start(driver, 100)
        await driver.write("control", 1)
        found = await driver.ended()
        assert (found["cycles"], found["pc"]) == (101, 100)
        await driver.tick(20)
        assert await driver.read("status") == 0

    drive(bench)


@pytest.mark.parametrize("at", [1, 2, 19])
def test_a_fault_is_captured_with_its_location(drive, at):
    """The fault lasts one cycle; the next execution reports none."""

    async def bench(driver):
        await start(driver, LENGTH | at << 8)
        found = await driver.ended()
        assert (found["error"], found["pc"], found["cycles"]) == (BAD | (at & 15) << 4, at + 100, at + 1)
        await start(driver)
        assert await driver.ended() == REGULAR

    drive(bench)


@pytest.mark.parametrize("drain", [1, 4, 15])
def test_the_interrupt_waits_until_the_engine_is_quiet(drive, drain):
    async def bench(driver):
        seen, ctx, shell = [], driver.ctx, driver.shell
        driver.watch = lambda: seen.append((ctx.get(shell.running), ctx.get(shell.flying), ctx.get(shell.irq)))
        for kind in ("halt", "fault", "stop"):
            seen.clear()
            await start(driver, LENGTH | (9 << 8 if kind == "fault" else 0))
            if kind == "stop":
                await driver.write("control", 2)
            await driver.interrupt()
            last = max(n for n, (running, _, _) in enumerate(seen) if running)
            assert [flying for _, flying, _ in seen[last + 1 : last + 1 + drain]] == list(range(drain, 0, -1))
            assert not any(irq for _, flying, irq in seen if flying)
            assert driver.ctx.get(shell.irq)
            assert len(seen) == last + 1 + drain + 1
            await driver.ended()

    drive(bench, drain=drain)


def test_pending_and_running_are_readable_during_an_execution(drive):
    async def bench(driver):
        await start(driver, 200)
        await driver.tick(20)
        assert await driver.read("pending") == 1
        assert await driver.read("status") == 2
        first, second = await driver.read("pc"), await driver.read("pc")
        assert 0 < first < second < 200
        await driver.write("control", 2)
        await driver.ended()
        assert await driver.read("pending") == 0

    drive(bench)


def test_ports_pass_through(drive, toy):
    async def bench(driver):
        ctx, shell = driver.ctx, driver.shell
        ctx.set(shell.link, 7)
        assert ctx.get(shell.incremented) == 8
        assert not ctx.get(shell.m_axi.ar.valid)
        assert ctx.get(shell.busy.as_value()) == 0  # the toy engine reports work, but nothing runs
        await start(driver, 100)
        await driver.tick(12)
        assert (ctx.get(shell.m_axi.ar.valid), ctx.get(shell.m_axi.ar.payload.addr)) == (1, 100)
        assert ctx.get(shell.busy.works) == 1
        await driver.ended()
        assert ctx.get(shell.busy.as_value()) == 0

    drive(bench)
    assert set(toy.through(toy.Parameters())) == {"m_axi", "link", "incremented", "flying", "running"}


def test_lint_is_clean(toy):
    assert lint(generate("toy", toy()).verilog, "toy") == ""
