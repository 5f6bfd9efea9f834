"""Collectives on a ring or torus: an engine at each node, linked with its neighbours."""

from amaranth.hdl import Cat, Const, Module
from amaranth.lib.wiring import In

from ..component import Component, place
from ..stream.packet import join
from .barrier import Coordinator
from .node import CollectiveNode, node_ports
from .rings import CollectiveParameters


class Collective(Component):
    """Collective engines: broadcast, reduce, all-reduce, all-gather, reduce-scatter, all-to-all on a ring or torus.

    Each node has a memory of `rows` rows, one word of `width` bits per link (two on a ring, four on a torus), and
    engines that move rows between memories, along rings that use every link. Node (x, y) has number y k + x.
    With R = `rows` of the call, N nodes, and a message from row `base` on:

        broadcast       R rows of node `root` go to all others
        reduce          R rows of all are added at node `root`
        all_reduce      N parts of R rows each are added, everywhere
        reduce_scatter  N parts of R rows each are added, part i at node i
        all_gather      N parts of R rows each, part i from node i, everywhere
        all_to_all      part j of node i becomes part i of node j, in N R rows after the source (a torus uses N R more)

    Other rows keep their contents. Sums travel along the ring of a lane, from the node after their owner (the part's
    node, the root) to the owner: ((a + b) + c) + ..., elements of `format`, modulo 2^bits.

    `node<i>_mem_req` and `..._rsp` reach the node's memory (see `hw.memory.access`), while no call is in progress.
    `node<i>_call` (`op` as above, 0 the first; `root`, `rows`, `base`) starts a collective; `node<i>_status` returns
    its `code`: 0 done; rejected at this node: 1 no such operation, 2 no such root, 3 no rows, 4 beyond the memory;
    rejected at all nodes: 5 if a node was missing `timeout` cycles after the first call, 6 if the nodes' calls differ.
    Only with 0 has anything been executed, and then at all nodes.

    Latency from the last call to the last status, with D = k + l - 2 and S the longer of the last two segments (R below
    15, else 8 + (R mod 8) mod 7): broadcast and reduce 2 D + 2 N + R + 14; all_reduce 2 D + 2 (N - 1) R + S + 18;
    all_gather 2 D + (N - 1) R + S + 17; reduce_scatter 2 D + N R + 18; with fewer than 3 rows these three take a few
    cycles more. all_to_all takes slightly more than N R h / 2, where h is the mean number of hops. Initiation interval:
    equal to the latency; a link carries a word in every cycle except during the first and last hops.

    Back-pressure: a call waits for the status of the previous call, and for the calls of all other nodes. There is no
    combinational path from an input to an output. Area: 4 lanes per node of a torus, 2 of a ring (each an adder, a bank
    and a link's buffer of 16 words), and a schedule per 2 lanes; all nodes are instances of one module.

    Source: R. Thakur, R. Rabenseifner and W. Gropp, collectives in MPICH, Int. J. High Perf. Comput. Appl. 19(1), 2005
    (bounds, rings); W. T. Trotter and P. Erdos, When the Cartesian product of directed cycles is Hamiltonian, 1978.
    """

    Parameters = CollectiveParameters
    unit = "word"

    @staticmethod
    def members(p):
        members = {}
        for node in range(p.rings.nodes):
            members |= node_ports(p, f"node{node}_")
        return members

    @property
    def latency(self) -> int:
        """Latency of a broadcast of one row."""
        r = self.p.rings
        return 2 * r.depth + 2 * r.nodes + 15

    @property
    def peak(self) -> int:
        return self.p.rings.nodes * self.p.rings.lanes

    def elaborate(self, platform):
        m = Module()
        p, r = self.p, self.p.rings
        nodes = [place(m, platform, f"node{n}", CollectiveNode, **dict(p)) for n in range(r.nodes)]
        coordinator = place(m, platform, "coordinator", Coordinator, **dict(p))
        before = [{r.after(ring, n): n for n in range(r.nodes)} for ring in range(r.count)]
        m.d.comb += [coordinator.tree_state.eq(nodes[0].above), nodes[0].decision_in.eq(coordinator.decision)]
        for n, node in enumerate(nodes):
            x, y = n % r.k, n // r.k
            m.d.comb += [
                node.node.eq(n),
                node.start_delay.eq(r.depth - x - y),
                node.position.eq(node.position.shape().const({"x": x, "y": y, "sum": (x + y) % r.period})),
                node.next_nodes.eq(node.next_nodes.shape().const([r.after(ring, n) for ring in range(r.count)])),
                node.previous_nodes.eq(node.previous_nodes.shape().const([before[ring][n] for ring in range(r.count)])),
            ]
            for name, member in node_ports(p).items():
                outer, inner = getattr(self, f"node{n}_{name}"), getattr(node, name)
                source, target = (outer, inner) if member.flow == In else (inner, outer)
                join(m, source, target)

            # Links: where each begins and ends, and the tree along the row to column 0, then along column 0 to node 0.
            up = [y * r.k + (x + 1) % r.k, (y + 1) % r.l * r.k + x][: r.count]
            down = [y * r.k + (x - 1) % r.k, (y - 1) % r.l * r.k + x][: r.count]
            for link, (to, back) in enumerate(zip(up + down, down + up, strict=True)):
                m.d.comb += [
                    nodes[to].link_in[link].eq(node.link_out[link]),
                    nodes[to].link_in_valid[link].eq(node.link_out_valid[link]),
                    nodes[back].link_out_credit[link].eq(node.link_in_credit[link]),
                ]
            children = [n + 1 if x < r.k - 1 else None, n + r.k if x == 0 and y < r.l - 1 else None]
            m.d.comb += node.child_present.eq(Cat(Const(child is not None) for child in children))
            for slot, child in enumerate(children):
                if child is not None:
                    m.d.comb += [node.below[slot].eq(nodes[child].above), nodes[child].decision_in.eq(node.decision)]
        return m
