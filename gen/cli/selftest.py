"""Computations of `systola board test` on the accelerator of a board, compared with NumPy."""

import numpy as np

from ...sim.golden import layers
from ...sim.network.zoo import convnet
from ...sim.network.zoo import digits as pixels
from ..board.board import Board
from ..errors import UsageError
from ..host.link import BoardError
from ..host.scaling import Scaling

SHAPES = ((1, 1, 1), (4, 4, 4), (8, 16, 8), (13, 7, 5), (33, 40, 17))
"""(rows, depth, columns) of the products."""
BATCHES = (16, 1)
"""Batch sizes in images; the first whose program fits into the board's memory is used."""


def products(board: Board, seed: int) -> str:
    random, macs = np.random.default_rng(seed), 0
    for m, k, n in SHAPES:
        a, b = (random.integers(-128, 128, shape, dtype=np.int8) for shape in ((m, k), (k, n)))
        a[0], b[:, 0] = -128, -128
        scale, bias = random.uniform(0.001, 0.02, n) / np.sqrt(k), random.integers(-1000, 1000, n)
        expected = Scaling.of(n, scale, bias, 5).apply(a.astype(np.int64) @ b.astype(np.int64))
        _compare(f"{m} x {k} x {n}", board.matmul(a, b, scale, bias, 5), expected)
        macs += m * k * n
    return f"{len(SHAPES)} products up to {m} x {k} x {n}, {macs:,} MACs, bit for bit"


def digits(board: Board, count: int) -> str:
    """Classify digits: the whole network on an accelerator that can run it, otherwise only its matrix products."""
    data, network = pixels.load(), convnet.network()
    images, labels = data.test_images[:count], data.test_labels[:count]
    try:
        logits, how = _whole(board, network, images)
    except UsageError:
        logits, how = _by_layers(board, network, images), "matrix products only"
    _compare("the network's output", logits, network.run(images))
    return f"{np.count_nonzero(logits.argmax(axis=1) == labels)} of {len(images)} correct, {how}"


def _whole(board: Board, network: convnet.ConvNet, images: np.ndarray) -> tuple[np.ndarray, str]:
    host, memory = board.engine, board.facts["memory"]
    for batch in (min(batch, len(images)) for batch in BATCHES):
        graph = convnet.graph(network, batch)
        job = host.accelerator.compile(host.p, graph)
        if host.fits(job):
            break
    else:
        raise BoardError(f"the digits network needs {job.image.end:,} bytes of memory: the board has {memory:,}.")
    host.load(job)
    (name,), found, cycles = graph.outputs, [], 0
    for first in range(0, len(images), batch):
        part = images[first : first + batch]
        full = np.concatenate([part, np.zeros((batch - len(part), part.shape[1]), part.dtype)]).astype(np.int8)
        results, counters = host.execute(job, {graph.inputs[0]: full.reshape(-1, 8, 8, 1)})
        found.append(results[name].reshape(batch, -1)[: len(part)])
        cycles += counters["cycles"]
    per_image = cycles / len(images)
    how = f"{per_image:,.0f} cycles per image, {1e6 * per_image / board.facts['clock']:,.0f} us"
    return np.concatenate(found), how


def _by_layers(board: Board, network, images: np.ndarray) -> np.ndarray:
    def convolution(one, x: np.ndarray) -> np.ndarray:
        edge, size = one.padding, one.weights.shape[0]
        x = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)), constant_values=one.input_zero)
        views = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
        filters = one.weights.shape[-1]
        a, b = views.reshape(-1, one.weights.size // filters), one.weights.reshape(-1, filters)
        y = board.engine.matmul(a, b, Scaling(one.multiplier, one.shift, one.bias, one.output_zero))
        return y.reshape(*views.shape[:3], filters)

    x = images.reshape(-1, 8, 8, 1).astype(np.int8)
    for one in (network.first, network.second):
        x = layers.windows(convolution(one, x), (2, 2), (2, 2), maximum=True).astype(np.int8)
    return convolution(network.dense, x.reshape(len(x), 1, 1, -1)).reshape(len(x), -1)


def _compare(what: str, found: np.ndarray, expected: np.ndarray):
    wrong = np.argwhere(found != expected)
    if len(wrong):
        at = tuple(int(n) for n in wrong[0])
        example = f"element {at} is {found[at]}, expected {expected[at]}"
        raise BoardError(f"{what}: {len(wrong):,} of {expected.size:,} are wrong, {example}.")
