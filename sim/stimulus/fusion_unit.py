"""Stimulus of the Fusion Unit: given operands and random ones."""

from dataclasses import dataclass

import numpy as np

from ..golden.fusion_unit import MODES, WORD, Mode, pack
from .resets import Interruptible


@dataclass
class FusionUnitCase(Interruptible):
    """Sequence of words (or, for the temporal design, sixteen values per product), and the mode of each."""

    a: np.ndarray
    w: np.ndarray
    modes: list[Mode]
    gap: float = 0.0
    stall: float = 0.0
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not self.gap and not self.stall


def every_pair(mode: Mode, rng: np.random.Generator) -> FusionUnitCase:
    """All pairs of values of a mode, at each place of a word: each place has its own order of the pairs."""
    sides = [np.arange(low, high + 1) for low, high in mode.limits.values()]
    pairs = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    places = np.stack([rng.permutation(pairs) for _ in range(mode.values)], axis=1)
    a, w = (pack(places[:, :, side], bits) for side, bits in ((0, mode.a_bits), (1, mode.w_bits)))
    return FusionUnitCase(a, w, [mode] * len(pairs))


def sampled(mode: Mode, rng: np.random.Generator, count: int) -> FusionUnitCase:
    """Random words of values: any, extreme ones, or both."""
    a, w = (values(rng, mode, side, (count, mode.values)) for side in "aw")
    return FusionUnitCase(pack(a, mode.a_bits), pack(w, mode.w_bits), [mode] * count)


def random_cases(parameters: dict, count: int, seed: int) -> list[FusionUnitCase]:
    """Seeded random words, the mode changing from word to word: every fourth case runs without pauses.

    Bits of a word beyond its values are random too.
    """
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        modes = [MODES[n] for n in rng.integers(len(MODES), size=int(rng.integers(20, 80)))]
        parts = [sampled(mode, rng, 1) for mode in modes]
        a, w = (np.concatenate([getattr(part, side) for part in parts]) for side in "aw")
        for words, bits in ((a, [m.a_bits for m in modes]), (w, [m.w_bits for m in modes])):
            used = [m.values * b for m, b in zip(modes, bits, strict=True)]
            words |= [int(rng.integers(1 << WORD)) >> n << n for n in used]
        cases.append(FusionUnitCase(a, w, modes, *pauses(rng, number)))
    return cases


def values(rng: np.random.Generator, mode: Mode, side: str, shape: tuple[int, ...]) -> np.ndarray:
    low, high = mode.limits[side]
    values = rng.integers(low, high, shape, endpoint=True)
    extremes = rng.choice(np.array([low, high, -1 if low else 0]), shape)
    often = rng.choice([0.0, 0.5, 1.0], (shape[0], *[1] * (len(shape) - 1)))
    return np.where(rng.random(shape) < often, extremes, values)


def pauses(rng: np.random.Generator, number: int) -> tuple[float, float, int]:
    gap, stall = rng.choice([0.0, 0.1, 0.5, 0.9], 2) * (number % 4 != 0)
    return float(gap), float(stall), int(rng.integers(2**31))
