"""abfloat (adaptive biased float): the bias places its values above the normal values of a tensor."""

from amaranth.hdl import Cat, Const


def abfloat(code, mantissa_bits: int, bias):
    """Return (magnitude, shift) of a code without its sign: value = (2^M + mantissa) << (exponent + bias), always.

    Source: C. Guo et al., OliVe, ISCA 2023.
    """
    return Cat(code[:mantissa_bits], Const(1, 1)), code[mantissa_bits:] + bias
