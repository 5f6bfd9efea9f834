"""Memory traffic of a matrix product on a systolic array: one trace, on one scratchpad or on several.

A word is a row of activations, of weights or of results, as transferred in one beat of the array. The dataflow is
weight stationary: for each of NB column blocks of W and each of KB row blocks, `rows` words of weights are read, then M
words of inputs, while M words of results are written. Meanwhile a DMA engine fills the operands of the next product and
reads the results of the previous one, which are in the other half of each region.
"""

from dataclasses import dataclass

from ..golden.scratchpad import ScratchpadRequest
from ..golden.split_scratchpad import parts
from .scratchpad import ScratchpadCase

HOMES = {
    "data": {"input": "input", "weight": "weight", "output": "output"},
    "function": {"input": "matrix", "weight": "matrix", "output": "vector"},
    "stage": {"input": "input", "weight": "input", "output": "accumulator"},
}
"""Region of the inputs, weights and outputs of a matrix product, in each split."""


@dataclass
class GemmTraffic:
    """Size in `words` of each region (input, weight, output), and by region the accesses of the array and of the DMA
    engine, in order, with addresses that count from the start of the region."""

    words: dict[str, int]
    array: dict[str, list[ScratchpadRequest]]
    dma: dict[str, list[ScratchpadRequest]]


def traffic(m: int, k: int, n: int, *, rows: int, cols: int, width: int) -> GemmTraffic:
    """Trace of (m, k) x (k, n) on an array of rows x cols, with words of `width` bits."""
    k_blocks, n_blocks = -(-k // rows), -(-n // cols)
    inputs, weights, outputs = k_blocks * m, k_blocks * n_blocks * rows, n_blocks * m
    every = (1 << width // 8) - 1

    def write(addr: int) -> ScratchpadRequest:
        return ScratchpadRequest(addr, True, addr % 256, every)

    tiles = [(n_block, k_block) for n_block in range(n_blocks) for k_block in range(k_blocks)]
    return GemmTraffic(
        {"input": 2 * inputs, "weight": 2 * weights, "output": 2 * outputs},
        {
            "input": [ScratchpadRequest(k_block * m + row) for _, k_block in tiles for row in range(m)],
            "weight": [ScratchpadRequest(addr) for addr in range(weights)],
            "output": [write(n_block * m + row) for n_block, _ in tiles for row in range(m)],
        },
        {
            "input": [write(inputs + addr) for addr in range(inputs)],
            "weight": [write(weights + addr) for addr in range(weights)],
            "output": [ScratchpadRequest(outputs + addr) for addr in range(outputs)],
        },
    )


def unified(parameters: dict, trace: GemmTraffic) -> ScratchpadCase:
    """Requests on one scratchpad with consecutive regions: a port for each of inputs, weights and outputs, the last for
    the DMA."""
    return ScratchpadCase(_placed("port", parameters, trace, list(trace.words)))


def split(parameters: dict, trace: GemmTraffic) -> ScratchpadCase:
    """Requests on a split scratchpad: in each part a port for each region located there, the last for the DMA."""
    homes = HOMES[parameters["by"]]
    requests = {}
    for name, part in parts(parameters).items():
        requests |= _placed(name, part, trace, [region for region, home in homes.items() if home == name])
    return ScratchpadCase(requests)


def _placed(
    prefix: str, parameters: dict, trace: GemmTraffic, regions: list[str]
) -> dict[str, list[ScratchpadRequest]]:
    """Requests of each port. Streams share the last port, in turn, if there are not enough."""
    needed = sum(trace.words[region] for region in regions)
    if needed > parameters["depth"]:
        raise ValueError(f"{', '.join(regions)} need {needed} words, and {prefix} has {parameters['depth']}")
    bases = {region: sum(trace.words[other] for other in regions[:n]) for n, region in enumerate(regions)}

    def at(region: str, requests: list[ScratchpadRequest]) -> list[ScratchpadRequest]:
        return [ScratchpadRequest(bases[region] + r.addr, r.write, r.data, r.strobe) for r in requests]

    streams = [at(region, trace.array[region]) for region in regions]
    if regions:
        streams.append(_in_turn([at(region, trace.dma[region]) for region in regions]))
    ports = parameters["ports"]
    if len(streams) > ports:
        streams[ports - 1 :] = [_in_turn(streams[ports - 1 :])]
    return {f"{prefix}{port}": streams[port] if port < len(streams) else [] for port in range(ports)}


def _in_turn(streams: list[list[ScratchpadRequest]]) -> list[ScratchpadRequest]:
    longest = max(map(len, streams))
    return [stream[n] for n in range(longest) for stream in streams if n < len(stream)]
