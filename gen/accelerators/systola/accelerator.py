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
from .residency import LayerTensors, plan
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
        layers = [*placed.layers.values()]
        try:
            program, parts = self._program(parameters, placed, order, tiling)
        except ValueError:  # tensors that stay in the scratchpad leave a layer too few words
            try:
                program, parts = compile(parameters, layers, order, tiling=tiling)
            except ValueError as error:
                raise UsageError(str(error)) from None
        entry = placed.image.put(np.frombuffer(program.encode(), np.uint8))
        return Job(
            image=placed.image,
            entry=entry,
            inputs={name: placed.places[name] for name in graph.inputs},
            outputs={name: placed.places[name] for name in graph.outputs},
            macs=graph.macs,
            roof=_roof(parameters, placed.memories),
            program=program,
            length=len(program),
            instructions=dict(zip(placed.layers, parts, strict=True)),
        )

    @staticmethod
    def _program(parameters, placed: lowering.Placed, order: str, tiling):
        """Program and instructions of each layer; in the order "overlapped" tensors stay in the scratchpad."""
        layers, numbers = [*placed.layers.values()], range(len(placed.layers))
        if order != "overlapped":
            return compile(parameters, layers, order, tiling=tiling)
        fused = [number for number in numbers if follows(placed.memories, number)]
        residencies = plan(parameters, placed.memories, [number - (number in fused) for number in numbers])
        return compile(parameters, layers, order, tiling=tiling, residencies=residencies, fused=fused)

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


def _roof(p, memories: list[LayerTensors]) -> dict[str, int]:
    """Lower bounds of the cycles by cause: multiplications in the array and in the lanes, bytes read, bytes written.

    Constants and inputs of the network are read once, its outputs are written once.
    """
    macs = lanes = reads = writes = 0
    inside = {each.target for each in memories}
    outside: set[str] = set()
    for each in memories:
        layer = each.layer
        if isinstance(layer, ConvolutionLayer):
            macs += -(-layer.macs // p.size**2)
        if isinstance(layer, DepthwiseLayer):
            lanes += -(-layer.macs // p.size)
        if isinstance(layer, ConvolutionLayer | DepthwiseLayer):
            reads += layer.read_bytes - layer.input.bytes
        sources = [name for name in dict.fromkeys(each.sources) if name not in inside | outside]
        outside.update(sources)
        reads += len(sources) * layer.input.bytes
        writes += layer.result.bytes if each.stored else 0
    beat = p.data_width // 8
    bounds = {"multipliers": macs, "reading": -(-reads // beat), "writing": -(-writes // beat)}
    return bounds | ({"lanes": lanes} if lanes else {})


ACCELERATOR = SystolaAccelerator()
