"""Layers against loops."""

import numpy as np

from systola.sim.golden.layers import convolution, windows


def test_convolution_equals_its_equation():
    rng = np.random.default_rng(0)
    x, w = rng.integers(-128, 128, (2, 5, 6, 3)), rng.integers(-128, 128, (3, 2, 3, 4))
    y = convolution(x, w, stride=(2, 1), padding=(1, 0), value=7)
    assert y.shape == (2, 3, 5, 4)
    for i, oy, ox, f in np.ndindex(*y.shape):
        total = 0
        for ky, kx, c in np.ndindex(3, 2, 3):
            row, column = 2 * oy + ky - 1, ox + kx
            total += (x[i, row, column, c] if 0 <= row < 5 else 7) * w[ky, kx, c, f]
        assert y[i, oy, ox, f] == total


def test_windows_are_inside_the_image():
    x = np.arange(30).reshape(1, 5, 6, 1)
    assert windows(x, (2, 3), (2, 3), maximum=True)[0, :, :, 0].tolist() == [[8, 11], [20, 23]]
    assert windows(x, (2, 2), (3, 4), maximum=False)[0, :, :, 0].tolist() == [[14, 30], [86, 102]]
