"""Job: result of a compiler, with the DRAM image, the entry address, and the places of inputs and outputs."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .image import Image


@dataclass(frozen=True)
class Place:
    """Place of a tensor in DRAM: address, shape and type; row-major, unless a subclass defines another layout."""

    address: int
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def size(self) -> int:
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize

    def at(self, address: int) -> "Place":
        """The same tensor at another address."""
        return replace(self, address=address)

    def write(self, value: np.ndarray) -> np.ndarray:
        """Bytes of a value in this layout, to be stored at `address`."""
        return np.ascontiguousarray(value).view(np.uint8).reshape(-1)

    def read(self, dram: np.ndarray) -> np.ndarray:
        """Value of the tensor in an image of DRAM."""
        return dram[self.address : self.address + self.size].view(self.dtype).reshape(self.shape)


@dataclass
class Job:
    """Compiled graph: start the accelerator at `entry` with `image` in DRAM.

    `inputs` and `outputs` are the places of the graph's inputs and outputs, by name. `roof` holds lower bounds of the
    cycles, by cause. `program` is for the cost model. `length` is the number of instructions or descriptors;
    `instructions` are those of each node that has some, in order, by the name of its result.
    """

    image: Image
    entry: int
    inputs: dict[str, Place]
    outputs: dict[str, Place]
    macs: int
    roof: dict[str, int] = field(default_factory=dict)
    program: Any = None
    length: int = 0
    instructions: dict[str, range] = field(default_factory=dict)

    @property
    def bound(self) -> str:
        """Cause of the highest lower bound; empty if there is none."""
        return max(self.roof, key=self.roof.__getitem__, default="")

    @property
    def least(self) -> int:
        """Highest lower bound of the cycles, 0 if there is none."""
        return max(self.roof.values(), default=0)

    def dram(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """Bytes of the image with these values of the inputs."""
        dram = self.image.bytes()
        for name, value in inputs.items():
            data = self.inputs[name].write(value)
            dram[self.inputs[name].address :][: data.size] = data
        return dram

    def results(self, dram: np.ndarray) -> dict[str, np.ndarray]:
        """Values of the outputs in an image of DRAM."""
        return {name: place.read(dram) for name, place in self.outputs.items()}
