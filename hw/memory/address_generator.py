"""Address generator: the addresses of a box in a memory, one per cycle."""

from typing import ClassVar

from ..stream.loop_nest import COUNT_WIDTH, LoopNest, NestParameters


class AddressGenerator(LoopNest):
    """Address generator of a box: base + sum of i_d x stride_d for i_d < count_d, i_0 fastest.

    A :class:`.LoopNest` of `dims` loops and one address of `width` bits. `i` has base, and count{d} and stride{d} of
    each dimension d; `o` has `addr` and `ended`. Latency, initiation interval, back-pressure and area are the nest's.
    """

    class Parameters(NestParameters):
        dims: int
        width: int
        count_width: ClassVar[int] = COUNT_WIDTH

        @property
        def loops(self) -> int:
            return self.dims

        @property
        def addresses(self) -> tuple[tuple[str, int], ...]:
            return (("addr", self.width),)

        @staticmethod
        def base(name: str) -> str:
            return "base"

        @staticmethod
        def stride(name: str, d: int) -> str:
            return f"stride{d}"
