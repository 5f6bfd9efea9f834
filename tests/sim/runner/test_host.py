"""Designs in their harness under cocotb, on both simulators."""

import shutil
from pathlib import Path

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner import job
from systola.sim.runner.harness import Harness
from systola.sim.runner.job import BenchJob
from systola.sim.runner.session import SOURCES
from systola.sim.runner.simulator import SimulatorError, build

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus is not installed")
both = pytest.mark.parametrize("simulator", ["verilator", pytest.param("icarus", marks=needs_icarus)])
RING = [((0, "m_axis_out"), (1, "s_axis_in")), ((1, "m_axis_out"), (0, "s_axis_in"))]


@pytest.fixture(autouse=True)
def benches(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent)


def run(folder, simulator, harness, verilog, top, parameters, cases):
    harnessed = harness.around(verilog, top, simulator=simulator)
    inputs = [
        name for name, (direction, _) in harnessed.ports.items() if direction == "input" and name not in ("clk", "rst")
    ]
    BenchJob(parameters | {"bytes": harnessed.bytes}, inputs, cases).save(folder)
    built = build(harnessed.verilog, harnessed.top, simulator=simulator, sources=SOURCES)
    built.run("harness_bench", env={job.ENVIRONMENT: str(folder)}, workdir=folder)
    return job.load_outcome(folder)[0]


@both
def test_outer_products_with_latency_stalls_faults_and_bandwidth(tmp_path, simulator):
    generator = find("outer_product")
    design = generate("outer_product", generator.component())
    cases = generator.cases(design.parameters, 24, 1)
    outcome = run(tmp_path, simulator, Harness(bytes=1 << 16), design.verilog, design.top, design.parameters, cases)
    assert outcome.checked > 1 << 17


@both
def test_two_instances_in_a_ring(tmp_path, simulator, probe):
    outcome = run(tmp_path, simulator, Harness(2, joins=RING, bytes=1 << 16), probe, "probe", {}, [])
    assert outcome.checked == 2


@needs_icarus
def test_an_image_larger_than_the_array_of_icarus(tmp_path, probe):
    harness = Harness(2, joins=RING, bytes=1 << 11)
    with pytest.raises(SimulatorError, match="4,096 bytes is too large: the limit is 2,048 bytes"):
        run(tmp_path, "icarus", harness, probe, "probe", {}, [])
