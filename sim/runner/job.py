"""Job and outcome of a bench: passed through files between the caller and the simulator."""

import json
import os
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .children import die_with_parent

ENVIRONMENT = "SYSTOLA_JOB"
"""Environment variable that holds the folder of a bench's job."""
FIRST = "SYSTOLA_FIRST_MISMATCH"
"""Environment variable; if it is set, a bench ends at its first mismatch, without an outcome."""


@dataclass
class Outcome:
    """Counts of a bench, over all cases, pauses included; `seconds` is the time spent simulating.

    `work` is counted in the design's unit (see `hw.component.Component`). `cycles` run from a case's first input beat
    to its last output beat; `output_cycles` holds, for each case, the cycle of each output beat, counted from the first
    cycle that could have carried an input. `spans` holds, for each case and channel of a bus, the number of its beats,
    and the cycles of the first and the last of them.
    """

    cases: int = 0
    checked: int = 0
    mismatches: int = 0
    cycles: int = 0
    work: int = 0
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)
    case_cycles: list[int] = field(default_factory=list)
    output_cycles: list[list[int]] = field(default_factory=list)
    spans: list[dict] = field(default_factory=list)

    def __setattr__(self, name: str, value):
        super().__setattr__(name, value)
        if name == "mismatches" and value and FIRST in os.environ:
            raise AssertionError(f"{value} mismatches")


@dataclass
class BenchJob:
    """Parameters and input ports of the design, the cases to run, and whether their results are returned.

    `facts` is plain data about the design, such as its register map, which a generic bench needs.

    The type of a case is defined by a workload and the bench of the design.
    """

    parameters: dict
    inputs: list[str]
    cases: list
    keep: bool = False
    facts: dict = field(default_factory=dict)

    def save(self, folder: Path):
        (folder / "job.pickle").write_bytes(pickle.dumps(self))

    @staticmethod
    def load() -> "BenchJob":
        """Load the job. Called in the bench, whose process then ends with that of its caller."""
        die_with_parent()
        return pickle.loads((Path(os.environ[ENVIRONMENT]) / "job.pickle").read_bytes())


def save_outcome(outcome: Outcome, results: list):
    """Save the outcome and the results. Called in the bench."""
    folder = Path(os.environ[ENVIRONMENT])
    (folder / "results.pickle").write_bytes(pickle.dumps(results))
    (folder / "outcome.json").write_text(json.dumps(asdict(outcome)))


def load_outcome(folder: Path) -> tuple[Outcome, list]:
    outcome = Outcome(**json.loads((folder / "outcome.json").read_text()))
    return outcome, pickle.loads((folder / "results.pickle").read_bytes())
