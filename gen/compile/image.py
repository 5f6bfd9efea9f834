"""Image of DRAM: constants and inputs with their addresses, and addresses reserved for results."""

from dataclasses import dataclass, field

import numpy as np

PAGE = 4096
LIMIT = 1 << 30
"""Maximum number of bytes of an image in the simulation harness."""


class ImageError(ValueError):
    """An image that is too large; the message is one sentence for the user."""


@dataclass
class Image:
    """DRAM image that is filled from address 0 upwards; every part begins at a multiple of `align` bytes."""

    parts: list[tuple[int, np.ndarray]] = field(default_factory=list)
    end: int = 0
    align: int = PAGE

    def reserve(self, size: int) -> int:
        """Reserve `size` bytes; return their aligned address. Raises :class:`ImageError` beyond 1 GiB."""
        address = self.end
        self.end = -(-(address + size) // self.align) * self.align
        if self.end > LIMIT:
            raise ImageError(f"the task needs {self.end:,} bytes of DRAM: the limit is {LIMIT:,}.")
        return address

    def put(self, values: np.ndarray) -> int:
        """Store the bytes of a tensor; return their address."""
        data = np.ascontiguousarray(values).view(np.uint8).reshape(-1)
        address = self.reserve(data.size)
        self.parts.append((address, data))
        return address

    def bytes(self) -> np.ndarray:
        """Bytes of the whole image, with zeros between the parts."""
        dram = np.zeros(self.end, np.uint8)
        for address, data in self.parts:
            dram[address : address + data.size] = data
        return dram
