"""AXI signatures, and their port names in Verilog."""

from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out

from systola.gen.verilog.verilog import generate
from systola.hw.bus.axi import Axi4, AxiLite
from systola.hw.component import Component


class Bridge(Component):
    """Latency 0."""

    latency, peak = 0, 1

    @staticmethod
    def members(p):
        return {"s_axil": In(AxiLite(12)), "m_axi": Out(Axi4(32, 64, id_width=3))}

    def elaborate(self, platform):
        return Module()


def test_ports_have_the_names_of_the_standard():
    ports = {name: (width, way[0]) for name, (way, width) in generate("bridge", Bridge()).ports.items()}
    assert ports.pop("clk") == ports.pop("rst") == (1, "i")
    master = {name.removeprefix("m_axi_"): port for name, port in ports.items() if name.startswith("m_axi_")}
    assert master["awaddr"] == master["araddr"] == (32, "o")
    assert master["awid"] == (3, "o")
    assert master["bid"] == (3, "i")
    assert [master[name] for name in ("awlen", "awsize", "awburst")] == [(8, "o"), (3, "o"), (2, "o")]
    assert [master[name] for name in ("wdata", "wstrb", "wlast")] == [(64, "o"), (8, "o"), (1, "o")]
    assert [master[name] for name in ("rdata", "rresp", "rlast")] == [(64, "i"), (2, "i"), (1, "i")]
    for channel in ("aw", "w", "ar"):
        assert master[f"{channel}valid"] == (1, "o")
        assert master[f"{channel}ready"] == (1, "i")
    for channel in ("b", "r"):
        assert master[f"{channel}valid"] == (1, "i")
        assert master[f"{channel}ready"] == (1, "o")
    slave = {name.removeprefix("s_axil_"): port for name, port in ports.items() if name.startswith("s_axil_")}
    assert slave["awaddr"] == (12, "i")
    assert slave["awprot"] == (3, "i")
    assert slave["awready"] == slave["bvalid"] == slave["rvalid"] == (1, "o")
    assert slave["rdata"] == (32, "o")
    assert len(master) + len(slave) == len(ports)
