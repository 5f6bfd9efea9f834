"""Jobs: inputs in DRAM, results from DRAM, and lower bounds."""

import numpy as np
import pytest

from systola.gen.compile.image import Image
from systola.gen.compile.job import Job, Place


@pytest.fixture
def job():
    image = Image()
    image.put(np.full(8, 7, np.uint8))
    x = Place(image.reserve(12), (3, 4), np.dtype(np.int8))
    y = Place(image.reserve(24), (2, 3), np.dtype("<i4"))
    return Job(image, 0, {"x": x}, {"y": y}, macs=24, roof={"reading": 5, "multipliers": 9})


def test_an_input_is_written_at_its_place(job):
    value = np.arange(12, dtype=np.int8).reshape(3, 4) - 6
    dram = job.dram({"x": value})
    at = job.inputs["x"].address
    assert np.array_equal(dram[at : at + 12].view(np.int8), value.reshape(-1))
    assert dram[:8].tolist() == [7] * 8
    assert not job.image.bytes()[at : at + 12].any()  # the image itself stays as it is


def test_results_are_read_from_their_places(job):
    dram = job.image.bytes()
    expected = np.array([[1, -2, 3], [1 << 30, -(1 << 31), 0]], "<i4")
    at = job.outputs["y"].address
    dram[at : at + 24] = expected.view(np.uint8).reshape(-1)
    assert np.array_equal(job.results(dram)["y"], expected)


def test_an_address_can_be_changed():
    place = Place(4096, (2, 3), np.dtype("<i4"))
    assert (place.size, place.at(8).address, place.at(8).shape) == (24, 8, (2, 3))
    value = np.arange(6, dtype="<i4").reshape(2, 3)
    assert np.array_equal(place.at(0).read(place.write(value)), value)


def test_the_highest_lower_bound_counts(job):
    assert (job.bound, job.least) == ("multipliers", 9)
    job.roof = {}
    assert (job.bound, job.least) == ("", 0)
