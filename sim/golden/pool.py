"""Golden model of pooling: results for whole images, and the number of windows."""

import numpy as np


def pool(image: np.ndarray, mode: str, window: tuple[int, int], stride: tuple[int, int]) -> np.ndarray:
    """Largest value, or average, of each window, int64: lines x columns x channels, as is the image.

    `window` and `stride` are (lines, columns); only windows within the image are evaluated. An average is rounded to
    the nearest integer, ties upwards.
    """
    views = np.lib.stride_tricks.sliding_window_view(image.astype(np.int64), window, axis=(0, 1))
    views = views[:: stride[0], :: stride[1]]
    if mode == "max":
        return views.max(axis=(3, 4))
    area = window[0] * window[1]
    return (2 * views.sum(axis=(3, 4)) + area) // (2 * area)


def latency(mode: str, window: tuple[int, int]) -> int:
    """Cycles from a window's last pixel to its result, without the output buffer."""
    lines, columns = (int(np.ceil(np.log2(n))) for n in window)
    cycles = 1 + columns + (1 + lines if window[0] > 1 else 0)
    if mode == "max":
        return cycles
    area = window[0] * window[1]
    return cycles + (1 if area & (area - 1) == 0 else 5)
