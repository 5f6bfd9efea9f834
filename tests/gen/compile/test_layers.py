"""Layers: each field is checked when a layer is made, and a mistake is one sentence that names the field."""

import re
from dataclasses import fields, replace

import numpy as np
import pytest

from systola.gen.compile.layers import (
    SAME,
    AdditionLayer,
    Clamp,
    ConvolutionLayer,
    DepthwiseLayer,
    DramTensor,
    PoolingLayer,
    gemm,
    records,
)

TENSOR = DramTensor(0, 1, 6, 6, 4)
CONVOLUTION = ConvolutionLayer(TENSOR, 4096, 8192, 12288, 8, (3, 3), (1, 1), ((1, 1), (1, 1)))
DEPTHWISE = DepthwiseLayer(TENSOR, 4096, 8192, 12288, (3, 2), padding=((1, 0), (2, 3)))
POOLING = PoolingLayer(TENSOR, 4096, (2, 2), (2, 2), table=8192)
ADDITION = AdditionLayer(TENSOR, 4096, 8192, (1, 1), SAME)
PARTS = {type(part).__name__: part for part in (TENSOR, Clamp(), SAME, CONVOLUTION, DEPTHWISE, POOLING, ADDITION)}
FIELDS = [(name, field.name) for name, part in PARTS.items() for field in fields(part)]
JUNK = (-5, 1 << 33, 0.5, "three", None, (), (1,), (0, 1), (1, -1), (1, 2, 3), (1 << 33, 1), [], True, np.zeros(3))
LEGAL = {
    "DramTensor.address": (),
    "PoolingLayer.table": (None,),
    "PoolingLayer.scale": (None,),
    "Scale.multiplier": (-5,),
    "Scale.shift": (-5,),
    "Scale.bias": (-5,),
    "PoolingLayer.maximum": (True,),
    "AdditionLayer.factors": ((0, 1), (1, -1)),
    "AdditionLayer.multiply": (True,),
    "DepthwiseLayer.padding_value": (-5,),
    "DepthwiseLayer.offset": (-5,),
    "Clamp.zero_point": (-5,),
    "Clamp.low": (-5,),
    "Clamp.high": (-5,),
    "ConvolutionLayer.padding_value": (-5,),
}


@pytest.mark.parametrize(("part", "field"), FIELDS)
@pytest.mark.parametrize("value", JUNK, ids=map(repr, JUNK))
def test_each_field_is_checked(part, field, value):
    if any(value is legal or repr(value) == repr(legal) for legal in LEGAL.get(f"{part}.{field}", ())):
        replace(PARTS[part], **{field: value})
        return
    with pytest.raises(ValueError, match=rf"^{field}=(.|\n)*: .*\.$"):
        replace(PARTS[part], **{field: value})


MISTAKES = {
    "an address beyond 32 bits": (
        lambda: replace(TENSOR, address=1 << 33),
        "address=8589934592: address must be an integer from 0 to 4,294,967,295.",
    ),
    "a negative size": (
        lambda: replace(TENSOR, height=-5),
        "height=-5: height must be an integer from 1 to 4,294,967,295.",
    ),
    "a tensor that ends beyond 4 GiB": (
        lambda: replace(TENSOR, address=(1 << 32) - 100),
        "address=4294967196: 144 bytes from address on end 44 bytes beyond 4 GiB.",
    ),
    "weights beyond 4 GiB": (
        lambda: replace(CONVOLUTION, weights=(1 << 32) - 287),
        "weights=4294967009: 288 bytes from weights on end 1 bytes beyond 4 GiB.",
    ),
    "records beyond 4 GiB": (
        lambda: replace(CONVOLUTION, records=(1 << 32) - 127),
        "records=4294967169: 128 bytes from records on end 1 bytes beyond 4 GiB.",
    ),
    "a result beyond 4 GiB": (
        lambda: replace(CONVOLUTION, output=(1 << 32) - 287),
        "output=4294967009: 288 bytes from output on end 1 bytes beyond 4 GiB.",
    ),
    "padding of a whole kernel": (
        lambda: replace(CONVOLUTION, padding=((0, 3), (0, 0))),
        "padding=((0, 3), (0, 0)): padding must be less than the kernel, (3, 3).",
    ),
    "a kernel larger than the padded image": (
        lambda: replace(CONVOLUTION, kernel=(9, 3)),
        "kernel=(9, 3): kernel must fit into the padded image, (8, 8).",
    ),
    "a dilated kernel larger than the padded image": (
        lambda: replace(DEPTHWISE, dilation=(1, 12)),
        "kernel=(3, 2): kernel must fit into the padded image, (7, 11).",
    ),
    "weights of a depthwise convolution beyond 4 GiB": (
        lambda: replace(DEPTHWISE, weights=(1 << 32) - 23),
        "weights=4294967273: 24 bytes from weights on end 1 bytes beyond 4 GiB.",
    ),
    "a window larger than the image": (
        lambda: replace(POOLING, window=(17, 2)),
        "window=(17, 2): window must fit into the image, (6, 6).",
    ),
    "an average of more than 2,048 elements": (
        lambda: PoolingLayer(DramTensor(0, 1, 64, 64, 4), 1 << 20, (64, 64), (1, 1), maximum=False),
        "window=(64, 64): an average has at most 2,048 elements, beyond which it is not exact.",
    ),
    "limits in the wrong order": (lambda: Clamp(0, 5, -5), "low=5: low must be at most high, -5."),
    "a product without rows": (
        lambda: gemm(0, 4, 4, 0, 4096, 8192, 12288),
        "width=0: width must be an integer from 1 to 4,294,967,295.",
    ),
    "a shift that does not exist": (lambda: records(1, 0, 31), "shift=31: shift must be from -31 to 30."),
    "a multiplier of 33 bits": (
        lambda: records([1, 1 << 31], 0, 0),
        "multiplier=2147483648: multiplier must be from -2,147,483,648 to 2,147,483,647.",
    ),
}


@pytest.mark.parametrize(("make", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()
