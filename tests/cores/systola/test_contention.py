"""Programs in which the lanes and the array compete for one bank: legal, with results of every rounding."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.program import Program
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden import isa
from systola.sim.golden.cores.systola import run
from systola.sim.golden.isa import ErrorCode
from systola.sim.stimulus.cores.systola.contention import contention
from systola.sim.stimulus.cores.systola.programs import image
from systola.sim.stimulus.cores.systola.syncs import synchronised
from systola.sim.stimulus.dma import DRAM_BYTES

MACHINES = [
    {},
    {"size": 4, "activation_bytes": 1024, "weight_bytes": 1024, "accumulators": 64, "data_width": 32},
    {"size": 8, "format": "uint8", "rounding": "single", "dims": 2, "table": False, "instructions": 64},
]


@pytest.mark.parametrize("parameters", MACHINES, ids=["16", "4", "8"])
def test_programs_of_contention_are_legal_and_round_every_result(parameters):
    machine = SystolaParameters.check(**parameters)
    p, rng = machine.model_dump(), np.random.default_rng(1)
    drawn, most = contention(p, rng, 0)
    codes = synchronised(p, rng, drawn, 0)
    program = Program.decode(b"".join(map(isa.encode, codes)))
    assert check(program, machine, dram=DRAM_BYTES) == []
    found = run(p, image(p, rng, codes, DRAM_BYTES), DRAM_BYTES)
    assert found.error == ErrorCode.NONE
    assert 0 < most["lost_activations"] < found.counters["rows"]
