"""Mutants that no legal input distinguishes from the design, for reasons that the proof of equivalence cannot use."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why mutants of a generator, those whose description matches the regular expression `mutant`, are equivalent."""

    generator: str
    mutant: str
    reason: str

    def explains(self, generator: str, mutant: str) -> bool:
        return generator == self.generator and re.search(self.mutant, mutant) is not None


REASONS = (
    Reason(
        "bfloat16_systolic",
        r"^bfloat16_systolic__bfloat16_multiply_keep: Y\[0\] stuck at 1; assign _[24] = ~ [ab]_fractional;",
        "a NaN then counts as an infinity as well, and where an operand is NaN the result ignores infinities",
    ),
    Reason(
        "bfloat16_systolic",
        r"^bfloat16_systolic__mesh_bfloat16_cell_keep_memory_r4_c4: east\[",
        "the east edge of the grid is connected to nothing",
    ),
    Reason(
        "nm_mac",
        r"^nm_mac__nm_mac_n2_m4\w*: A\[(2[4-9]|3[01])\] .*; assign a0 = ",
        "the first of two ascending places is at most 2; a group whose places do not ascend adds nothing",
    ),
    Reason(
        "fusion_array",
        r"^fusion_array__fused_multiply_\w+: A\[0\] stuck at 0; assign _13 = ~ a\[36\];",
        "weights of 16 bits also set the flags of at least 4 and of at least 8 bits, which have the same effect",
    ),
    Reason(
        "fusion_array",
        r"^fusion_array__delay_w46_c2_memory: B\[0\] stuck at 0; if \(auto_\d+\) index <= 1'h0;",
        "this input of the multiplexer is the constant 0",
    ),
    Reason(
        "fusion_array",
        r"^fusion_array__buffer_slice_\w+: A\[\d+\] stuck at 0; if \(i_valid\)",
        "this input is the undefined data of the write port of the memory while it does not write",
    ),
    Reason(
        "sparse_systolic",
        r"^sparse_systolic__sparse_decoder_n2_m4_\w*_g2: Y\[[4-7]\] .*= take \? \{ 4'h0, words",
        "a word has two groups; after the first has left it, only its low 4 bits are read before the next word",
    ),
)


def reason(generator: str, mutant: str) -> str:
    """Reason why a mutant is equivalent; empty if there is none."""
    return next((each.reason for each in REASONS if each.explains(generator, mutant)), "")
