"""Executor of a model's jobs on the accelerator of a board."""

import numpy as np

from ..compile.job import Job
from ..errors import UsageError
from ..run.execute import Execution
from ..run.executors import Executor
from .board import Board


class BoardExecutor(Executor):
    """Accelerator of an open board. It has counters, but no cycles of single instructions and no busy times.

    The image of a job is written once, unless another job ran in between. Raises :class:`.BoardError`.
    """

    name, place = "board", "on the board"

    def __init__(self, board: Board):
        self.host = board.engine
        super().__init__(self.host.accelerator, self.host.p)
        self._loaded: Job | None = None

    def check(self, job):
        super().check(job)
        if not self.host.fits(job):
            memory = self.host.board.facts["memory"]
            raise UsageError(f"a program needs {job.image.end:,} bytes of memory, but the board has {memory:,}.")

    def execute(self, job, inputs, *, measure=True, trace=False):
        if job is not self._loaded:
            self._loaded = None
            self.host.load(job)
            self._loaded = job
        results, counters = self.host.execute(job, inputs)
        return results, Execution(np.empty(0, np.uint8), counters, [])
