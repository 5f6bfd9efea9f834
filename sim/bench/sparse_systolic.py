"""Bench of the sparse systolic array: the systolic bench, with metadata for the weights and reports of illegal
metadata."""

import cocotb
import numpy as np

from ..golden import integer, sparse_systolic
from ..golden.formats import sparse
from ..runner.job import BenchJob
from ..runner.streams import Source
from ..stimulus.sparse_systolic import Compressed, pattern
from ..stimulus.systolic import SystolicCase
from .systolic import ArrayModel, run


class Sparse(ArrayModel):
    def __init__(self, parameters: dict):
        super().__init__(parameters)
        self.n, self.m = pattern(parameters["sparsity"])
        self.groups = parameters["rows"] // self.n

    def reset(self):
        super().reset()
        self.tile = 0  # tiles since reset

    def product(self, a, w: Compressed):
        return sparse_systolic.product(a, w.kept, w.places, self.m, self.p["acc_width"])

    def work(self, a, w: Compressed) -> int:
        return len(a) * w.kept.size

    def values(self, case: SystolicCase) -> list[tuple[np.ndarray, Compressed]]:
        return case.tiles

    def law(self, case: SystolicCase) -> int:
        lengths = [len(a) for a, _ in case.tiles]
        return sparse_systolic.cycles(
            self.groups, self.p["cols"], self.n, lengths, registers=self.registers, buffered=self.buffered
        )

    def sources(self, case: SystolicCase) -> dict[str, Source]:
        def source(name, tiles, width):
            words = integer.pack(np.concatenate(tiles), width)
            lasts = [int(n == len(tile) - 1) for tile in tiles for n in range(len(tile))]
            return Source({"data": words, "last": lasts}, case.gaps.get(name, 0.0))

        kept = [w.kept.transpose(1, 0, 2).reshape(self.groups, -1) for _, w in case.tiles]
        words = [self._words(w.places, case.seed) for _, w in case.tiles]
        meta = source("meta", words, self.p["word"])
        return {
            "a": source("a", [a for a, _ in case.tiles], integer.width(self.p["a_format"])),
            "w": source("w", kept, integer.width(self.p["w_format"])),
            "meta": Source({"data": meta.fields["data"]}, meta.gap),
        }

    def _words(self, places: np.ndarray, seed: int) -> np.ndarray:
        """Beats of metadata, (words, columns). Unused bits of a tile's last word are random."""
        n, m, word = self.n, self.m, self.p["word"]
        each = sparse.groups_per_word(n, m, word)
        rng = np.random.default_rng(seed)
        padding = rng.integers(1 << sparse.place_bits(m), size=(len(places), -self.groups % each, n))
        words = sparse.pack(np.concatenate([places, padding], 1), m, word).T
        above = each * n * sparse.place_bits(m)
        return words | rng.integers(1 << word - above, size=words.shape) << above

    def reports(self, case: SystolicCase) -> dict[str, dict[str, list[int]]]:
        fields = {"tile": [], "group": [], "cols": []}
        for _, w in case.tiles:
            for group, mask in sparse_systolic.reports(w.places, self.m):
                for field, value in zip(fields.values(), (self.tile % 2**16, group, mask), strict=True):
                    field.append(value)
            self.tile += 1
        return {"bad": fields}


@cocotb.test
async def sparse_array(dut):
    job = BenchJob.load()
    await run(dut, Sparse(job.parameters), job)
