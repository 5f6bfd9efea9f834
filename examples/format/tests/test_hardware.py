"""Decoder and multiplier against the golden model, for all pairs of codes."""

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator
from systola_mitchell import golden, hardware


@pytest.mark.parametrize("name", ["SIGNED", "UNSIGNED"])
def test_all_pairs(name):
    format, model = getattr(hardware, name), getattr(golden, name)
    m = Module()
    m.submodules.a = a = format.decoder(**dict(format.decoder_parameters))
    m.submodules.b = b = format.decoder(**dict(format.decoder_parameters))
    m.submodules.multiply = multiply = hardware.MitchellMultiply(
        a=format.operand, b=format.operand, operand_register=False, product_register=False
    )
    m.d.comb += [multiply.a.eq(a.operands[0]), multiply.b.eq(b.operands[0])]
    seen = np.zeros((256, 256), np.int64)

    async def bench(context):
        for x in range(256):
            context.set(a.codes[0], x)
            for y in range(256):
                context.set(b.codes[0], y)
                seen[x, y] = context.get(multiply.product)

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    values = model.decode(np.arange(256))
    assert (seen == model.product(values[:, None], values)).all()
