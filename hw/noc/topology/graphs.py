"""Construction of a topology by name and size."""

from functools import cache

from ...component import ParameterError
from .base import Topology
from .bus import BusTopology
from .crossbar import CrossbarTopology
from .deadlock import check
from .fat_tree import FatTreeTopology
from .grid import GridTopology

KINDS = ("ring", "mesh", "torus", "crossbar", "bus", "fat_tree")
MOST = 64
"""Nodes of the largest network."""


@cache
def topology(
    kind: str,
    k: int,
    l: int = 1,  # noqa: E741
    vcs: int = 2,
    multicast: bool = False,
    reduction: bool = False,
) -> Topology:
    """Return the described network. Raises `ParameterError` if there is no such network, or if it can deadlock."""
    if kind not in KINDS:
        raise ParameterError(f"topology={kind}: topology must be {', '.join(KINDS[:-1])} or {KINDS[-1]}.")
    if kind == "ring" and l != 1:
        raise ParameterError(f"l={l}: a ring has l=1, and k nodes.")
    if kind == "fat_tree" and k not in (2, 4, 8):
        raise ParameterError(f"k={k}: a fat_tree's k must be 2, 4 or 8.")
    for name in ["multicast"] * multicast + ["reduction"] * reduction:
        if kind not in ("mesh", "torus") or min(k, l) < 2:
            raise ParameterError(f"{name}=True: only a mesh or torus of 2 x 2 or more has it, not a {kind} {k} x {l}.")
    if reduction and vcs < (least := 3 if kind == "torus" else 2):
        raise ParameterError(
            f"vcs={vcs}: with reduction, vcs of a {kind} must be an integer from {least} to 8: the highest is for sums."
        )
    classes = {"crossbar": CrossbarTopology, "bus": BusTopology, "fat_tree": FatTreeTopology}
    built = classes.get(kind, GridTopology)(kind, k, l, vcs, multicast, reduction)
    most = {"crossbar": 16, "bus": 15}.get(kind, MOST)
    if not 2 <= built.nodes <= most:
        raise ParameterError(f"k={k}, l={l}: a {kind} of {built.nodes} nodes is not from 2 to {most}.")
    check(built)
    return built
