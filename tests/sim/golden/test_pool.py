"""Golden model of pooling against windows by hand."""

import numpy as np
import pytest

from systola.sim.golden.pool import latency, pool


def _by_hand(image, mode, window, stride):
    lines, columns, channels = image.shape
    rows = []
    for i in range(0, lines - window[0] + 1, stride[0]):
        row = []
        for j in range(0, columns - window[1] + 1, stride[1]):
            parts = image[i : i + window[0], j : j + window[1]].reshape(-1, channels).tolist()
            if mode == "max":
                row.append([max(channel) for channel in zip(*parts, strict=True)])
            else:  # to the nearest, ties up
                row.append([(2 * sum(c) + len(c)) // (2 * len(c)) for c in zip(*parts, strict=True)])
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("mode", ["max", "average"])
@pytest.mark.parametrize(("window", "stride"), [((2, 2), (2, 2)), ((3, 2), (1, 3)), ((1, 1), (1, 1)), ((4, 5), (7, 2))])
def test_pool(mode, window, stride):
    image = np.random.default_rng(1).integers(-128, 128, (9, 11, 2))
    assert np.array_equal(pool(image, mode, window, stride), _by_hand(image, mode, window, stride))


def test_ties_round_up():
    image = np.array([[[1, -1, -3], [2, -2, -4]]])
    assert pool(image, "average", (1, 2), (1, 1)).tolist() == [[[2, -1, -3]]]


def test_latency():
    assert [latency("max", window) for window in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 5))] == [1, 2, 3, 4, 7]
    assert [latency("average", window) for window in ((1, 1), (2, 2), (3, 3))] == [2, 5, 11]
