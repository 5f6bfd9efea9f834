"""Rings through all nodes of a torus, which share its links among them, and what all parts of a collective share."""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from pydantic import Field, model_validator

from ..bundle import Bundle
from ..component import Parameters
from ..noc.route import bits

SEGMENT = 8
"""Rows that travel together. The last of a part are one less at least, at most 2 less than twice as many."""
LINK_DEPTH = 2 * SEGMENT
"""Words that an input buffers: a segment, and 2 whose credits are on their way."""
NODES = 64


class CollectiveOp(IntEnum):
    """What a collective does."""

    BROADCAST = 0
    REDUCE = 1
    ALL_REDUCE = 2
    ALL_GATHER = 3
    REDUCE_SCATTER = 4
    ALL_TO_ALL = 5


class CollectiveCode(IntEnum):
    """How a call ended; only with OK has anything happened."""

    OK = 0
    OPERATION = 1
    """refused: there is no such operation"""
    ROOT = 2
    """refused: there is no such node"""
    LENGTH = 3
    """refused: no rows"""
    RANGE = 4
    """refused: it needs rows beyond the memory's end"""
    MISSING = 5
    """a node did not call in time"""
    DIFFERENT = 6
    """nodes called for different things"""


@dataclass(frozen=True)
class Rings:
    """Rings on a torus of k x l: one of them on a ring (l = 1), else two that share no link.

    Both move on by +1 in x or in y, by the sum (x + y) mod `period` and `straight`: where the sum is below, ring 0
    moves in x and ring 1 in y, else it is the reverse. `period` is the greatest common divisor of k and l, so the sum
    is the same whichever way round it is taken. Each ring is used both ways, hence every link.

    Source: W. T. Trotter and P. Erdos, When the Cartesian product of directed cycles is Hamiltonian, 1978.
    """

    k: int
    l: int  # noqa: E741
    period: int
    straight: int

    @property
    def nodes(self) -> int:
        return self.k * self.l

    @property
    def count(self) -> int:
        return 1 if self.l == 1 else 2

    @property
    def lanes(self) -> int:
        """Directions in which rings are used; links that leave a node."""
        return 2 * self.count

    @property
    def depth(self) -> int:
        """Hops from node 0 to the last node, without going round."""
        return self.k + self.l - 2

    def after(self, ring: int, node: int) -> int:
        x, y = node % self.k, node // self.k
        if ((x + y) % self.period >= self.straight) ^ ring:
            return (y + 1) % self.l * self.k + x
        return y * self.k + (x + 1) % self.k

    def order(self, ring: int) -> list[int]:
        """The nodes from 0 on, until one comes again."""
        order = [0]
        while (node := self.after(ring, order[-1])) not in order:
            order.append(node)
        return order


def rings(topology: str, k: int, l: int) -> Rings:  # noqa: E741
    """The rings of a network. Raises `ValueError`."""
    if topology == "ring" and l != 1:
        raise ValueError(f"l={l}: a ring has l=1.")
    if topology == "torus" and l == 1:
        raise ValueError("l=1: a torus has 2 rows at least; a ring has one.")
    if k * l > NODES:
        raise ValueError(f"k={k}: k x l must be at most {NODES}, here it is {k * l}.")
    period = math.gcd(k, l)
    for straight in range(1, max(2, period)):
        found = Rings(k, l, period, straight)
        if all(len(set(found.order(ring))) == k * l for ring in range(found.count)):
            return found
    raise ValueError(
        f"l={l}: a torus of {k} x {l} has no two rings through all its nodes that share no link; "
        "k = l has them, and so have powers of two."
    )


class CollectiveParameters(Parameters):
    """Parameters of a collective engine, and what follows from them."""

    topology: Literal["ring", "torus"] = Field("torus", description="how nodes are linked")
    k: int = Field(4, ge=2, le=NODES, description="nodes of a ring or row")
    l: int = Field(4, ge=1, le=NODES // 2, description="rows; ring: 1")  # noqa: E741
    width: int = Field(64, ge=8, le=512, description="bits of a word: what a link carries in a cycle")
    format: Literal["int8", "int16", "int32"] = Field("int32", description="what is added; sums wrap around")
    rows: int = Field(1024, ge=2, le=65536, description="rows of a node's memory, a word for each link in each")
    timeout: int = Field(4096, ge=64, le=1 << 24, description="cycles that calls wait for the last node's")

    @model_validator(mode="after")
    def _consistent(self):
        _ = self.rings
        if self.width % self.element:
            raise ValueError(f"width={self.width}: width must be a multiple of {self.element} with {self.format}.")
        return self

    @property
    def element(self) -> int:
        """Bits of what is added."""
        return int(self.format.removeprefix("int"))

    @property
    def rings(self) -> Rings:
        return rings(self.topology, self.k, self.l)

    @property
    def addr_width(self) -> int:
        return bits(self.rows)

    @property
    def count_width(self) -> int:
        """Bits of a number of rows."""
        return self.rows.bit_length()


def call(p: CollectiveParameters) -> Bundle:
    """What a node asks for: an operation on `rows` rows, or on as many of each node, from row `base` on."""
    return Bundle({"op": 3, "root": bits(p.rings.nodes), "rows": p.count_width, "base": p.addr_width})


def place_of(r: Rings) -> Bundle:
    """Where a node is: its coordinates, and their sum as rings count it."""
    return Bundle({"x": bits(r.k), "y": bits(r.l), "sum": bits(r.period)})


def lane_slot(p: CollectiveParameters) -> Bundle:
    """What a lane does with some rows, one a cycle.

    `take` rows come from a link if `pop`, and go to memory if `write`. `give` rows come from memory if `read`, and go
    to a link if `push`. With `add` the sum of both goes where they go; else what was popped goes on unless a row was
    read, and what was popped is written unless nothing was.
    """
    flags = dict.fromkeys(("read", "add", "write", "pop", "push"), 1)
    return Bundle(
        {"take": p.count_width, "give": p.count_width, "read_addr": p.addr_width, "write_addr": p.addr_width} | flags
    )
