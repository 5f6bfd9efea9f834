"""Image of DRAM: pages, bytes, and the size limit."""

import numpy as np
import pytest

from systola.gen.compile.image import LIMIT, PAGE, Image, ImageError


def test_tensors_start_at_pages_and_keep_their_bytes():
    image = Image()
    words = np.arange(6, dtype="<i4").reshape(2, 3) - 3
    first, room, second = image.put(words), image.room(PAGE + 1), image.put(np.array([-1, 5], np.int8))
    assert (first, room, second) == (0, PAGE, 3 * PAGE)
    dram = image.bytes()
    assert (len(dram), image.end) == (4 * PAGE, 4 * PAGE)
    assert np.array_equal(dram[:24].view("<i4").reshape(2, 3), words)
    assert not dram[24:second].any()
    assert dram[second : second + 2].tolist() == [255, 5]


def test_a_machine_can_pack_more_closely():
    image = Image(align=64)
    assert (image.room(1), image.room(65), image.room(64), image.end) == (0, 64, 192, 256)


def test_a_tensor_that_is_a_view_is_stored_in_its_own_order():
    values = np.arange(12, dtype=np.int8).reshape(3, 4).T
    image = Image()
    image.put(values)
    assert np.array_equal(image.bytes()[:12].reshape(4, 3), values)


def test_an_image_beyond_the_limit_is_one_sentence():
    image = Image()
    image.room(LIMIT - PAGE)
    image.room(PAGE)
    with pytest.raises(ImageError) as error:
        image.room(1)
    assert str(error.value) == f"the task needs {LIMIT + PAGE:,} bytes of DRAM: the limit is {LIMIT:,}."
