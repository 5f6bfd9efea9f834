"""LOAD and STORE: translation into descriptors, or errors that name their instruction."""

import pytest

from systola.hw.cores.systola.isa import Error, Op, Setting
from systola.hw.cores.systola.transfer_unit import TransferUnit
from systola.hw.dma.descriptor import DmaCode, DmaParameters

DMA = DmaParameters(addr_width=32, data_width=32, local_bytes=1024, dims=2, padding=True)


def sets(**values):
    return [{"op": Op.SET, "flags": int(Setting[f"LOAD_{name.upper()}"]), "a": value} for name, value in values.items()]


BOX = sets(size=2, count0=4, count1=3, bus_stride0=4, bus_stride1=-64, local_stride0=4, local_stride1=16, value=0x5A)


def run(exchange, commands, boxes, ended):
    transfer = TransferUnit(dma=DMA, store=False, queue=4)
    outputs = {"box": boxes}
    return exchange(transfer, {"command": commands, "ended": ended}, outputs, watch=())


def test_settings_and_operands_are_the_descriptor(exchange):
    load = {"op": Op.LOAD, "a": 0x80001000, "b": 0x40, "pc": 9}
    beats = run(exchange, [*BOX, *sets(pad0=0x0102), load], 1, [{}])
    box = beats["box"][0][1]
    expected = {"bus_addr": 0x80001000, "local_addr": 0x40, "size": 2, "count0": 4, "count1": 3, "bus_stride1": -64}
    expected |= {"local_stride1": 16, "before0": 2, "after0": 1, "value": 0x5A5A5A5A, "rows": 1, "store": 0}
    assert box.items() >= expected.items()


def test_settings_apply_to_the_commands_after_them(exchange):
    loads = [{"op": Op.LOAD, "a": n, "b": 0} for n in range(2)]
    beats = run(exchange, [*BOX, loads[0], *sets(count1=1), loads[1]], 2, [{}, {}])
    assert [(box["bus_addr"], box["count1"]) for _, box in beats["box"]] == [(0, 3), (1, 1)]


@pytest.mark.parametrize(
    ("wrong", "local", "code", "detail"),
    [
        ({"count0": 0}, 0, Error.DESCRIPTOR, DmaCode.ZERO_COUNT),
        ({"count0": 65536}, 0, Error.DESCRIPTOR, DmaCode.ZERO_COUNT),
        ({"size": 7}, 0, Error.DESCRIPTOR, DmaCode.SIZE),
        ({"local_stride1": 1 << 20}, 0, Error.DESCRIPTOR, DmaCode.LOCAL_RANGE),
        ({}, 1020, Error.DESCRIPTOR, DmaCode.LOCAL_RANGE),
        ({}, 1024, Error.RANGE, 0),
    ],
)
def test_rejected_commands_are_reported(exchange, wrong, local, code, detail):
    """A fault lasts one cycle, so every cycle is examined."""
    from amaranth.sim import Simulator

    transfer = TransferUnit(dma=DMA, store=False, queue=4)
    faults = []

    async def bench(ctx):
        for command in [*BOX, *sets(**wrong), {"op": Op.LOAD, "a": 0, "b": local, "pc": 33}]:
            for name in ("op", "flags", "a", "b", "pc"):
                ctx.set(transfer.command.payload[name], command.get(name, 0))
            ctx.set(transfer.command.valid, 1)
            await ctx.tick().until(transfer.command.ready)
        ctx.set(transfer.command.valid, 0)
        for _ in range(40):
            _, _, fault, given = await ctx.tick().sample(transfer.fault, transfer.box.valid)
            assert not given
            if fault.valid:
                faults.append((fault.code, fault.detail, fault.pc))

    simulator = Simulator(transfer)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert faults == [(code, detail, 33)]
