"""Published claims and results of their measurement. This module imports nothing of the project."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

ROUNDING = 1e-9
"""Relative tolerance at the ends of a band, for the rounding error of a ratio of two exact counts."""


class UnknownPaper(ValueError):
    """There are no claims of a paper. The message is one sentence that names the known papers."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Claim of a paper, with the measurement that checks it.

    `published` and the value of `measure()` are numbers in `unit`. A claim holds where low <= measured <= high, with
    `band` = (low, high). `reason` states why the band is that wide, or why a value is expected outside it. `stated` is
    the claim's figure in words, with its place in the paper (default: the number and its unit). `command` is the
    command that shows the measurement (default: `systola papers --only PAPER`). A `slow` claim takes minutes and is
    measured on request only.

    Raises `ValueError` for an empty text, a band whose ends are not in order, or a published value that is not finite.
    """

    paper: str
    text: str
    published: float
    unit: str
    band: tuple[float, float]
    measure: Callable[[], float]
    command: str = ""
    stated: str = ""
    reason: str = ""
    slow: bool = False

    def __post_init__(self):
        for name in ("paper", "text", "unit"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name}={getattr(self, name)!r}: {name} of a claim must not be empty.")
        if not self.paper.replace("_", "").isalnum():
            raise ValueError(f"paper={self.paper!r}: paper must consist of letters, digits and underscores.")
        if not math.isfinite(self.published):
            raise ValueError(f"published={self.published}: published must be a finite number.")
        low, high = self.band
        if not (math.isfinite(low) and math.isfinite(high) and low <= high):
            raise ValueError(f"band={self.band}: band must be two finite numbers (low, high) with low <= high.")
        if not self.command:
            object.__setattr__(self, "command", f"systola papers --only {self.paper}")
        if not self.stated:
            object.__setattr__(self, "stated", f"{self.published:g} {self.unit}")

    def within(self, measured: float) -> bool:
        """Whether a measured value is within the band."""
        low, high = self.band
        at_an_end = any(math.isclose(measured, end, rel_tol=ROUNDING) for end in self.band)
        return low <= measured <= high or at_an_end

    def check(self) -> "ClaimResult":
        """Measure the claim. An exception of the measurement is reported as the `error` of the result."""
        started = time.perf_counter()
        measured, error = None, ""
        try:
            measured = float(self.measure())
            if not math.isfinite(measured):
                raise ValueError(f"the measurement returned {measured}, which is not a finite number.")
        except Exception as exception:
            measured, error = None, f"{type(exception).__name__}: {exception}".partition("\n")[0]
        return ClaimResult(self, measured, error, time.perf_counter() - started)


@dataclass(frozen=True)
class ClaimResult:
    """Claim and its measured value, or the error that prevented the measurement; wall-clock time in seconds."""

    claim: Claim
    measured: float | None
    error: str = ""
    seconds: float = 0.0

    @property
    def within(self) -> bool:
        return self.measured is not None and self.claim.within(self.measured)

    def as_data(self) -> dict:
        """Plain data of the result for JSON."""
        claim = self.claim
        return {
            "paper": claim.paper,
            "text": claim.text,
            "published": claim.published,
            "measured": self.measured,
            "unit": claim.unit,
            "band": list(claim.band),
            "within": self.within,
            "command": claim.command,
            "stated": claim.stated,
            "reason": claim.reason,
            "error": self.error or None,
            "seconds": round(self.seconds, 3),
        }


def papers(claims: Iterable[Claim]) -> list[str]:
    """Papers of the claims, without duplicates, in order."""
    return list(dict.fromkeys(claim.paper for claim in claims))


def select(claims: Iterable[Claim], only: Iterable[str] = ()) -> list[Claim]:
    """Select the claims of the papers named in `only`; all claims if it is empty. Raises `UnknownPaper`."""
    claims, only = list(claims), list(only)
    known = papers(claims)
    for name in only:
        if name not in known:
            raise UnknownPaper(f"paper {name} is not known: known papers are {', '.join(known)}.")
    return [claim for claim in claims if not only or claim.paper in only]
