"""Port lists in groups, and descriptions of harnesses that do not fit a design."""

import re

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.dram import DramSettings
from systola.sim.runner.harness import Harness
from systola.sim.runner.harness_verilog import port_name
from systola.sim.runner.ports import group, read_ports
from systola.sim.runner.simulator import SimulatorError
from systola.sim.runner.verilator import lint


@pytest.mark.parametrize("name", ["dma", "outer_product"])
def test_ports_of_the_verilog_equal_those_of_the_design(name):
    design = generate(name, find(name).component())
    assert read_ports(design.verilog, design.top) == design.ports


def test_groups(probe):
    groups = group(read_ports(probe, "probe"))
    assert list(groups.masters) == ["m_axi", "m_axi_weights"]
    assert [(bus.data, bus.addr, bus.id) for bus in groups.masters.values()] == [(64, 32, 3), (32, 32, 1)]
    assert (len(groups.registers), groups.irq, groups.busy, groups.reset) == (19, True, 3, True)
    signals = ("tdata", "tvalid", "tready")
    assert groups.links == [f"{stream}_{signal}" for stream in ("s_axis_in", "m_axis_out") for signal in signals]


def test_links_pass_through():
    design = generate("dma", find("dma").component())
    harnessed = Harness().around(design.verilog, design.top, design.ports)
    links = {name: port for name, port in harnessed.ports.items() if not name.startswith("set")}
    assert links == {name: port for name, port in design.ports.items() if not name.startswith("m_axi_")}
    assert harnessed.plan.memories == (((0, "m_axi"),),)


def test_a_harness_is_accepted_without_a_warning(probe):
    joins = [((n, "m_axis_out"), (1 - n, "s_axis_in")) for n in range(2)]
    memories = [[(0, "m_axi"), (1, "m_axi_weights")], [(1, "m_axi"), (0, "m_axi_weights")]]
    harnessed = Harness(2, memories, joins).around(probe, "probe", driver=True)
    text = lint(harnessed.verilog, harnessed.top)
    assert not re.findall(r"%(?:Error|Warning-(?!WIDTH)).*", text)


def test_names_of_ports():
    assert [port_name(name, 1) for name in ("s_axil_awaddr", "m_axis_east_tdata", "irq", "desc_bus_addr")] == [
        *("s_axil_1_awaddr", "m_axis_east_1_tdata", "irq_1", "desc_bus_addr_1")
    ]
    assert port_name("irq", None) == "irq"


@pytest.mark.parametrize(
    ("harness", "message"),
    [
        (Harness(0), "instances is 0: it must be from 1 to 256"),
        (Harness(bytes=100), "bytes is 100: it must be a multiple of 64"),
        (Harness(memories=[["m_axi"]]), "m_axi_weights of instance 0 is in 0 DRAMs: it must be in 1"),
        (Harness(memories=[["m_axi", "m_axi"], ["m_axi_weights"]]), "m_axi of instance 0 is in 2 DRAMs"),
        (Harness(memories=[["m_axi", "m_axi_x"]]), "instance 0 of probe has no AXI4 master m_axi_x"),
        (Harness(memories=[[]]), "DRAM 0 has no master"),
        (Harness(joins=[((0, "m_axis_out"), (1, "s_axis_in"))]), "instance 1 of probe has no link s_axis_in"),
        (Harness(joins=[((0, "m_axis_out"), (0, "nothing"))]), "instance 0 of probe has no link nothing"),
        (Harness(joins=[((0, "m_axis_out_tdata"), (0, "s_axis_in_tvalid"))]), "differ in width"),
        (Harness(joins=[((0, "s_axis_in_tdata"), (0, "s_axis_in_tdata"))]), "one must be an output"),
        (Harness(2, joins=[((n, "m_axis_out"), (0, "s_axis_in")) for n in (0, 1)]), "joined twice"),
    ],
)
def test_a_description_that_does_not_fit(probe, harness, message):
    with pytest.raises(SimulatorError, match=message):
        harness.around(probe, "probe")


@pytest.mark.parametrize(
    ("ports", "message"),
    [
        ("input clock", "no clock"),
        ("input clk, output m_axi_arvalid", "master m_axi has no port m_axi_araddr"),
        ("input clk, input [63:0] s_axil_wdata", "registers of the design must be 32 bits wide"),
        (
            "input clk, output x_arvalid, input x_arready, output [31:0] x_araddr, input [23:0] x_rdata",
            "x has beats of 24 bits",
        ),
        ("input clk, input set", "odd has a port set, which its harness needs"),
        ("clk", "expected `input` or `output`"),
    ],
)
def test_a_design_that_cannot_be_driven(ports, message):
    with pytest.raises(SimulatorError, match=message):
        Harness().around(f"module odd ({ports});\nendmodule\n", "odd")
    with pytest.raises(SimulatorError, match="no module even"):
        Harness().around("module odd (input clk);\nendmodule\n", "even")


@pytest.mark.parametrize(
    "settings",
    [
        *({"latency": 0}, {"stall": 256}, {"rate": 0}, {"rate": 1 << 31}, {"size": (1 << 30) + 1}),
        *({"faults": ((0, 1, 0),)}, {"faults": ((2, 1, 1),)}, {"faults": ((0, 1, 1),) * 5}, {"fault_beat": (0, 0, 4)}),
    ],
)
def test_settings_out_of_range(settings):
    with pytest.raises(SimulatorError, match=r"must be|at most"):
        DramSettings(**settings)
