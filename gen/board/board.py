"""Python driver of a board with an accelerator."""

import numpy as np

from ..accelerators import registry
from ..accelerators.host import AcceleratorHost
from ..errors import UsageError
from ..host import board
from ..host.link import BoardError
from ..host.scaling import Scaling
from .engines import parse


class Board(board.BoardConnection):
    """Driver of a board: its memory, its registers and its accelerator. Open with `Board.open(port)`, use in `with`.

    `facts` is the identity that the board reports: board, clock (Hz), memory (bytes), engine.
    """

    _host: AcceleratorHost | None = None

    @property
    def engine(self) -> AcceleratorHost:
        """Driver of the board's accelerator. Raises :class:`.BoardError` if no driver is available for it."""
        host = self._host
        if host is None:
            word = self.facts.get("engine", "none")
            found = parse(word)
            if found is None:
                raise BoardError(
                    f"{self.facts.get('board')} reports engine={word}, which this driver does not support."
                )
            name, parameters = found
            try:
                host = self._host = registry.find(name).host(self, parameters)
            except UsageError as error:
                raise BoardError(str(error)) from None
        return host

    def run(self, entry: int, seconds: float = 60.0) -> dict[str, int]:
        """Execute the program at a memory address until it ends; return the counters of the accelerator."""
        return self.engine.run(entry, seconds)

    def matmul(
        self, a, b, scale: np.ndarray | float = 1.0, bias: np.ndarray | int = 0, zero_point: int = 0
    ) -> np.ndarray:
        """Multiply int8 matrices on the board and requantise to int8; the result is bit-identical to TFLite's.

        The result is min(max(round((a @ b + bias) * scale) + zero_point, -128), 127). `scale` and `bias` are numbers,
        or arrays with one element per column. A product that does not fit into the board's memory is computed in parts.
        """
        a, b = _matrix("a", a), _matrix("b", b)
        if a.shape[1] != b.shape[0]:
            raise BoardError(f"a has {a.shape[1]} columns and b {b.shape[0]} rows: they must be equal.")
        return self.engine.matmul(a, b, Scaling.of(b.shape[1], scale, bias, zero_point))


def _matrix(name: str, values) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim != 2 or not values.size or not np.issubdtype(values.dtype, np.integer):
        raise BoardError(f"{name} must be a matrix of integers, at least 1 x 1: it is {values.dtype}{values.shape}.")
    if values.min() < -128 or values.max() > 127:
        raise BoardError(f"{name} must be integers from -128 to 127: quantise it first.")
    return values.astype(np.int8)
