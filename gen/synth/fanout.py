"""How a mapped netlist is wired."""

from collections import Counter


def fanout(module: dict) -> tuple[int, int]:
    """Signals that drive something, and the most cell inputs that one of them drives; clock and reset apart.

    `module` is one module of a netlist as Yosys writes JSON.
    """
    apart = {bit for name in ("clk", "rst") for bit in module["ports"].get(name, {"bits": ()})["bits"]}
    loads = Counter(
        bit
        for cell in module["cells"].values()
        for port, bits in cell["connections"].items()
        if cell["port_directions"][port] == "input"
        for bit in bits
        if isinstance(bit, int) and bit not in apart
    )
    return len(loads), max(loads.values(), default=0)
