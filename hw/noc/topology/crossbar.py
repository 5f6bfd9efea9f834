"""Crossbar: one router to which every node is attached."""

from .base import Topology


class CrossbarTopology(Topology):
    """Crossbar: one router for all nodes; node n is at port n."""

    @property
    def routers(self) -> int:
        return 1

    @property
    def ports(self) -> int:
        return self.nodes

    def entry(self, node):
        return 0, node

    def link(self, router, port):
        return None

    def start(self, source, destination):
        return destination, 0, (destination,)
