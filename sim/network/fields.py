"""Checks of the fields of nodes."""

import numpy as np


def integers(value, low: int, shape: tuple[int, ...]) -> bool:
    """Whether a value is integers of at least `low`, in nested tuples of this shape."""
    if not shape:
        return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= low
    legal = isinstance(value, tuple | list) and len(value) == shape[0]
    return legal and all(integers(part, low, shape[1:]) for part in value)
