"""The 18 x 18 multiplier of Lattice ECP5, with its own input and output registers."""

from amaranth.hdl import ClockSignal, Const, Instance, Module, Signal


def mult18x18d(multiply) -> Module:
    """`Multiply` as one MULT18X18D: operands sign- or zero-extended to 18 bits and multiplied as signed.

    Its registers are never disabled: adjacent multipliers share their enables, which placement does not check.

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
    clock = {False: "NONE", True: "CLK0"}
    ports, parameters = {}, {"p_REG_OUTPUT_CLK": clock[multiply.p.product_register], "p_REG_OUTPUT_CE": "CE0"}
    for side in "AB":
        parameters |= {
            f"p_REG_INPUT{side}_CLK": clock[multiply.p.operand_register],
            f"p_REG_INPUT{side}_CE": "CE0",
        }
        ports |= {f"i_{side}{n}": bits[side][n] for n in range(18)}
        ports |= {f"i_SIGNED{side}": Const(1), f"i_SOURCE{side}": Const(0)}
    m.submodules.mult = Instance(
        "MULT18X18D",
        p_GSR="DISABLED",
        p_RESETMODE="SYNC",
        **parameters,
        **ports,
        i_CLK0=ClockSignal(),
        i_CE0=Const(1),
        i_RST0=Const(0),
        **{f"o_P{n}": product[n] for n in range(36)},
    )
    return m
