"""Mutants of a design: one Verilog text that contains all of them, and the selection of one per simulation."""

import re
import shlex
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from ..synth.synth import run_yosys
from ..verilog.verilog import Design

WIDTH = 16
"""Bits of the selector; mutant 0 is the unmodified design."""
SELECT = "mutant"
"""Name of the selector, and of the plusarg that sets it: `+mutant=7`."""

# Nets are split by driver at the end: Verilator reports a loop if a bit depends on another bit of the same net.
SCRIPT = """\
read_verilog -sv design.v
hierarchy -top {top}
proc
opt_expr
opt_clean
memory_collect
wreduce
opt_clean
mutate -list {count} -seed {seed} -ctrl {select} {width} 1 -o mutations.ys
script mutations.ys
rename {top} {inner}
hierarchy -top {inner}
write_rtlil mutants.il
splitnets -driver
write_verilog -noattr mutants.v
"""

MODES = {
    "inv": "inverted",
    "const0": "stuck at 0",
    "const1": "stuck at 1",
    "cnot0": "inverted while bit {ctrlbit} is 0",
    "cnot1": "inverted while bit {ctrlbit} is 1",
}


@dataclass(frozen=True)
class Mutation:
    """Mutation of one bit of a port of a cell, chosen by the pass `mutate` of Yosys."""

    number: int
    mode: str
    module: str
    cell: str
    port: str
    bit: int
    ctrlbit: int | None
    line: str
    """Line of the generated Verilog that describes the cell; empty if Yosys has none."""

    def __str__(self):
        what = MODES[self.mode].format(ctrlbit=self.ctrlbit)
        return f"{self.module}: {self.port}[{self.bit}] {what}; {self.line or self.cell}"


@dataclass(frozen=True)
class Mutants:
    """A design with all its mutants; `rtlil` is the same in the format of Yosys, top module `inner`."""

    design: Design
    inner: str
    rtlil: str
    mutations: list[Mutation]

    def plusargs(self, number: int) -> list[str]:
        """Arguments of a simulation of one mutant; 0 selects the unmodified design."""
        return [f"+{SELECT}={number}"]


def mutants(design: Design, folder: Path, *, count: int, seed: int = 1) -> Mutants:
    """Make up to `count` mutants of a design, distributed over its modules, cells and source lines.

    `folder` receives the files of Yosys. The returned design has the ports of the original; its selector is set by a
    plusarg at the start of a simulation, so that all mutants share one build. Raises :class:`.SynthesisError` if Yosys
    fails.
    """
    inner = f"{design.top}_with_mutants"
    (folder / "design.v").write_text(design.verilog)
    fields = {"top": design.top, "inner": inner, "count": count, "seed": seed, "select": SELECT, "width": WIDTH}
    (folder / "script.ys").write_text(SCRIPT.format(**fields))
    run_yosys(folder)
    lines = design.verilog.splitlines()
    found = [_mutation(text, lines) for text in (folder / "mutations.ys").read_text().splitlines() if text]
    text = (folder / "mutants.v").read_text() + "\n" + _selection(design, inner)
    return Mutants(replace(design, verilog=text, blocks=()), inner, (folder / "mutants.il").read_text(), found)


def _mutation(command: str, lines: list[str]) -> Mutation:
    words = shlex.split(command.replace("\\", "\\\\"))
    options = dict(pairwise(words))
    places = [re.search(r"design\.v:(\d+)", words[at + 1]) for at, word in enumerate(words) if word == "-src"]
    sources = [" ".join(lines[int(place[1]) - 1].split()) for place in places if place]
    described = [line for line in sources if "=" in line]  # preferred to the declaration of a wire
    return Mutation(
        number=int(words[words.index("-ctrl") + 3]),
        mode=options["-mode"],
        module=options["-module"].lstrip("\\"),
        cell=options["-cell"].lstrip("\\"),
        port=options["-port"].lstrip("\\"),
        bit=int(options["-portbit"]),
        ctrlbit=int(options["-ctrlbit"]) if "-ctrlbit" in options else None,
        line=(*described, *sources, "")[0],
    )


def _selection(design: Design, inner: str) -> str:
    """Module with the name and the ports of the design, which selects the mutant."""
    ports = [f"  {direction} [{width - 1}:0] {name}" for name, (direction, width) in design.ports.items()]
    joins = [f".{name}({name})" for name in (*design.ports, SELECT)]
    return "\n".join(
        [
            f"module {design.top} (",
            ",\n".join(ports),
            ");",
            f"  reg [{WIDTH - 1}:0] {SELECT} = 0;",
            "  integer found;",
            f'  initial found = $value$plusargs("{SELECT}=%d", {SELECT});',
            f"  {inner} inner ({', '.join(joins)});",
            "endmodule",
            "",
        ]
    )
