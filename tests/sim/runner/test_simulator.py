"""Build and run on both simulators, with one tiny design whose bench is controlled by its environment."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from systola.sim.runner import cache, simulator
from systola.sim.runner.simulator import SimulatorError, ToolMissing, build

DESIGN = """
module tiny(clk, rst, s_axis_a_tdata, s_axis_a_tvalid, m_axis_o_tdata, m_axis_o_tvalid);
  input clk; input rst;
  input [4095:0] s_axis_a_tdata; input s_axis_a_tvalid;
  output reg [4095:0] m_axis_o_tdata; output reg m_axis_o_tvalid;
  always @(posedge clk) begin
    m_axis_o_tdata <= ~s_axis_a_tdata;
    m_axis_o_tvalid <= s_axis_a_tvalid & ~rst;
  end
endmodule
"""

BENCH = """
import os, time
import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

@cocotb.test()
async def inverts(dut):
    dut.rst.value = 0
    dut.s_axis_a_tvalid.value = 1
    dut.clk.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    job = os.environ["JOB"]
    if job == "crash":
        os.abort()
    if job == "hang":
        time.sleep(60)
    for value in (0, 1, 1 << 4095, int(job)):
        dut.s_axis_a_tdata.value = value
        await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        assert dut.m_axis_o_tvalid.value == 1
        seen = dut.m_axis_o_tdata.value.to_unsigned()
        assert seen == 2**4096 - 1 - value
    assert value != 13, "thirteen is unlucky"
    open("seen", "w").write(str(value))
"""

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus is not installed")
both = pytest.mark.parametrize("name", ["verilator", pytest.param("icarus", marks=needs_icarus)])


@pytest.fixture(autouse=True)
def bench(tmp_path, monkeypatch):
    folder = tmp_path / "benches"
    folder.mkdir()
    (folder / "tiny_bench.py").write_text(BENCH)
    (folder / "empty_bench.py").write_text("")
    monkeypatch.syspath_prepend(folder)


def run(tmp_path, job, name="verilator", **options):
    workdir = tmp_path / f"run-{job}"
    build(DESIGN, "tiny", simulator=name).run("tiny_bench", env={"JOB": str(job)}, workdir=workdir, **options)
    return (workdir / "seen").read_text()


@both
def test_runs_that_share_a_build_are_independent(tmp_path, name):
    before = sorted(build(DESIGN, "tiny", simulator=name).directory.iterdir())
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda job: run(tmp_path, job, name), [5, 6])) == ["5", "6"]
    assert sorted(build(DESIGN, "tiny", simulator=name).directory.iterdir()) == before


@both
def test_a_failed_test_is_quoted(tmp_path, name):
    with pytest.raises(SimulatorError, match="thirteen is unlucky"):
        run(tmp_path, 13, name)


@both
def test_a_crash_is_an_error(tmp_path, name):
    with pytest.raises(SimulatorError, match="no result"):
        run(tmp_path, "crash", name)


def test_a_run_has_a_time_limit(tmp_path):
    with pytest.raises(SimulatorError, match="within 1 s"):
        run(tmp_path, "hang", timeout=1)


def test_a_bench_without_tests_is_an_error(tmp_path):
    with pytest.raises(SimulatorError, match="empty_bench"):
        build(DESIGN, "tiny").run("empty_bench", env={}, workdir=tmp_path)


def test_the_job_has_priority_over_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("JOB", "7")
    assert run(tmp_path, 8) == "8"


@both
def test_a_second_build_compiles_nothing(monkeypatch, name):
    first = build(DESIGN, "tiny", simulator=name)
    monkeypatch.setattr(simulator._backend(name), "compile", lambda *_: pytest.fail("compiled again"))
    assert build(DESIGN, "tiny", simulator=name) == first


@both
def test_wrong_verilog_is_an_error(tmp_path, monkeypatch, name):
    monkeypatch.setenv("SYSTOLA_CACHE", str(tmp_path))
    with pytest.raises(SimulatorError, match=r"tiny.*\n(.*\n)*.*design\.v:1[01]"):
        build(DESIGN.replace("endmodule", "endmodulo"), "tiny", simulator=name)
    assert not [path for path in tmp_path.glob(f"{name}-*") if path.is_dir()]


@pytest.mark.parametrize("suffix", ["fst", "vcd"])
@both
def test_waves(tmp_path, name, suffix):
    waves = tmp_path / f"tiny.{suffix}"
    try:
        built = build(DESIGN, "tiny", simulator=name, waves=suffix)
    except ToolMissing as missing:
        pytest.skip(str(missing))
    built.run("tiny_bench", env={"JOB": "9"}, workdir=tmp_path / "run", waves=waves)
    assert waves.stat().st_size > 500
    assert waves.read_bytes().startswith(b"$") == (suffix == "vcd")


def test_waves_of_the_wrong_kind_are_rejected(tmp_path):
    with pytest.raises(SimulatorError, match=r"x\.vcd cannot be recorded"):
        run(tmp_path, 1, waves=tmp_path / "x.vcd")


@pytest.mark.parametrize(("name", "package"), [("verilator", r"g\+\+"), ("icarus", "iverilog")])
def test_a_missing_tool_is_named(monkeypatch, name, package):
    monkeypatch.setattr(simulator.shutil, "which", lambda _: None)
    with pytest.raises(ToolMissing, match=f"apt-get install {package}"):
        build(DESIGN, "tiny", simulator=name)


def test_unknown_simulators_are_rejected():
    with pytest.raises(SimulatorError, match="choose verilator or icarus"):
        build(DESIGN, "tiny", simulator="modelsim")


@pytest.mark.parametrize("ports", ["input clk, input [7:0] a, output reg signed [3:0] b", "clk, a,\n b"])
def test_port_names(ports):
    from systola.sim.runner.verilator import port_names

    text = f"(* top *) module other(x); endmodule module m({ports}); // (\n"
    assert port_names(text, "m") == ["clk", "a", "b"]


def test_the_cache_holds_only_complete_builds(tmp_path, monkeypatch):
    monkeypatch.setenv("SYSTOLA_CACHE", str(tmp_path))

    def stop(directory):
        (directory / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.once("thing", ["x"], stop)
    assert not [path for path in tmp_path.glob("thing-*") if path.is_dir()]
    made = cache.once("thing", ["x"], lambda directory: (directory / "whole").touch())
    assert [path.name for path in made.iterdir()] == ["whole"]
    assert cache.once("thing", ["x"], stop) == made
    assert cache.once("thing", ["y"], lambda directory: None) != made


BLOCKS = """
module tiny(input clk, input [7:0] a, output [7:0] o);
  wire [7:0] between;
  tiny__cell one (clk, a, between);
  tiny__cell two (clk, between, o);
endmodule
module tiny__cell(input clk, input [7:0] i, output reg [7:0] o);
  always @(posedge clk) o <= i ^ {i[0], i[7:1]};
endmodule
"""


def test_a_block_is_compiled_once_and_called_by_the_top(tmp_path, monkeypatch):
    """The name of the block has two underscores, as those of all submodules of a generated design."""
    from systola.sim.runner import verilator

    monkeypatch.setattr(verilator.shutil, "rmtree", lambda folder: None)
    verilator.Verilator("tiny", hier_blocks=("tiny__cell",)).compile(BLOCKS, tmp_path)
    top = "".join(path.read_text() for path in (tmp_path / "work" / "cpp").glob("Vtop*.cpp"))
    assert "protectlib" in top
