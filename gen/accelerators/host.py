"""Host driver of an accelerator on a board: registers, jobs, matrix products."""

import time
import typing
from abc import ABC, abstractmethod

import numpy as np

from ...hw.component import P
from ..compile.job import Job
from ..host.board import BoardConnection
from ..host.link import BoardError
from ..host.scaling import Scaling
from .base import Accelerator

START, STOP, DONE = 1, 2, 1
SECONDS = 60.0
"""Timeout of an execution. A simulated board executes few cycles per second."""


class AcceleratorHost(ABC, typing.Generic[P]):
    """Host driver for the accelerator of a board. Raises :class:`.BoardError`."""

    def __init__(self, board: BoardConnection, accelerator: Accelerator[P], parameters: P):
        self.board, self.accelerator, self.p = board, accelerator, parameters
        self.at = accelerator.component.OFFSETS

    def run(self, entry: int, seconds: float = SECONDS) -> dict[str, int]:
        """Execute from an address to the end; return the counters."""
        board, end = self.board, time.monotonic() + seconds
        board.write_register(self.at["entry"], entry)
        board.write_register(self.at["status"], DONE)
        board.write_register(self.at["control"], START)
        while not board.read_register(self.at["status"]) & DONE:
            if time.monotonic() > end:
                at = board.read_register(self.at["pc"])
                board.write_register(self.at["control"], STOP)
                raise BoardError(f"execution from {entry:#x} did not end in {seconds:g} s: it was at {at}.")
        error = board.read_register(self.at["error"])
        if error:
            engine, at = self.accelerator.component.engine, board.read_register(self.at["pc"])
            code = engine.ERRORS(error & 15).name
            raise BoardError(f"execution from {entry:#x} stopped at {at} with error {code} ({error >> 4}).")
        return {name: board.read_register(self.at[name]) for name in self.accelerator.component.engine.COUNTERS}

    def load(self, job: Job):
        """Write a job's image into the board's memory, if its program has no problem."""
        if wrong := self.accelerator.wrong(self.p, job):
            raise BoardError(f"the program for {self.accelerator.name} is wrong: {wrong}")
        for address, data in job.image.parts:
            self.board.write(address, data)

    def execute(self, job: Job, inputs: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, int]]:
        """Run a job that is loaded; return its results and the counters."""
        for name, value in inputs.items():
            self.board.write(job.inputs[name].address, job.inputs[name].write(value))
        counters = self.run(job.entry)
        results = {}
        for name, place in job.outputs.items():
            memory = np.frombuffer(self.board.read(place.address, place.size), np.uint8)
            results[name] = place.at(0).read(memory)
        return results, counters

    def fits(self, job: Job) -> bool:
        """Whether the board's memory holds the job."""
        return job.image.end <= self.board.facts["memory"]

    @abstractmethod
    def matmul(self, a: np.ndarray, b: np.ndarray, scaling: Scaling) -> np.ndarray:
        """Product of int8 matrices, requantised."""

    def halves(self, multiply, a: np.ndarray, b: np.ndarray, scaling: Scaling) -> np.ndarray:
        """Compute a product by two calls of `multiply`, each with half of the rows or half of the columns."""
        m, n = len(a), b.shape[1]
        if max(m, n) == 1:
            raise BoardError(f"k={a.shape[1]}: a row and a column do not fit into the board's memory.")
        if m >= n:
            half = -(-m // 2)
            return np.concatenate([multiply(part, b, scaling) for part in (a[:half], a[half:])])
        half = -(-n // 2)
        parts = [multiply(a, b[:, low:high], scaling.columns(low, high)) for low, high in ((0, half), (half, n))]
        return np.concatenate(parts, axis=1)
