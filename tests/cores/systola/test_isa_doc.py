"""docs/reference/isa.md: equal to the table, with a meaning for every row and an example that runs."""

from pathlib import Path

import numpy as np

from systola.gen.accelerators.systola.assembler import assemble
from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.isa_doc import EXAMPLE, page
from systola.gen.accelerators.systola.program import Program
from systola.hw.cores.systola.isa import ISA
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden.cores.systola import run
from systola.sim.golden.requantise import requantise

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "isa.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m systola.gen.accelerators.systola.isa_doc > docs/reference/isa.md"
    )


def test_every_row_has_a_meaning():
    rows = (
        *ISA.instructions,
        *ISA.configuration,
        *ISA.errors,
        *ISA.units,
        *(f for r in ISA.instructions for f in r.flags),
    )
    assert all(row.meaning for row in rows)


def test_the_example_runs_as_described():
    machine = SystolaParameters.check()
    program = Program.parse(EXAMPLE)
    rng = np.random.default_rng(1)
    dram = rng.integers(0, 256, 0x5000, np.uint8)
    code = np.frombuffer(assemble(program, machine), np.uint8)
    dram[0x4000 : 0x4000 + len(code)] = code
    after = run(machine.model_dump(), dram, 0x4000)
    x, w = dram[0x1000:0x1800].view(np.int8).reshape(128, 16), dram[0x2000:0x2100].view(np.int8).reshape(16, 16)
    expected = requantise(x.astype(np.int64) @ w, 1 << 30, -6, rounding="gemmlowp", low=0, high=127)
    assert after.error == 0
    np.testing.assert_array_equal(after.dram[0x3000:0x3800].view(np.int8).reshape(128, 16), expected)


def test_the_page_shows_the_output_of_the_checker():
    lines = EXAMPLE.splitlines()
    at = next(n for n, line in enumerate(lines) if "LOAD    0x1400" in line)
    assert lines[at + 1].split() == ["SYNC", "load"]
    (problem, *_) = check(Program.parse("\n".join([*lines[: at + 1], "", *lines[at + 2 :]])), SystolaParameters.check())
    assert str(problem) in " ".join(page().split())
