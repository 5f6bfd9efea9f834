"""Word accesses: a slave that requires data before it accepts an address, and the reported response."""

from amaranth.sim import Simulator

from systola.hw.host.link_access import LinkAccess


def test_data_do_not_wait_for_the_address():
    dut = LinkAccess(data_width=64)
    seen = []

    async def bench(ctx):
        ctx.set(dut.go.payload, {"write": 1, "registers": 0, "addr": 0x104, "count": 2})
        ctx.set(dut.go.valid, 1)
        await ctx.tick().until(dut.go.ready)
        ctx.set(dut.go.valid, 0)
        for word, lane in ((0x11223344, 1), (0x55667788, 0)):
            ctx.set(dut.write_data.payload.word, word)
            ctx.set(dut.write_data.valid, 1)
            ctx.set(dut.memory.w.ready, 1)
            w = dut.memory.w.payload
            strb, data, last = await ctx.tick().sample(w.strb, w.data, w.last).until(dut.write_data.ready)
            seen.append((strb == 0xF << (4 * lane), data >> (32 * lane) & 0xFFFFFFFF, last))
        ctx.set(dut.write_data.valid, 0)
        assert ctx.get(dut.memory.aw.valid)
        assert (ctx.get(dut.memory.aw.payload.len), ctx.get(dut.memory.aw.payload.addr)) == (1, 0x104)
        ctx.set(dut.memory.aw.ready, 1)
        await ctx.tick()
        assert not ctx.get(dut.memory.aw.valid)
        ctx.set(dut.memory.b.payload.resp, 2)
        ctx.set(dut.memory.b.valid, 1)
        await ctx.tick().until(dut.memory.b.ready)
        ctx.set(dut.memory.b.valid, 0)
        ctx.set(dut.done.ready, 1)
        (resp,) = await ctx.tick().sample(dut.done.payload.resp).until(dut.done.valid)
        seen.append(resp)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == [(True, 0x11223344, 0), (True, 0x55667788, 1), 2]
