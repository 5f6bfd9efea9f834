"""Products of every two kinds of operands: random fields, and registers at the stated places."""

import random

import pytest
from amaranth.sim import Simulator

from systola.hw.formats.names import find
from systola.hw.formats.operand import Powers, Scaled
from systola.hw.mac.scaled import ScaledMultiply

OPERANDS = {name: find(name).operand for name in ("int5", "uint3", "flint4", "pot4", "upot3", "apot4", "uapot4")}
PAIRS = [(a, b) for a in OPERANDS for b in OPERANDS if "int5" not in (a, b) or {a, b} - {"int5", "uint3"}]


def _random(rng: random.Random, operand) -> tuple[object, int]:
    """Fields of an operand, and its value, which is within its range."""
    while True:
        if isinstance(operand, Powers):
            on = [rng.randrange(2) for _ in range(operand.terms)]
            shifts = [rng.randrange(1 << operand[f"shift{n}"].width) for n in range(operand.terms)]
            sign = rng.randrange(2) if "sign" in operand.members else 0
            fields = {f"on{n}": bit for n, bit in enumerate(on)} | {f"shift{n}": s for n, s in enumerate(shifts)}
            fields |= {"sign": sign} if "sign" in operand.members else {}
            value = sum(bit << shift for bit, shift in zip(on, shifts, strict=True)) * (1 - 2 * sign)
        elif isinstance(operand, Scaled):
            low = -8 if operand["integer"].shape.signed else 0
            fields = {"integer": rng.randrange(low, low + 16), "shift": rng.randrange(5)}
            value = fields["integer"] << fields["shift"]
        else:
            low = -(1 << operand.width - 1) if operand.signed else 0
            fields = value = rng.randrange(low, low + (1 << operand.width))
        if not hasattr(operand, "low") or operand.low <= value <= operand.high:
            return fields, value


@pytest.mark.parametrize(("a", "b"), [pair for pair in PAIRS if set(pair) != {"uint3"}])
def test_products(a, b):
    shapes = {"a": OPERANDS[a], "b": OPERANDS[b]}
    rng = random.Random(f"{a} {b}")
    registers = {"operand_register": rng.random() < 0.5, "product_register": rng.random() < 0.7}
    multiply = ScaledMultiply(**shapes, **registers)
    beats = [[_random(rng, operand) for operand in shapes.values()] for _ in range(200)]
    seen = []

    async def bench(ctx):
        for (x, _), (y, _) in beats:
            ctx.set(multiply.a, x)
            ctx.set(multiply.b, y)
            await ctx.delay(1e-7)
            seen.append(ctx.get(multiply.product))
            await (ctx.tick() if any(registers.values()) else ctx.delay(1e-7))

    simulator = Simulator(multiply)
    simulator.add_clock(1e-6, if_exists=True)
    simulator.add_testbench(bench)
    simulator.run()
    late = ScaledMultiply.stages(**registers)
    assert seen[late:] == [x * y for (_, x), (_, y) in beats][: len(beats) - late]
