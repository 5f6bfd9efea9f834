"""Fan-out of the signals of a mapped netlist."""

from collections import Counter


def fanout(module: dict) -> tuple[int, int]:
    """Number of signals that drive cell inputs, and the largest fan-out of one of them; except clock and reset.

    `module` is one module of a netlist in Yosys's JSON format.
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
