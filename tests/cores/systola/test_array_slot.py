"""Array of a core as a parameter: every slot computes networks at RTL, and an engine that does not fit is rejected."""

import numpy as np
import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import connect, flipped
from amaranth.sim import Simulator

from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.generators import find
from systola.gen.run.digits import DigitsTask
from systola.gen.run.report import compare
from systola.gen.run.tasks import ConvTask, GemmTask
from systola.hw.array.broadcast import Broadcast
from systola.hw.array.sparse_systolic import SparseSystolic
from systola.hw.array.systolic import Systolic
from systola.hw.bundle import exact
from systola.hw.component import Component, ParameterError
from systola.hw.cores.systola import array_slot
from systola.hw.cores.systola.core import Systola
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.hw.formats.names import OTHERS, SIGNED
from systola.sim.golden import operands
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.runs import Run

SMALL = ACCELERATOR.presets["small"]
SLOTS = [
    {},
    {"array": "broadcast"},
    {"w_format": "flint4"},
    {"array": "broadcast", "w_format": "pot4"},
    {"a_format": "olive_flint4", "w_format": "olive_int8"},  # no digits: a table does not encode pairs
    {"array": "broadcast", "a_format": "float8", "w_format": "apot5"},
]
TASKS = [
    GemmTask.check(m=13, k=23, n=11),
    ConvTask.check(height=7, width=6, channels=5, filters=7),
    DigitsTask.check(images=2),
]
PAIRS = [GemmTask.check(m=13, k=22, n=10), ConvTask.check(height=7, width=6, channels=6, filters=8)]
"""Tasks whose last axes have pairs, as OliVe's formats require."""


@pytest.mark.slow
@pytest.mark.parametrize("slot", SLOTS, ids=str)
def test_every_slot_computes_networks(work, slot):
    """Random programs, then each task, in one simulation."""
    design = find("systola").design(**SMALL | slot)
    p = SystolaParameters.check(**SMALL | slot)
    tasks = [work(task, p) for task in (PAIRS if p.operand in operands.OLIVE else TASKS)]
    cases = find("systola").cases(design.parameters, 5, 2)
    cases += [Run(job.dram(drawn.inputs), job.entry) for drawn, job in tasks]
    outcome, ran = simulate(design, cases, keep=True)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.cases == 5 + len(tasks)
    for (drawn, job), one in zip(tasks, ran[5:], strict=True):
        checked, wrong, results = compare(drawn, job, one)
        assert (checked, wrong) == (sum(value.size for value in results.values()), 0)
        assert all(len(np.unique(value)) > 10 for value in results.values())  # wide range, so that an error is visible


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"array": "sparse_systolic"},
            "array=sparse_systolic: array must have no ports to serve besides a, w and y; sparse_systolic has meta.",
        ),
        (
            {"array": "bfloat16_systolic"},
            "array=bfloat16_systolic: array must have a parameter a_format; bfloat16_systolic has none.",
        ),
        ({"array": "fusion_array"}, "array=fusion_array: array must have a parameter a_format; fusion_array has none."),
        ({"array": "tree"}, f"array=tree: array must be {array_slot.LEGAL}."),
        ({"array": int}, f"array=int: array must be {array_slot.LEGAL}."),
        ({"w_format": "int3.5"}, f"w_format=int3.5: w_format must be {array_slot.FORMATS}."),
        (
            {"w_format": "flint9"},
            "w_format=flint9: w_format must have codes of at most 8 bits; those of flint9 have 9.",
        ),
        (
            {"a_format": "olive4"},
            "a_format=olive4: a_format must have no user bits, because a scratchpad's word has none; olive4 has 1.",
        ),
        (
            {"w_format": "codebook"},
            "w_format=codebook: w_format must have no user bits, because a scratchpad's word has none; codebook has 1.",
        ),
    ],
)
def test_a_misfit_is_rejected_with_a_reason(changes, sentence):
    with pytest.raises(ParameterError) as error:
        Systola(**SMALL | changes)
    assert str(error.value) == sentence


def test_missing_streams_must_not_be_replaced_by_zeros():
    """The sparse array with its streams extended by zeros: a configuration without any result."""
    m = Module()
    m.submodules.array = array = SparseSystolic(rows=4, cols=4, buffer=0)
    m.d.comb += array.w.payload.data.as_value().eq(0x01010101)
    m.d.comb += array.a.payload.data.as_value().eq(0x01010101)
    m.d.comb += [array.w.valid.eq(1), array.a.valid.eq(1)]
    results = []

    async def bench(ctx):
        for _ in range(100):
            results.append(ctx.get(array.y.valid))
            await ctx.tick()

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert not any(results)
    with pytest.raises(ValueError, match="cannot take the 32 bits"):
        exact(array.w.payload.data.as_value(), Signal(8 * SMALL["size"]))


def test_a_class_is_an_engine_under_its_name():
    class TwoTrees(Broadcast):
        pass

    p = SystolaParameters.check(**SMALL, array=TwoTrees)
    assert (p.array, p.slot.kind, p.slot.fitted.latency) == ("two_trees", TwoTrees, 6)
    assert SystolaParameters.check(**SMALL, array="two_trees") == p
    assert SystolaParameters.parse({"array": "two_trees"}).slot.kind is TwoTrees
    other = type("TwoTrees", (Systolic,), {})
    with pytest.raises(ParameterError, match=r"^array=two_trees: another matrix engine has that name already\.$"):
        SystolaParameters.check(**SMALL, array=other)


class LateTrees(Broadcast):
    """The broadcast engine with three more registers at its output."""

    EXTRA = 3

    @property
    def edge(self) -> int:
        return super().edge + self.EXTRA

    def elaborate(self, platform):
        m = Module()
        m.submodules.inner = inner = Broadcast(**dict(self.p))
        for name in ("a", "w"):
            connect(m, flipped(getattr(self, name)), getattr(inner, name))
        valid, payload = inner.y.valid, inner.y.payload.as_value()
        for _ in range(self.EXTRA):
            last_valid, last_payload = valid, payload
            valid, payload = Signal(), Signal.like(last_payload)
            m.d.sync += [valid.eq(last_valid), payload.eq(last_payload)]
        m.d.comb += [self.y.valid.eq(valid), self.y.payload.as_value().eq(payload)]
        return m


def test_an_engine_of_another_package_computes_networks(work):
    slot = SMALL | {"array": LateTrees}
    design, p = find("systola").design(**slot), SystolaParameters.check(**slot)
    trees = SystolaParameters.check(**SMALL | {"array": "broadcast"}).slot.fitted
    assert p.slot.fitted.latency == trees.latency + LateTrees.EXTRA
    tasks = [work(task, p) for task in TASKS]
    cases = find("systola").cases(design.parameters, 5, 2) + [
        Run(job.dram(drawn.inputs), job.entry) for drawn, job in tasks
    ]
    outcome, ran = simulate(design, cases, keep=True)
    assert outcome.mismatches == 0, outcome.examples
    for (drawn, job), one in zip(tasks, ran[5:], strict=True):
        assert compare(drawn, job, one)[1] == 0


def test_a_class_that_is_not_an_engine():
    class Nothing(Component):
        pass

    with pytest.raises(ParameterError, match=r"^array=nothing: array must have a parameter rows; nothing has none\.$"):
        SystolaParameters.check(**SMALL, array=Nothing)


def held_by_a_byte() -> list[str]:
    names = [f"{u}int{bits}" for u in ("", "u") for bits in range(2, 9)]
    for kind, (_, low, high) in SIGNED.items():
        names += [f"{kind}{bits + 1}" for bits in range(low, high + 1)] + [f"u{kind}{b}" for b in range(low, high + 1)]
    return [name for name in [*names, *OTHERS] if _legal(name)]


def _legal(name: str) -> bool:
    try:
        array_slot.check_format(name, "w_format")
    except ParameterError:
        return False
    return True


def test_zero_is_zero_in_every_format():
    """Lanes without weights or activations hold 0."""
    names = held_by_a_byte()
    assert {"pot4", "uflint8", "olive_int8", "float8", "int3"} <= set(names)
    assert not {"ant4", "olive4", "codebook", "flint9"} & set(names)
    for name in names:
        assert not operands.from_bytes(name, np.zeros((2, 4), np.uint8)).any()
        SystolaParameters.check(**SMALL, a_format=name, w_format=name)
