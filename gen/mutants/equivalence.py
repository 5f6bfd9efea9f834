"""Proof that a mutant is equivalent: its outputs equal those of the unmodified design for all inputs."""

from pathlib import Path

from ..synth.synth import SynthesisError, run_yosys
from .mutate import SELECT, WIDTH, Mutants

LIMIT = 60
"""Default time limit of each method in seconds."""
PREPARATION = 5
"""Time limit of the preparation of each of the two designs, relative to that of a method."""

HEAD = """\
read_rtlil mutants.il
read_verilog pair.v
hierarchy -top {top}
proc
flatten {top}
memory -nordff
async2sync
opt -full -nodffe -nosdff
splitcells
opt_clean -purge
"""

LOCAL = """\
read_rtlil gold.il
read_rtlil gate.il
equiv_make gold gate pair
hierarchy -top pair
clean -purge
equiv_struct -icells
equiv_simple -seq 2
equiv_induct -seq 4
equiv_status -assert
"""
"""Proof that signals of equal names are equal, one by one, by induction over `seq` cycles from any state."""

WHOLE = """\
read_rtlil gold.il
read_rtlil gate.il
miter -equiv -flatten gold gate pair
hierarchy -top pair
opt -full -nodffe -nosdff
sat -tempinduct -prove trigger 0 -set-init-undef -maxsteps 12 -verify pair
"""
"""Proof that the outputs are equal in all states reachable from reset, by temporal induction."""


def equivalent(mutants: Mutants, number: int, folder: Path, limit: int = LIMIT) -> bool:
    """Whether Yosys proves mutant `number` equivalent to the unmodified design. False: no proof was found."""
    (folder / "mutants.il").write_text(mutants.rtlil)
    (folder / "pair.v").write_text(_constant(mutants, "gold", 0) + _constant(mutants, "gate", number))
    for top in ("gold", "gate"):
        script = f"{HEAD.format(top=top)}delete */t:$print\nselect {top}\nwrite_rtlil -selected {top}.il\n"
        (folder / "script.ys").write_text(script)
        try:
            run_yosys(folder, PREPARATION * limit)
        except SynthesisError:
            return False
    for script in (LOCAL, WHOLE):
        (folder / "script.ys").write_text(script)
        try:
            run_yosys(folder, limit)
        except SynthesisError:
            continue
        return True
    return False


def _constant(mutants: Mutants, name: str, number: int) -> str:
    """Module `name`, the design with one mutant selected permanently."""
    design = mutants.design
    ports = [f"  {direction} [{width - 1}:0] {port}" for port, (direction, width) in design.ports.items()]
    joins = [f".{port}({port})" for port in design.ports] + [f".{SELECT}({WIDTH}'d{number})"]
    return (
        f"module {name} (\n" + ",\n".join(ports) + f"\n);\n  {mutants.inner} inner ({', '.join(joins)});\nendmodule\n"
    )
