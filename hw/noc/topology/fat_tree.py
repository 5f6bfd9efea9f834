"""Fat trees: routes go up to the lowest common ancestor, then down."""

from .base import Topology


class FatTreeTopology(Topology):
    """A k-ary tree of l levels, as wide at its root as at its leaves: k^l nodes, k^(l-1) routers in each level.

    Ports: k down, then k up. A packet goes up as long as its destination is not below, by the port that is the
    destination's digit of that level, and then down by its digits: each root forwards only packets of its own
    destinations. Its VC is the same on the whole route.
    """

    @property
    def nodes(self) -> int:
        return self.k**self.l

    @property
    def row(self) -> int:
        """Routers of a level."""
        return self.k ** (self.l - 1)

    @property
    def routers(self) -> int:
        return self.l * self.row

    @property
    def ports(self) -> int:
        return 2 * self.k if self.l > 1 else self.k

    def entry(self, node):
        return node // self.k, node % self.k

    def link(self, router, port):
        level, index = divmod(router, self.row)
        up = port >= self.k
        if level == (self.l - 1 if up else 0):
            return None
        digit = level if up else level - 1  # of the index: set to the port; its value is the port at the other end
        weight = self.k**digit
        value = index // weight % self.k
        other = index + (port % self.k - value) * weight
        return (level + (1 if up else -1)) * self.row + other, value + (0 if up else self.k)

    def start(self, source, destination):
        level = next(n for n in range(self.l) if source // self.k ** (n + 1) == destination // self.k ** (n + 1))
        port, vc = self._at(0, True, self.lane(destination), (destination, level))
        return port, vc, (destination, level)

    def step(self, router, port, vc, header):
        up = port >= self.k
        return self._at(router // self.row + (1 if up else -1), up, vc, header)

    def _at(self, level: int, rising: bool, vc: int, header: tuple) -> tuple[int, int]:
        destination, top = header
        digit = destination // self.k**level % self.k
        if rising and level < top:
            return self.k + digit, vc
        return digit, vc if level else 0
