"""What a bench is asked to do, and what it found: passed through files between the caller and the simulator."""

import json
import os
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

ENVIRONMENT = "SYSTOLA_JOB"
"""The environment variable in which a bench finds the folder of its job."""


@dataclass
class Case:
    """Tiles that go through one after the other: pairs (A, W); and how much each stream pauses."""

    tiles: list[tuple[np.ndarray, np.ndarray]]
    gaps: dict[str, float] = field(default_factory=dict)
    stall: float = 0.0
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not self.stall and not any(self.gaps.values())


@dataclass
class Outcome:
    """What a bench counted, over all cases, pauses included; `seconds` is the time spent simulating.

    `cycles` run from a case's first input beat to its last output beat; `output_cycles` tells, for each case, when
    each output beat left, from the first cycle that could have carried an input.
    """

    cases: int = 0
    checked: int = 0
    mismatches: int = 0
    cycles: int = 0
    macs: int = 0
    seconds: float = 0.0
    examples: list[str] = field(default_factory=list)
    case_cycles: list[int] = field(default_factory=list)
    output_cycles: list[list[int]] = field(default_factory=list)


@dataclass
class Job:
    """Parameters of the design, the cases to run, and whether their results are wanted back."""

    parameters: dict
    cases: list[Case]
    keep: bool = False

    def save(self, folder: Path):
        (folder / "job.pickle").write_bytes(pickle.dumps(self))

    @staticmethod
    def load() -> "Job":
        return pickle.loads((Path(os.environ[ENVIRONMENT]) / "job.pickle").read_bytes())


def save_outcome(outcome: Outcome, results: list[list[np.ndarray]]):
    """Called in the bench."""
    folder = Path(os.environ[ENVIRONMENT])
    (folder / "results.pickle").write_bytes(pickle.dumps(results))
    (folder / "outcome.json").write_text(json.dumps(asdict(outcome)))


def load_outcome(folder: Path) -> tuple[Outcome, list[list[np.ndarray]]]:
    outcome = Outcome(**json.loads((folder / "outcome.json").read_text()))
    return outcome, pickle.loads((folder / "results.pickle").read_bytes())
