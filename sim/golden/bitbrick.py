"""Golden model of the BitBrick, and the composition of wider products from BitBricks."""


def value(code: int, signed: bool) -> int:
    """Value of a two-bit code: 0 to 3, or 0, 1, -2, -1."""
    return code - 4 * (signed and code >= 2)


def product(a: int, a_signed: bool, b: int, b_signed: bool) -> int:
    """Product a * b of two codes."""
    return value(a, a_signed) * value(b, b_signed)


def fused(a: int, a_bits: int, a_signed: bool, b: int, b_bits: int, b_signed: bool) -> int:
    """Product of two codes of any even width from BitBricks (ISCA 2018, equations 1 to 3).

    The sum over slices i of a and j of b of brick(a_i, b_j) << 2 * (i + j). Only a signed code's top slice is signed.
    """
    total = 0
    for i in range(a_bits // 2):
        for j in range(b_bits // 2):
            a_top, b_top = i == a_bits // 2 - 1, j == b_bits // 2 - 1
            brick = product(a >> 2 * i & 3, a_signed and a_top, b >> 2 * j & 3, b_signed and b_top)
            total += brick << 2 * (i + j)
    return total
