"""Random images: fit the pool, depend only on the seed, and include the smallest one."""

import numpy as np

from systola.sim.stimulus.pool import random_cases

PARAMETERS = {
    "cols": 3,
    "format": "int8",
    "window_width": 3,
    "window_height": 2,
    "max_width": 16,
    "buffer": "auto",
}


def test_images_fit():
    shapes = set()
    for case in random_cases(PARAMETERS, 40, 1):
        for image in case.images:
            assert image.shape[2] == 3
            assert 3 <= image.shape[1] <= 16
            assert -128 <= image.min() <= image.max() <= 127
            shapes.add(image.shape[:2])
    assert (2, 3) in shapes
    assert max(width for _, width in shapes) == 16


def test_cases_depend_on_the_seed():
    first, second = (random_cases(PARAMETERS, 8, 7) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert all(np.array_equal(s, t) for s, t in zip(a.images, b.images, strict=True))
    assert [case.idle_free for case in first[::4]] == [True, True]  # the cycle law is always included
