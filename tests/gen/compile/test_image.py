"""Image of DRAM: pages, bytes, and the size limit."""

import numpy as np
import pytest

from systola.gen.compile.image import LIMIT, PAGE, Image, ImageError


def test_tensors_start_at_pages_and_keep_their_bytes():
    image = Image()
    words = np.arange(6, dtype="<i4").reshape(2, 3) - 3
    first, reserved, second = image.put(words), image.reserve(PAGE + 1), image.put(np.array([-1, 5], np.int8))
    assert (first, reserved, second) == (0, PAGE, 3 * PAGE)
    dram = image.bytes()
    assert (len(dram), image.end) == (4 * PAGE, 4 * PAGE)
    assert np.array_equal(dram[:24].view("<i4").reshape(2, 3), words)
    assert not dram[24:second].any()
    assert dram[second : second + 2].tolist() == [255, 5]


def test_a_machine_can_pack_more_closely():
    image = Image(align=64)
    assert (image.reserve(1), image.reserve(65), image.reserve(64), image.end) == (0, 64, 192, 256)


def test_a_tensor_that_is_a_view_is_stored_in_its_own_order():
    values = np.arange(12, dtype=np.int8).reshape(3, 4).T
    image = Image()
    image.put(values)
    assert np.array_equal(image.bytes()[:12].reshape(4, 3), values)


def test_an_image_beyond_the_limit_is_one_sentence():
    image = Image()
    image.reserve(LIMIT - PAGE)
    image.reserve(PAGE)
    with pytest.raises(ImageError) as error:
        image.reserve(1)
    assert str(error.value) == f"the task needs {LIMIT + PAGE:,} bytes of DRAM: the limit is {LIMIT:,}."
