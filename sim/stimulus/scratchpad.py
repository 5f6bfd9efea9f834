"""Stimulus of the scratchpads: accesses for their benches, and random ones."""

from dataclasses import dataclass

import numpy as np

from ..golden.scratchpad import ScratchpadRequest
from .resets import Interruptible


@dataclass
class ScratchpadCase(Interruptible):
    """Requests of each port, by its name; the probability of a pause before each request; the stall probability of
    responses."""

    requests: dict[str, list[ScratchpadRequest]]
    gap: float = 0.0
    stall: float = 0.0
    seed: int = 0


KINDS = ("uniform", "hot bank", "one address", "stride", "reads")


def random_cases(parameters: dict, count: int, seed: int, *, length: int = 40) -> list[ScratchpadCase]:
    """Seeded random accesses of each of :data:`KINDS`; half of the cases run without pauses. The last reads every word
    (of a large memory, some); where words are undefined at first (style huge), the first writes those."""
    rng = np.random.default_rng(seed)
    cases = [_random_case(parameters, rng, number, length) for number in range(count)]
    if count > 1:
        cases[-1] = sweep(parameters)
    if parameters["style"] == "huge":
        cases[0] = sweep(parameters, write=True)
    return cases


def uniform(parameters: dict, rng: np.random.Generator, length: int, *, kind: str = "uniform") -> ScratchpadCase:
    """Lists of `length` random accesses per port: "uniform"; all at a "hot bank"; all at "one address"; or only
    "reads"."""
    addresses = rng.integers(0, 1 << (parameters["depth"] - 1).bit_length(), (parameters["ports"], length))
    if kind == "hot bank":
        banks, rows = parameters["banks"], parameters["depth"] // parameters["banks"]
        row = addresses % rows
        addresses = {"low": row * banks, "xor": row * banks + row % banks, "block": row}[parameters["interleave"]]
    elif kind == "one address":
        addresses[:] = addresses[0, 0]
    return ScratchpadCase(
        {
            f"port{port}": [
                _request(parameters, rng, int(addr), kind != "reads" and rng.random() < 0.5) for addr in row
            ]
            for port, row in enumerate(addresses)
        }
    )


def stride(parameters: dict, length: int, *, starts: list[int] | None = None) -> ScratchpadCase:
    """Reads of `length` consecutive words at every port, port i from starts[i] (i)."""
    starts = starts or list(range(parameters["ports"]))
    return ScratchpadCase(
        {
            f"port{port}": [ScratchpadRequest((start + n) % parameters["depth"]) for n in range(length)]
            for port, start in enumerate(starts)
        }
    )


def sweep(parameters: dict, *, write: bool = False, most: int = 512) -> ScratchpadCase:
    """Every word once, of a large memory `most` that are far apart: read, or written with its address."""
    depth, ports = parameters["depth"], parameters["ports"]
    addresses = range(0, depth, -(-depth // most))
    strobe = (1 << parameters["width"] // 8) - 1
    return ScratchpadCase(
        {
            f"port{port}": [
                ScratchpadRequest(addr, True, addr % 256, strobe) if write else ScratchpadRequest(addr)
                for addr in addresses[port::ports]
            ]
            for port in range(ports)
        }
    )


def _random_case(parameters: dict, rng: np.random.Generator, number: int, length: int) -> ScratchpadCase:
    kind = KINDS[number // 2 % len(KINDS)]
    if kind == "stride":
        starts = rng.integers(0, parameters["depth"], parameters["ports"]).tolist()
        case = stride(parameters, length, starts=starts)
    else:
        case = uniform(parameters, rng, length, kind=kind)
    case.seed = int(rng.integers(2**31))
    if number % 2:
        case.gap = float(rng.choice([0.0, 0.3, 0.8]))
        case.stall = float(rng.choice([0.0, 0.3, 0.8])) if parameters["buffer"] != 0 else 0.0
    return case


def _request(parameters: dict, rng: np.random.Generator, addr: int, write: bool) -> ScratchpadRequest:
    """Random request. Data are random in a read, too: no result may depend on them. Every eighth word is all ones or
    all zero."""
    size = parameters["width"] // 8
    data = int.from_bytes(rng.bytes(size), "little")
    if rng.random() < 0.125:
        data = (data & 1) * ((1 << 8 * size) - 1)
    full = (1 << size) - 1
    strobe = full if rng.random() < 0.3 else int.from_bytes(rng.bytes(-(-size // 8)), "little") & full
    return ScratchpadRequest(addr, write, data, strobe)
