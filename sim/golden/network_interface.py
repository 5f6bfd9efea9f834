"""What a network interface makes of packets: flits or a refusal, and beats again."""

from collections.abc import Iterable, Sequence

OWN, UNREACHABLE, TOO_LONG = range(3)

Beats = Sequence[int]
"""The words of a packet."""


def refusal(node: int, nodes: int, longest: int, dest: int, beats: Beats) -> int | None:
    """Why a packet is not sent; None if it is."""
    if dest == node:
        return OWN
    if dest >= nodes:
        return UNREACHABLE
    return TOO_LONG if len(beats) > longest else None


def flits(beats: Beats, width: int, count: int) -> list[int]:
    """The words of `count` flits for each beat, the low bits first."""
    return [beat >> width * n & (1 << width) - 1 for beat in beats for n in range(count)]


def beats(words: Iterable[int], width: int, count: int) -> list[int]:
    """The beats of a packet whose flits have these words; the last is filled up with zeros."""
    words = list(words)
    groups = [words[n : n + count] for n in range(0, len(words), count)]
    return [sum(word << width * n for n, word in enumerate(group)) for group in groups]
