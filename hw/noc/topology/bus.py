"""Bus: two routers and one link that all packets share."""

from .base import Topology


class BusTopology(Topology):
    """Bus: router 0 collects from the nodes, router 1 distributes to them; the last port is the shared link."""

    @property
    def routers(self) -> int:
        return 2

    @property
    def ports(self) -> int:
        return self.nodes + 1

    def entry(self, node):
        return 0, node

    def exit(self, node):
        return 1, node

    def link(self, router, port):
        return (1, self.nodes) if (router, port) == (0, self.nodes) else None

    def start(self, source, destination):
        return self.nodes, self.lane(destination), (destination,)

    def step(self, router, port, vc, header):
        return header[0], 0
