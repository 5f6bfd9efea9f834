"""Fixtures for tests of decoders: every code through a decoder."""

import pytest
from amaranth.sim import Simulator

from systola.hw.formats.names import find
from systola.hw.formats.operand import Operand, Powers


@pytest.fixture
def decode():
    """A function that returns, for lists of neighbouring codes, the terms (integer, shift) of each operand."""

    def run(name: str, codes: list[list[int]], user: int = 0, lane: int = 0) -> list[list[list[tuple[int, int]]]]:
        format = find(name)
        dut = format.decoder(**dict(format.decoder_parameters.at(lane)))
        seen = []

        async def bench(ctx):
            if format.decoder_parameters.user:
                ctx.set(dut.user, user)
            for group in codes:
                ctx.set(dut.codes, group)
                await ctx.delay(1e-6)
                seen.append([_terms(ctx, operand) for operand in dut.operands])

        simulator = Simulator(dut)
        simulator.add_testbench(bench)
        simulator.run()
        return seen

    return run


def _terms(ctx, operand) -> list[tuple[int, int]]:
    layout = operand.shape()
    assert isinstance(layout, Operand)
    if not isinstance(layout, Powers):
        terms = [(ctx.get(operand.integer), ctx.get(operand.shift))]
    else:
        sign = -1 if "sign" in layout.members and ctx.get(operand.sign) else 1
        terms = [(sign * ctx.get(operand[f"on{n}"]), ctx.get(operand[f"shift{n}"])) for n in range(layout.terms)]
    assert layout.low <= sum(integer << shift for integer, shift in terms) <= layout.high
    return terms


@pytest.fixture
def same():
    """A function that checks the fields against the golden model: shifts only of values that are not 0."""

    def compare(terms: list[tuple[int, int]], golden: list[tuple[int, int]], code):
        assert [integer for integer, _ in terms] == [integer for integer, _ in golden], code
        assert [shift for integer, shift in terms if integer] == [shift for integer, shift in golden if integer], code

    return compare


@pytest.fixture
def every_code(decode, same):
    """A function that compares every code of a format without neighbours with the golden model of its name."""
    import numpy as np

    from systola.sim.golden.formats.names import find as golden

    def check(name: str, *, user: int = 0, as_: str | None = None):
        form = golden(as_ or name)
        codes = np.arange(1 << form.bits)
        integers, shifts = (field.reshape(len(codes), -1) for field in form.fields(codes))
        assert find(name).code.width == form.bits
        for code, (terms,) in enumerate(decode(name, [[code] for code in codes.tolist()], user)):
            same(terms, list(zip(integers[code].tolist(), shifts[code].tolist(), strict=True)), code)

    return check
