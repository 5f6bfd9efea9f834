"""Words inside a DMA engine: wide enough for the largest values, and equal to those of the golden model."""

import pytest

from systola.hw.component import ParameterError
from systola.hw.dma import descriptor
from systola.hw.dma.descriptor import DmaParameters
from systola.sim.golden import dma

COMMON = {"store", "bus_addr", "local_addr", "size", "wait", "tag"}


def test_codes_equal_those_of_the_golden_model():
    assert {code.name: int(code) for code in descriptor.DmaCode} == {code.name: int(code) for code in dma.DmaCode}
    assert max(descriptor.DmaCode) < 1 << descriptor.status(DmaParameters())["code"].width


@pytest.mark.parametrize("dims", [1, 4])
@pytest.mark.parametrize("padding", [False, True])
@pytest.mark.parametrize("fill", [False, True])
def test_a_descriptor_has_the_fields_of_its_options(dims, padding, fill):
    p = DmaParameters.check(dims=dims, padding=padding, fill=fill)
    names = ["count", "bus_stride", "local_stride", *(["before", "after"] if padding else [])]
    expected = COMMON | {f"{name}{d}" for name in names for d in range(dims)}
    expected |= ({"fill"} if fill else set()) | ({"value"} if fill or padding else set())
    assert {name for name, _ in descriptor.descriptor(p)} == expected
    assert {name for name, _ in descriptor.checked(p)} == expected | {"rows", "turn"}


@pytest.mark.parametrize("scatter", [False, True])
@pytest.mark.parametrize("fill", [False, True])
def test_a_piece_has_the_fields_of_its_options(scatter, fill):
    p = DmaParameters.check(scatter=scatter, fill=fill)
    expected = {"bus", "local", "bytes", "last"} | ({"fill", "value"} if fill else set())
    assert {name for name, _ in descriptor.piece(p)} == expected | ({"turn", "step", "size"} if scatter else set())


@pytest.mark.parametrize("data_width", [16, 64, 512])
@pytest.mark.parametrize("local_bytes", [128, 4992, 1 << 24])
def test_fields_hold_the_largest_values(data_width, local_bytes):
    p = DmaParameters.check(data_width=data_width, local_bytes=local_bytes, burst=8, addr_width=40)
    assert 8 << p.lanes == 8 * p.bytes == data_width
    assert (1 << p.run_width) > 65535 * p.bytes  # the longest row
    assert 1 << (p.local_width - 1) < local_bytes <= 1 << p.local_width
    fields = dict(descriptor.descriptor(p))
    assert fields["local_stride0"].shape.signed
    assert fields["local_stride0"].width > p.local_width  # from end to end, both directions
    assert fields["bus_stride0"].shape.signed
    assert fields["bus_stride0"].width == fields["bus_addr"].width == 40
    assert fields["count0"].width == 16
    assert descriptor.outcome(p)["beat"].width + p.lanes == 40


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"data_width": 48}, "data_width=48: data_width must be a power of two."),
        ({"burst": 3}, "burst=3: burst must be a power of two."),
        ({"data_width": 512, "burst": 128}, "burst=128: burst must be at most 64 with data_width=512."),
        ({"local_bytes": 8}, "local_bytes=8: local_bytes must be a multiple of 8, 16 at least, with data_width=64."),
        ({"outstanding": 1}, "outstanding=1: outstanding must be an integer from 2 to 256."),
    ],
)
def test_illegal_parameters(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        DmaParameters.check(**parameters)
    assert str(error.value) == sentence
