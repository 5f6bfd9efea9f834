"""Rings, meshes and tori: dimension-order routes, the dateline, multicast and reduction."""

from functools import cached_property

from .base import Topology


class GridTopology(Topology):
    """Ring, mesh and torus: x first, then y, each in the shorter direction. Node (x, y) is number y k + x.

    Ports: 0 node, 1 east (+x), 2 west, 3 south (+y), 4 north; a ring has the first three. Where both directions are
    equally long, the packet takes the rising one if the sum of its source's coordinates and of its destination's
    coordinate in the other dimension is even: so half of all pairs do.

    Dateline: a packet that will cross the link between the ends of a row or column uses lower VCs up to that link and
    on it, and upper ones after. All other packets may use any VC. So no VC of a ring waits for itself.
    """

    @property
    def ports(self) -> int:
        return 3 if self.kind == "ring" else 5

    @property
    def wraps(self) -> bool:
        return self.kind != "mesh"

    def at(self, node: int) -> tuple[int, int]:
        """Return the coordinates of a node."""
        return node % self.k, node // self.k

    def link(self, router, port):
        if port == 0:
            return None
        x, y = self.at(router)
        dx, dy = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))[port]
        end = (x + dx) % self.k, (y + dy) % self.l
        if end == (x, y) or (not self.wraps and end != (x + dx, y + dy)):
            return None
        return end[1] * self.k + end[0], (0, 2, 1, 4, 3)[port]

    def lane(self, destination):
        return sum(self.at(destination)) % self.plain

    def start(self, source, destination):
        (x, y), (to_x, to_y) = self.at(source), self.at(destination)
        x_port, x_vc = self._enter(1, x, to_x, self.k, x + y + to_y, destination)
        y_port, y_vc = self._enter(3, y, to_y, self.l, x + y + to_x, destination)
        header = (to_x, to_y, y_port, y_vc)
        return (x_port, x_vc, header) if x != to_x else (y_port, y_vc, header)

    def _enter(self, rising: int, here: int, target: int, size: int, tie: int, destination: int) -> tuple[int, int]:
        """Return port and VC with which a packet enters a dimension."""
        up = target > here
        if self.wraps:
            distance = (target - here) % size
            up = 2 * distance < size or (2 * distance == size and tie % 2 == 0)
        crosses = target < here if up else target > here
        lane = self.lane(destination)
        return (rising if up else rising + 1), (lane % self.lower if crosses else lane)

    def step(self, router, port, vc, header):
        to_x, to_y, y_port, y_vc = header
        x, y = self.at(self.link(router, port)[0])
        if self._is_dateline(router, port):
            vc += self.plain // 2
        if port in (1, 2) and x == to_x:
            port, vc = y_port, y_vc
        if (x, y) == (to_x, to_y):
            return 0, 0
        return port, vc

    def fork(self, port: int, router: int, low: tuple[int, int], high: tuple[int, int]) -> list[int]:
        """Return the outputs at `router` of a flit to all nodes from `low` to `high`, which arrived through output
        `port` of the previous router, or from the node (0).

        It goes along its source's row, and from there up and down the columns. It never uses a wrap-around link, so it
        needs no dateline, and keeps its VC.
        """
        x, y = self.at(router)
        column = port > 2 or low[0] <= x <= high[0]
        outputs = {
            0: port > 0 and column and low[1] <= y <= high[1],
            1: port in (0, 1) and x < high[0],
            2: port in (0, 2) and x > low[0],
            3: port != 4 and column and y < high[1],
            4: port != 3 and column and y > low[1],
        }
        return [output for output, used in outputs.items() if used]

    def tree(self, source: int, low: tuple[int, int], high: tuple[int, int], vc: int) -> list[tuple]:
        """Return the channels of a flit to all nodes from `low` to `high`, each with the one before it."""
        todo, found = [(source, 0, None)], []
        for router, port, before in todo:
            for output in self.fork(port, router, low, high):
                channel = router, output, vc if output else 0
                found.append((before, channel))
                if output:
                    todo.append((self.links[router, output][0], output, channel))
        return found

    @cached_property
    def trees(self):
        """Trees to all nodes, from each source and on every VC: every other tree is part of one of them."""
        sources = range(self.nodes if self.multicast else 0)
        end = self.k - 1, self.l - 1
        return [each for s in sources for vc in range(self.plain) for each in self.tree(s, (0, 0), end, vc)]

    def _is_dateline(self, router: int, port: int) -> bool:
        x, y = self.at(router)
        return self.wraps and (x == self.k - 1, x == 0, y == self.l - 1, y == 0)[port - 1]
