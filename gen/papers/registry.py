"""Registry of all claims, and measurement of a selection of them."""

from collections.abc import Callable, Iterable

from .claim import Claim, ClaimResult, select


def claims(more: Iterable[Claim] = ()) -> list[Claim]:
    """Claims of this project, then `more` (those of accelerators, also of other packages), grouped by paper.

    The papers are in the order of their first claims.
    """
    from . import (
        ant,
        axi_cdma,
        bitfusion,
        booksim,
        collectives,
        floonoc,
        lecture,
        olive,
        scale_sim,
        scratchpad_theory,
        sparsity_2_4,
    )

    modules = (
        bitfusion,
        ant,
        olive,
        sparsity_2_4,
        scale_sim,
        lecture,
        scratchpad_theory,
        axi_cdma,
        booksim,
        floonoc,
        collectives,
    )
    by_paper: dict[str, list[Claim]] = {}
    for claim in (*(claim for module in modules for claim in module.CLAIMS), *more):
        by_paper.setdefault(claim.paper, []).append(claim)
    return [claim for group in by_paper.values() for claim in group]


def run(
    only: Iterable[str] = (),
    progress: Callable[[int, int, Claim], object] = lambda number, count, claim: None,
    *,
    more: Iterable[Claim] = (),
    slow: bool = False,
) -> list[ClaimResult]:
    """Measure the claims of the papers in `only` (all if empty); slow ones only if `slow`.

    `progress(number, count, claim)` is called before each measurement. A measurement that raises an exception yields
    a result with an `error`; the remaining claims are still measured. Raises `UnknownPaper`.
    """
    chosen = [claim for claim in select(claims(more), only) if slow or not claim.slow]
    results = []
    for number, claim in enumerate(chosen, 1):
        progress(number, len(chosen), claim)
        results.append(claim.check())
    return results


def as_data(results: Iterable[ClaimResult]) -> list[dict]:
    """Plain data of results for JSON."""
    return [result.as_data() for result in results]
