"""Description of `systola`, the programmable accelerator, for the tools."""

import numpy as np

from ....hw.cores.systola.core import Systola
from ....hw.cores.systola.parameters import SystolaParameters
from ....sim.network.graph import Graph
from ...compile.job import Job
from ...compile.layers import ConvolutionLayer, DepthwiseLayer
from ...errors import UsageError
from ..base import Accelerator, Prediction
from ..operands import ScaledOperands
from . import lowering
from .checker import check
from .compiler import compile
from .fusion import follows
from .residency import plan
from .timing_model import Costs, predict
from .unreachable import UNREACHABLE


class SystolaAccelerator(Accelerator[SystolaParameters]):
    """Programmable accelerator: all layers in one program, tiled for the scratchpads, with overlapped units."""

    name = "systola"
    title = "programs from DRAM: DMA, scratchpads, matrix engine, accumulators, vector lanes, explicit SYNC"
    paper = "N. Jouppi et al., ISCA 2017, section 2; the SYNC policy of explicitly synchronised accelerators"
    component = Systola
    presets = {
        "paper": {},
        "small": {"size": 4, "data_width": 32, "activation_bytes": 4096, "weight_bytes": 4096, "accumulators": 128},
        "board": {"size": 8, "activation_bytes": 32768, "weight_bytes": 32768, "accumulators": 512},
    }
    golden = "systola.sim.golden.cores.systola"
    stimulus = "systola.sim.stimulus.cores.systola.programs"
    options = ("order", "tiling")
    unreachable = UNREACHABLE
    board_parameters = (
        "size",
        "activation_bytes",
        "weight_bytes",
        "accumulators",
        "banks",
        "data_width",
        "instructions",
        "queue",
        "sram_latency",
    )

    def operands(self, parameters, seed=1):
        p = parameters
        return ScaledOperands(seed, a_type=p.operand, w_type=p.w_format, y_type=p.format, rounding=p.rounding)

    def rejects(self, parameters, graph, node):
        return lowering.rejects(parameters, graph, node)

    def compile(self, parameters, graph: Graph, *, order: str = "overlapped", tiling=None) -> Job:
        """Compile the whole graph to one program. `order` names the schedule; `tiling` applies to all convolutions."""
        self.check(parameters, graph)
        placed = lowering.lower(parameters, graph)
        try:
            residencies, fused = None, []
            if order == "overlapped":
                fused = [number for number in range(len(placed.layers)) if follows(placed.memories, number)]
                times = [number - (number in fused) for number in range(len(placed.layers))]
                residencies = plan(parameters, placed.memories, times)
            layers = [*placed.layers.values()]
            program, parts = compile(parameters, layers, order, tiling=tiling, residencies=residencies, fused=fused)
        except ValueError as error:
            raise UsageError(str(error)) from None
        entry = placed.image.put(np.frombuffer(program.encode(), np.uint8))
        return Job(
            image=placed.image,
            entry=entry,
            inputs={name: placed.places[name] for name in graph.inputs},
            outputs={name: placed.places[name] for name in graph.outputs},
            macs=graph.macs,
            roof=_roof(parameters, placed.layers.values()),
            program=program,
            length=len(program),
            instructions=dict(zip(placed.layers, parts, strict=True)),
        )

    def wrong(self, parameters, job):
        problems = check(job.program, parameters, dram=job.image.end)
        return next((problem.text for problem in problems if not problem.unchecked), None)

    def predict(self, parameters, job, *, latency, limit):
        timeline = predict(parameters, job.program, Costs(latency=latency), limit)
        if timeline.cycles >= limit:
            raise UsageError(f"the cost model reached the limit of {limit:,} cycles.")
        counters = {"cycles": timeline.cycles, "rows": timeline.rows}
        counters |= {name: timeline.busy(name) for name in ("load", "store", "vector", "sync")}
        counters |= {"read_beats": timeline.read_beats, "write_beats": timeline.written_beats}
        issued = [(cycle, instruction) for instruction, cycle in enumerate(timeline.issued)]
        return Prediction(counters | {"instructions": timeline.instructions}, timeline.spans, issued)

    def host(self, board, parameters):
        from .host import SystolaHost

        return SystolaHost(board, self, parameters)


def _roof(p, layers) -> dict[str, int]:
    """Lower bounds of the cycles by cause: multiplications, bytes read, bytes written; each layer separately."""
    macs = reads = writes = 0
    for layer in layers:
        if isinstance(layer, ConvolutionLayer):
            macs, reads = macs + -(-layer.macs // p.size**2), reads + -(-layer.read_bytes // (p.data_width // 8))
        elif isinstance(layer, DepthwiseLayer):  # in the vector lanes
            macs, reads = macs + -(-layer.macs // p.size), reads + -(-layer.read_bytes // (p.data_width // 8))
        else:
            reads += -(-(1 + hasattr(layer, "second")) * layer.input.bytes // (p.data_width // 8))
        writes += -(-layer.result.bytes // (p.data_width // 8))
    return {"multipliers": macs, "reading": reads, "writing": writes}


ACCELERATOR = SystolaAccelerator()
