"""The digits network as a task: all of it on the core but the search for the largest logit."""

from functools import lru_cache

import numpy as np
from pydantic import Field

from ...hw.component import Parameters
from ...hw.cores.systola.parameters import CoreParameters
from ...sim.golden import operands
from ...sim.network.zoo import convnet, digits
from ..compile.layers import Clamp, Convolution, Pooling, Tensor, records
from .tasks import Image, Task, finish


class DigitsTask(Parameters):
    """Handwritten digits, classified by two convolutions with pooling and a dense layer, in the core's formats."""

    images: int = Field(898, ge=1, le=898, description="test images to classify")

    def task(self, core: CoreParameters, order: str, seed: int) -> Task:
        if core.format != "int8":
            raise ValueError(f"format={core.format}: digits needs format=int8.")
        if core.operand in operands.OLIVE:
            raise ValueError(f"a_format={core.a_format}: digits needs codes that do not depend on their neighbours.")
        if core.w_format.startswith("u"):
            raise ValueError(f"w_format={core.w_format}: digits needs weights with a sign.")
        data, network = digits.load(), trained(core.w_format, core.operand)[0]
        pixels = data.test_images[: self.images]
        image = Image()
        x = Tensor(image.put(network.pixels(pixels)), self.images, 8, 8, 1)
        table = None if network.table is None else image.put(network.table)
        found: list[Convolution | Pooling] = []
        for convolution in (network.first, network.second):
            found.append(_convolution(image, convolution, x))
            y = found[-1].result
            size = Tensor(0, y.images, y.height // 2, y.width // 2, y.channels).bytes
            found.append(Pooling(y, image.room(size), (2, 2), (2, 2), table=table))
            x = found[-1].result
        flat = Tensor(x.address, 1, 1, self.images, x.height * x.width * x.channels)
        found.append(_convolution(image, network.dense, flat))
        return finish(core, found, image, network.run(pixels, core.rounding), order)

    def facts(self, task: Task, dram: np.ndarray) -> dict[str, float]:
        """Accuracy of the logits in DRAM, and of the network in floating point."""
        labels = digits.load().test_labels[: self.images]
        logits = dram[task.address : task.address + task.expected.size].view(np.int8).reshape(task.expected.shape)
        return {
            "accuracy": float(np.mean(logits.argmax(axis=1) == labels)),
            "accuracy_in_floating_point": float(np.mean(trained()[1][: self.images] == labels)),
        }


def _convolution(image: Image, one: convnet.Convolution, x: Tensor) -> Convolution:
    """A layer whose constants, and room for whose result, are in the image."""
    kernel, filters = one.weights.shape[:2], one.weights.shape[-1]
    return Convolution(
        x,
        image.put(one.weights),
        image.put(records(one.multiplier, one.bias, one.shift)),
        image.room(x.images * x.height * x.width * filters),
        filters,
        kernel,
        padding=(one.padding,) * 2,
        padding_value=one.input_zero,
        clamp=Clamp(one.output_zero, -128, 127),
    )


@lru_cache(maxsize=4)
def trained(format: str = "int8", activations: str = "int8") -> tuple[convnet.Network, np.ndarray]:
    """The network in integers, operands in these formats; and the classes that floating point gives the test images."""
    data, network = digits.load(), _trained()
    guesses = convnet.infer(network, data.test_images)[-1].argmax(axis=1)
    return convnet.quantise(network, data.train_images, format, activations), guesses


@lru_cache(maxsize=1)
def _trained() -> list[tuple[np.ndarray, np.ndarray]]:
    """The network in floating point."""
    data = digits.load()
    return convnet.train(data.train_images, data.train_labels)
