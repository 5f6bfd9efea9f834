"""Bench of the pool: images in, windows out; every value and every cycle law compared."""

import cocotb
import numpy as np

from ..golden import integer, pool
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned
from ..stimulus.pool import PoolCase


@cocotb.test
async def pooling(dut):
    job = BenchJob.load()
    p, outcome, results = job.parameters, Outcome(), []
    bits = integer.width(p["format"])
    window, stride = (p["window_height"], p["window_width"]), (p["stride_y"], p["stride_x"])
    latency = pool.latency(p["mode"], window) + (2 if p["buffer"] else 0)
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        golden = [pool.pool(image, p["mode"], window, stride) for image in case.images]
        rows = [y.reshape(-1, p["cols"]) for y in golden]
        words = integer.pack(np.concatenate(rows), bits)
        ends = [str(int(n == len(y) - 1)) for y in rows for n in range(len(y))]
        pixels = np.concatenate([image.reshape(-1, p["cols"]) for image in case.images])
        size = Source(
            {"width": [i.shape[1] for i in case.images], "height": [i.shape[0] for i in case.images]},
            case.gaps.get("size", 0.0),
        )
        x, y = Source({"data": integer.pack(pixels, bits)}, case.gaps.get("x", 0.0)), Sink(len(words), case.stall)
        await interrupt(dut, {"size": size, "x": x}, {"y": case.stall}, case)
        outcome.seconds += await transfer(dut, {"size": size, "x": x}, {"y": y}, seed=case.seed)

        cycles = y.cycles[-1] - x.cycles[0] + 1
        outcome.cases += 1
        outcome.checked += len(words) * p["cols"]
        outcome.work += pixels.size
        outcome.cycles += cycles
        outcome.case_cycles.append(cycles)
        outcome.output_cycles.append(y.cycles)
        problems = [
            f"beat {n}: {text}, last {last}, expected {word:x}, last {end}"
            for n, (text, last, word, end) in enumerate(zip(*y.fields.values(), words, ends, strict=True))
            if unsigned(text) != word or last != end
        ]
        problems += _laws(case, x, y, _ends(case, window, stride), latency, p["buffer"] in ("auto", 0))
        outcome.mismatches += len(problems)
        outcome.examples += [f"case {number}: {problem}" for problem in problems[:3]]
        if job.keep:
            results.append(golden)
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _ends(case: PoolCase, window: tuple[int, int], stride: tuple[int, int]) -> list[int]:
    """Pixel, counted over all images, that completes each window."""
    start, ends = 0, []
    for image in case.images:
        height, width = image.shape[:2]
        ends += [
            start + i * width + j
            for i in range(window[0] - 1, height, stride[0])
            for j in range(window[1] - 1, width, stride[1])
        ]
        start += height * width
    return ends


def _laws(case: PoolCase, x: Source, y: Sink, ends: list[int], latency: int, full_speed: bool):
    """Violated cycle laws, in words."""
    late = np.array(y.cycles) - np.array(x.cycles)[ends]
    if late.min() < latency or (full_speed and not case.stall and late.max() > latency):
        yield f"from a window's last pixel to y: {late.min()} to {late.max()} cycles, expected {latency}"
    if case.idle_free and full_speed and x.cycles[-1] - x.cycles[0] != x.beats - 1:
        yield f"{x.beats} pixels came in {x.cycles[-1] - x.cycles[0] + 1} cycles"
