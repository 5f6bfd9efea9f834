"""Public interface: generate, simulate and run as a script uses them."""

import importlib
import inspect
import shutil

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out

from systola import gen
from systola.gen.generators import GROUP, Generator
from systola.hw.component import Component
from systola.hw.mac.bitbrick import BitBrick

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile


def test_the_names_of_the_interface():
    assert set(gen.__all__) == {
        "Chunk",
        "ConvTask",
        "Graph",
        "ParameterError",
        "QuantiseError",
        "Tiling",
        "UsageError",
        "accelerators",
        "assemble",
        "generate",
        "load",
        "matmul",
        "prune",
        "quantise",
        "reference",
        "run",
        "simulate",
        "synthesise",
        "tiles",
    }
    assert list(gen.accelerators()) == ["outer_product", "systola"]


def test_the_package_of_that_name_never_replaces_run():
    importlib.import_module("systola.gen.run.report")
    assert callable(gen.run)


def test_modules_of_packages_named_like_a_function_are_found():
    import systola.gen.accelerators.base as base
    import systola.gen.run.trace as trace

    assert inspect.isfunction(gen.accelerators)
    assert inspect.isfunction(gen.run)
    assert (base, trace) == (gen.accelerators.base, gen.run.trace)
    assert base is importlib.import_module("systola.gen.accelerators.base")


def test_generate_takes_a_name_or_a_component():
    design = gen.generate("bitbrick")
    assert design.verilog == gen.generate(BitBrick()).verilog
    assert design.bench == gen.generate(BitBrick()).bench == "systola.sim.bench.bitbrick"
    assert gen.generate("bitbrick", top="mine").top == "mine"
    assert gen.generate("systolic", rows=2, cols=2).parameters["rows"] == 2


def test_a_foreign_component_has_the_name_of_its_class():
    class Mine(BitBrick):
        """A user's component."""

    assert gen.generate(Mine()).name == "mine"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: gen.generate("systolik"), "unknown generator 'systolik': did you mean 'systolic'?"),
        (lambda: gen.generate("systolic", rows=0), "rows=0: rows must be an integer from 1 to 256."),
        (lambda: gen.generate(BitBrick().described(), rows=2), "rows=2: a component has its parameters already."),
        (lambda: gen.run("gem"), "unknown task 'gem': did you mean 'gemm'?"),
        (lambda: gen.run("gemm", on="systolla"), "unknown accelerator 'systolla': did you mean 'systola'?"),
        (lambda: gen.run("gemm", sizes=4), "unknown parameter 'sizes': did you mean 'size'?"),
    ],
)
def test_a_mistake_is_one_sentence(call, sentence):
    with pytest.raises((gen.UsageError, gen.ParameterError)) as error:
        call()
    assert str(error.value) == sentence


def test_a_component_without_latency_is_named():
    class Plain(Component):
        """A component."""

        @staticmethod
        def members(p):
            return {}

    with pytest.raises(gen.UsageError, match="component Plain has no latency, but it needs `latency` in cycles"):
        gen.generate(Plain().described())


def test_simulate_compares_with_the_golden_model():
    outcome, _ = gen.simulate(gen.generate("bitbrick"), 3, seed=2)
    assert (outcome.cases, outcome.mismatches) == (3, 0)
    assert outcome.checked > 0


@pytest.mark.parametrize(("name", "parameters"), [("systolic", {"dataflow": "os"}), ("broadcast", {})])
def test_matmul_multiplies_matrices_of_any_size(name, parameters):
    rng = np.random.default_rng(1)
    a, w = rng.integers(-128, 128, (5, 7)), rng.integers(-128, 128, (7, 3))
    product, outcome = gen.matmul(gen.generate(name, rows=4, cols=2, **parameters), a, w, simulator=QUICK)
    assert outcome.mismatches == 0
    np.testing.assert_array_equal(product, a @ w)


@pytest.mark.parametrize(
    ("name", "a", "w", "sentence"),
    [
        ("bitbrick", [[1]], [[1]], "generator 'bitbrick': matmul needs one of broadcast, systolic."),
        ("systolic", [[128]], [[1]], "a: values must be from -128 to 127, the range of int8."),
        ("systolic", [[1]], [[0.5]], "w: it must be a matrix of integers, not float64 of shape (1, 1)."),
        ("systolic", [1], [[1]], "a: it must be a matrix of integers, not int64 of shape (1,)."),
        (
            "systolic",
            [[1, 2]],
            [[1]],
            "a of shape (1, 2) and w of shape (1, 1): columns of a must equal rows of w.",
        ),
    ],
)
def test_operands_of_matmul_are_checked(name, a, w, sentence):
    with pytest.raises(gen.UsageError) as error:
        gen.matmul(name, a, w)
    assert str(error.value) == sentence


def test_matmul_needs_integer_formats():
    with pytest.raises(gen.UsageError, match=r"^w_format=flint4: matmul needs an integer format, such as int8\.$"):
        gen.matmul(gen.generate("systolic", rows=2, cols=2, w_format="flint4"), [[1]], [[1]])


@pytest.mark.parametrize(
    ("dataflow", "shapes"),
    [("ws", ((5, 4), (4, 2))), ("os", ((4, 7), (7, 2))), ("is", ((2, 4), (4, 3)))],
)
def test_tiles_and_their_results_give_the_product(dataflow, shapes):
    rng = np.random.default_rng(1)
    a, w = rng.integers(-128, 128, (5, 7)), rng.integers(-128, 128, (7, 3))
    pairs = gen.tiles(a.tolist(), w.tolist(), 4, 2, dataflow)
    assert {(tile_a.shape, tile_w.shape) for tile_a, tile_w in pairs} == {shapes}
    product = gen.assemble([tile_a @ tile_w for tile_a, tile_w in pairs], a, w, 4, 2, dataflow)
    np.testing.assert_array_equal(product, a @ w)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([[1]], [[1]], 2, 2, "rs"), "dataflow=rs: dataflow must be one of ws, os, is."),
        (([[1]], [[1]], 2, 0), "cols=0: cols must be at least 1."),
        (([1], [[1]], 2, 2), "a: it must be a matrix, not an array of shape (1,)."),
        (([[1, 2]], [[1]], 2, 2), "a of shape (1, 2) and w of shape (1, 1): columns of a must equal rows of w."),
    ],
)
def test_arguments_of_tiles_are_checked(arguments, sentence):
    for call in (gen.tiles, lambda *given: gen.assemble([], *given)):
        with pytest.raises(gen.UsageError) as error:
            call(*arguments)
        assert str(error.value) == sentence


def test_a_missing_result_is_reported():
    with pytest.raises(gen.UsageError, match=r"^results: there must be 2 results, one per tile, not 1\.$"):
        gen.assemble([np.eye(2)], np.eye(2), np.ones((2, 4)), 2, 2)


def test_tensors_are_quantised():
    q = gen.quantise.uniform(gen.prune.n_of_m(np.array([[4.0, 1.0, -2.0, 1.0]])), "int8")
    np.testing.assert_array_equal(q.integers, [[127, 0, -64, 0]])
    with pytest.raises(gen.QuantiseError):
        gen.quantise.uniform([np.nan], "int8")


def test_run_compares_with_numpy():
    done = gen.run("gemm", on="outer_product", m=5, k=20, n=6, depth=64)
    assert (done.checked, done.mismatches) == (30, 0)
    assert done.execution.cycles >= max(done.job.roof.values())


class Invert(Component):
    """Inverter."""

    latency, peak = 0, 1

    @staticmethod
    def members(p):
        return {"x": In(8), "y": Out(8)}

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.y.eq(~self.x)
        return m


class Systolic(Invert):
    """A component with the name of a generator's."""


@pytest.mark.parametrize("component", [Invert, Systolic])
def test_a_component_without_a_bench_is_generated_but_not_simulated(component):
    design = gen.generate(component())
    assert "~" in design.verilog
    message = f"component '{component.__name__.lower()}' has no bench: name one in a Generator.*{GROUP}"
    for cases in (1, []):
        with pytest.raises(gen.UsageError, match=message):
            gen.simulate(design, cases)


def test_a_bench_that_cannot_be_imported_is_named():
    design = Generator("invert", Invert, bench="systola_absent.bench").design()
    with pytest.raises(gen.UsageError, match=r"generator 'invert': its bench systola_absent.bench is not a module"):
        gen.simulate(design, [])
