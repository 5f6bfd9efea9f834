"""Bench of the array of Fusion Units: the systolic bench, with words of several values and their modes."""

import cocotb
import numpy as np

from ..golden import fusion_array
from ..golden.fusion_unit import WORD
from ..golden.integer import pack
from ..runner.job import BenchJob
from ..runner.streams import Source
from ..stimulus.fusion_array import FusionArrayCase
from .systolic import ArrayModel, run


class FusionArrayModel(ArrayModel):
    def values(self, case: FusionArrayCase) -> list[tuple[np.ndarray, np.ndarray]]:
        return case.tiles

    def sources(self, case: FusionArrayCase) -> dict[str, Source]:
        words = [fusion_array.words(*tile, mode) for tile, mode in zip(case.tiles, case.modes, strict=True)]
        return {
            name: Source(
                {
                    "data": pack(np.concatenate(tiles), WORD),
                    "last": [int(n == len(tile) - 1) for tile in tiles for n in range(len(tile))],
                    "user": [mode.code for mode, tile in zip(case.modes, tiles, strict=True) for _ in tile],
                },
                case.gaps.get(name, 0.0),
            )
            for name, tiles in (("a", [a for a, _ in words]), ("w", [w for _, w in words]))
        }

    def law(self, case: FusionArrayCase) -> int:
        tiles = [(len(a), mode) for (a, _), mode in zip(case.tiles, case.modes, strict=True)]
        return fusion_array.cycles(
            self.p["rows"], self.p["cols"], tiles, registers=self.registers, buffered=self.buffered
        )


@cocotb.test
async def array_of_fusion_units(dut):
    job = BenchJob.load()
    await run(dut, FusionArrayModel(job.parameters), job)
