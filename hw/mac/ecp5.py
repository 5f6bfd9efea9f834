"""The 18 x 18 multiplier of Lattice ECP5, with its own input and output registers."""

from amaranth.hdl import ClockSignal, Const, Instance, Module, Signal


def mult18x18d(multiply) -> Module:
    """`Multiply` as one MULT18X18D: operands sign- or zero-extended to 18 bits and multiplied as signed.

    Source: Lattice ECP5 and ECP5-5G sysDSP Usage Guide.
    """
    m = Module()
    bits = {side: Signal(18, name=f"{side.lower()}_18") for side in "AB"}
    product = Signal(36)
    m.d.comb += [
        bits["A"].eq(multiply.a),  # extends by the operand's own sign
        bits["B"].eq(multiply.b),
        multiply.product.eq(product),
    ]
    registers = {"A": ("CLK0", "CE0"), "B": ("CLK0", "CE1")}
    ports, parameters = {}, {}
    for side, (clock, enable) in registers.items():
        parameters |= {f"p_REG_INPUT{side}_CLK": clock, f"p_REG_INPUT{side}_CE": enable}
        ports |= {f"i_{side}{n}": bits[side][n] for n in range(18)}
        ports |= {f"i_SIGNED{side}": Const(1), f"i_SOURCE{side}": Const(0)}
    output = "CLK0" if multiply.p.product_register else "NONE"
    m.submodules.mult = Instance(
        "MULT18X18D",
        p_REG_OUTPUT_CLK=output,
        p_REG_OUTPUT_CE="CE0",
        p_GSR="DISABLED",
        p_RESETMODE="SYNC",
        **parameters,
        **ports,
        i_CLK0=ClockSignal(),
        i_CE0=Const(1),
        i_CE1=multiply.load,
        i_RST0=Const(0),
        **{f"o_P{n}": product[n] for n in range(36)},
    )
    return m
