"""Claim of the roofline model about a machine without on-chip reuse."""

from systola.gen.papers.claim import Claim
from systola.gen.run.execute import execute
from systola.gen.run.tasks import GemmTask

SHAPE = {"m": 8, "k": 256, "n": 8}


def claims(accelerator) -> list[Claim]:
    """Return the claims, each with its measurement on the generated Verilog."""

    def fraction_of_peak() -> float:
        parameters = accelerator.preset("small")
        work = GemmTask.check(**SHAPE).work(accelerator.operands(parameters))
        job = accelerator.compile(parameters, work.graph)
        done = execute(accelerator, parameters, job, work.inputs)
        return job.macs / done.cycles / accelerator.peak(parameters)

    return [
        Claim(
            paper="roofline",
            text="performance is at most bandwidth x operational intensity where that is below the peak",
            published=0.5,
            unit="of peak",
            stated="min(peak, bandwidth x intensity): N bytes per cycle x 1/2 MAC per byte = N/2 of N MACs per cycle",
            band=(0.45, 0.5),
            reason="descriptor, first words and last result take the memory's latency once each",
            measure=fraction_of_peak,
        )
    ]
