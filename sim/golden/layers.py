"""Layers of networks in integers, in NumPy: the reference for a core's programs. Tensors are NHWC."""

import numpy as np


def convolution(
    x: np.ndarray, w: np.ndarray, *, stride: tuple[int, int] = (1, 1), padding: tuple[int, int] = (0, 0), value: int = 0
) -> np.ndarray:
    """Sums (int64) of a convolution: x images x height x width x channels, w ky x kx x channels x filters.

    Outside the image x is `value`.
    """
    edges = ((0, 0), (padding[0],) * 2, (padding[1],) * 2, (0, 0))
    x = np.pad(x.astype(np.int64), edges, constant_values=value)
    views = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))[:, :: stride[0], :: stride[1]]
    return np.tensordot(views, w.astype(np.int64), axes=((4, 5, 3), (0, 1, 2)))


def windows(x: np.ndarray, window: tuple[int, int], stride: tuple[int, int], *, maximum: bool) -> np.ndarray:
    """Largest value, or sum, of each window that lies within the image: int64."""
    views = np.lib.stride_tricks.sliding_window_view(x.astype(np.int64), window, axis=(1, 2))
    views = views[:, :: stride[0], :: stride[1]]
    return views.max(axis=(4, 5)) if maximum else views.sum(axis=(4, 5))
