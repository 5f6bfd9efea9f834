"""Stimulus of the vector lanes: sums to be requantised and their settings, for the bench, and random ones."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..golden import integer
from ..golden.requantise import SettingsChange
from .resets import Interruptible

WORD = integer.limits("int32")


@dataclass
class RequantiseCase(Interruptible):
    """Packets of rows, int64, and concurrent changes of settings; the first change precedes all packets."""

    changes: list[SettingsChange]
    packets: list[np.ndarray]
    gaps: dict[str, float] = field(default_factory=dict)
    stall: float = 0.0
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not self.stall and not self.gaps.get("x")


def random_cases(parameters: dict, count: int, seed: int) -> list[RequantiseCase]:
    """Seeded random packets and changes: every fourth case runs without pauses; many results are at or near a tie. In
    every second case the first settings are solved for ties, with sums of all sizes in turn."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int) -> RequantiseCase:
    first, totals = random_change(p, rng, np.arange(p["cols"])), None
    if number % 2:
        first, totals = tied(p, rng, first, number // 2)
    changes = [first]
    for _ in range(int(rng.integers(4))):
        some = int(rng.integers(1, p["cols"] + 1))  # any lanes, some twice; also lanes that do not exist
        changes.append(random_change(p, rng, rng.integers(_lanes(p), size=some)))
    packets = []
    for _ in range(int(rng.integers(1, 9))):
        target = changes[int(rng.choice([0, int(rng.integers(len(changes)))]))]
        rows = random_rows(p, rng, target, int(rng.choice([1, 2, 3, int(rng.integers(4, 20))])))
        if totals is not None and target is first:  # the sums of a tie, or next to it
            limits = integer.limits(f"int{p['acc_width']}")
            sums = integer.wrap(
                totals + rng.integers(-1, 2, rows.shape) * (rng.random(rows.shape) < 0.3) - first.bias, 32
            )
            rows = np.where(rng.random(rows.shape) < 0.7, np.clip(sums, *limits), rows)
        packets.append(rows)
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 3) * (number % 4 != 0)
    stall = float(gaps[2]) if p["buffer"] != 0 else 0.0
    return RequantiseCase(
        changes, packets, {"x": float(gaps[0]), "set": float(gaps[1])}, stall, seed=int(rng.integers(2**31))
    )


def _lanes(p: dict) -> int:
    """Lanes that can be addressed."""
    return 1 << (p["cols"] - 1).bit_length()


def random_change(p: dict, rng: np.random.Generator, lane: np.ndarray) -> SettingsChange:
    """Settings for some lanes: scales as networks have them, and any that can be represented."""
    low, high = integer.limits(p["out_format"])
    count = len(lane)
    usual = rng.random(count) < 0.7
    multiplier = np.where(
        usual,
        rng.integers(2**30, 2**31, count),
        rng.choice([*WORD, -1, 0, 1, 2**30, 2**30 - 1, int(rng.integers(*WORD))], count),
    )
    shift = np.where(usual, rng.integers(-12, 1, count), rng.integers(-31, 31, count))
    bias = np.where(rng.random(count) < 0.8, rng.integers(-1000, 1000, count), rng.choice(WORD, count))
    ends = [low, high, max(low, 0)]
    clamp = sorted(rng.integers(low, high, 2, endpoint=True).tolist())
    clamps = [(low, high), tuple(clamp), (low, clamp[1]), (clamp[0], high), tuple(clamp[::-1])]
    clamp = clamps[rng.choice(5, p=[0.6, 0.1, 0.1, 0.1, 0.1])]
    zero_point = int(rng.choice([*ends, int(rng.integers(low, high, endpoint=True))]))
    return SettingsChange(lane, multiplier, shift, bias * p["bias"], zero_point, *clamp)


def tied(p: dict, rng: np.random.Generator, change: SettingsChange, turn: int) -> tuple[SettingsChange, np.ndarray]:
    """Settings with multipliers and shifts for which a sum of each lane, bias included, is at a tie or as near as
    integers allow; and these sums.

    A sum of k bits times its multiplier is within 2^(k - 1) of the tie, so the carry that decides the rounding
    propagates through all bits from k on. k is 4 to 19, in turn. In float32 multipliers are multiples of 2^7, and
    products within half a unit of the last place of a tie become that tie.
    """
    low, high = integer.limits(p["out_format"])
    grain, least = (7, 2**30) if p["rounding"] == "float32" else (0, 1)
    multiplier, shift, totals = change.multiplier.copy(), change.shift.copy(), np.zeros(len(change.lane), np.int64)
    for n in range(len(totals)):
        bits = min(4 + (turn + n) % 16, p["acc_width"] - 2)
        total = int(rng.integers(1 << bits - 1, 1 << bits)) | 1
        half = 2 * (int(rng.integers(low, high, endpoint=True)) - change.zero_point) + 1
        if p["rounding"] == "float32" and (turn + n) % 2:
            multiplier[n], shift[n], totals[n] = _tied_in_float32(p["acc_width"], rng, half)
            continue
        places = 31 + bits - abs(half).bit_length()  # the multiplier has 30 or 31 bits
        target = abs(half) << places - 1
        if p["rounding"] == "gemmlowp" and places > 31:  # the first rounding decides whether the second has a tie
            target -= 1 << 30
        solved = round(target / total / 2**grain) << grain
        solved += int(rng.choice([-1, 0, 0, 1])) << grain if grain else 0
        if solved < least:
            solved, places = solved << 1, places + 1
        if not (least <= solved < 2**31 and 1 <= places <= 62):
            continue
        multiplier[n], shift[n], totals[n] = solved, 31 - places, total if half > 0 else -total
    if not p["per_channel"]:  # the last beat's scale is that of all lanes
        multiplier[:], shift[:], totals[:] = multiplier[-1], shift[-1], totals[-1]
    return replace(change, multiplier=multiplier, shift=shift, low=low, high=high), totals


def _tied_in_float32(width: int, rng: np.random.Generator, half: int) -> tuple[int, int, int]:
    """Multiplier, shift and sum of `width` bits or less whose result is at the tie half / 2 only because the sum or the
    product is rounded to float32; or next to it by the last bit of a small sum."""
    side, size = int(rng.choice([-1, 1])), abs(half)
    sign = 1 if half > 0 else -1
    kind = rng.choice(["sum", "product", "bit"])
    if kind == "sum" and width > 28:  # halfway to the next float32, a power of two as a scale
        bits = int(rng.integers(26, width - 1))
        places = bits - size.bit_length()
        return 2**30, -places, sign * ((size << places) + side * (1 << bits - 25))
    if kind == "product":
        places = 25 - size.bit_length()
        product = (size << places) + side  # 25 bits: halfway to the next float32
        for factor in range(3, 1 << min(7, width - 1), 2):
            if product % factor == 0:
                scale = product // factor
                spare = 31 - scale.bit_length()
                return scale << spare, 31 - spare - places - 1, sign * factor
    places = int(rng.integers(1, max(2, min(8, width - size.bit_length() - 1))))
    return 2**30, -places, sign * ((size << places) + side)


def random_rows(p: dict, rng: np.random.Generator, target: SettingsChange, rows: int) -> np.ndarray:
    """Rows whose results under the settings `target` are mostly within range and often at a tie; and any others."""
    low, high = integer.limits(f"int{p['acc_width']}")
    shape = rows, p["cols"]
    multiplier, shift, bias = np.ones(p["cols"]), np.zeros(p["cols"]), np.zeros(p["cols"], np.int64)
    present = target.lane < p["cols"]
    lane = target.lane[present]
    multiplier[lane], shift[lane], bias[lane] = target.multiplier[present], target.shift[present], target.bias[present]
    scale = np.where(multiplier == 0, 1, multiplier) * 2.0 ** (shift - 31)
    bottom, top = integer.limits(p["out_format"])
    target_values = rng.integers(bottom, top, shape, endpoint=True) + rng.choice([0, 0.5], shape) - target.zero_point
    aimed = np.clip(np.rint(target_values / scale), *WORD).astype(np.int64) + rng.integers(-1, 2, shape)
    aimed = integer.wrap(aimed - bias, 32)
    anything = rng.integers(low, high, shape, endpoint=True)
    ends = rng.choice([low, high, 0, -1, 1], shape)
    kind = rng.random(shape)
    return np.clip(np.where(kind < 0.7, aimed, np.where(kind < 0.85, anything, ends)), low, high)
