"""Hamiltonian rings of a torus, which partition its links, and the parameters common to all parts of a collective."""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from pydantic import Field, model_validator

from ..bundle import Bundle
from ..component import Parameters
from ..noc.route import bits

SEGMENT = 8
"""Rows per segment. The last segment of a part has SEGMENT - 1 to 2 SEGMENT - 2 rows, fewer only if the part has."""
LINK_DEPTH = 2 * SEGMENT
"""Words that an input buffers: the longest segment, and 2 whose credits are in flight."""
NODES = 64


class CollectiveOp(IntEnum):
    """Operation of a collective."""

    BROADCAST = 0
    REDUCE = 1
    ALL_REDUCE = 2
    ALL_GATHER = 3
    REDUCE_SCATTER = 4
    ALL_TO_ALL = 5


class CollectiveCode(IntEnum):
    """Result of a call; only with OK has anything been executed."""

    OK = 0
    OPERATION = 1
    """rejected: there is no such operation"""
    ROOT = 2
    """rejected: there is no such node"""
    LENGTH = 3
    """rejected: no rows"""
    RANGE = 4
    """rejected: it needs rows beyond the memory's end"""
    MISSING = 5
    """a node did not call in time"""
    DIFFERENT = 6
    """the calls of the nodes differ"""


@dataclass(frozen=True)
class Rings:
    """Rings on a torus of k x l: one of them on a ring (l = 1), else two that share no link.

    Both advance by +1 in x or in y, depending on the sum (x + y) mod `period` and `straight`: where the sum is below,
    ring 0 moves in x and ring 1 in y, else it is the reverse. `period` is the greatest common divisor of k and l, so
    the sum is consistent around both dimensions. Each ring is used in both directions, hence every link is used.

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
        """Number of directions in which rings are used, and of links that leave a node."""
        return 2 * self.count

    @property
    def depth(self) -> int:
        """Hops from node 0 to the last node, without wrap-around links."""
        return self.k + self.l - 2

    def after(self, ring: int, node: int) -> int:
        x, y = node % self.k, node // self.k
        if ((x + y) % self.period >= self.straight) ^ ring:
            return (y + 1) % self.l * self.k + x
        return y * self.k + (x + 1) % self.k

    def order(self, ring: int) -> list[int]:
        """Return the nodes in the order of a ring, from node 0 on, each once."""
        order = [0]
        while (node := self.after(ring, order[-1])) not in order:
            order.append(node)
        return order


def rings(topology: str, k: int, l: int) -> Rings:  # noqa: E741
    """Return the rings of a network. Raises `ValueError`."""
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
    """Parameters of a collective engine, and derived values."""

    topology: Literal["ring", "torus"] = Field("torus", description="topology of the links")
    k: int = Field(4, ge=2, le=NODES, description="nodes of a ring or row")
    l: int = Field(4, ge=1, le=NODES // 2, description="rows; ring: 1")  # noqa: E741
    width: int = Field(64, ge=8, le=512, description="bits of a word, which a link carries per cycle")
    format: Literal["int8", "int16", "int32"] = Field("int32", description="format of the elements; sums wrap")
    rows: int = Field(1024, ge=2, le=65536, description="rows of a node's memory, each with one word per link")
    timeout: int = Field(4096, ge=64, le=1 << 24, description="cycles that calls wait for the last node's call")

    @model_validator(mode="after")
    def _consistent(self):
        _ = self.rings
        if self.width % self.element:
            raise ValueError(f"width={self.width}: width must be a multiple of {self.element} with {self.format}.")
        return self

    @property
    def element(self) -> int:
        """Bits of an element."""
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
    """Call of a node: an operation on `rows` rows, or on as many rows of every node's part, from row `base` on."""
    return Bundle({"op": 3, "root": bits(p.rings.nodes), "rows": p.count_width, "base": p.addr_width})


def place_of(r: Rings) -> Bundle:
    """Position of a node: its coordinates, and their sum as used by the rings."""
    return Bundle({"x": bits(r.k), "y": bits(r.l), "sum": bits(r.period)})


def lane_slot(p: CollectiveParameters) -> Bundle:
    """Slot: the work of a lane on some rows, one row per cycle.

    `receive_rows` rows are popped from a link if `pop`, and written to memory if `write`. `send_rows` rows are read
    from memory if `read`, and pushed to a link if `push`. With `add` the sum of both is written and pushed. Otherwise
    the popped word is forwarded unless a row was read, and it is the popped word that is written, if there is one.
    """
    flags = dict.fromkeys(("read", "add", "write", "pop", "push"), 1)
    counts = dict.fromkeys(("receive_rows", "send_rows"), p.count_width)
    addresses = dict.fromkeys(("read_addr", "write_addr"), p.addr_width)
    return Bundle(counts | addresses | flags)
