"""Bench of one router: every flit leaves on its route, with the expected changes, in order and without starvation."""

import random
import time
from collections import defaultdict, deque

import cocotb
from cocotb.triggers import FallingEdge

from ..golden.noc import nodes
from ..golden.router import bits, cycles, most_passed, ports
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import pulse, reader, reset, unsigned
from ..stimulus.router import RouterCase, RouterPacket, shape_of

PATIENCE = 2000
"""Cycles in which some flit must leave."""


class FlitLayout:
    """Bit ranges of the fields of a flit."""

    def __init__(self, p: dict, header: int):
        shape = shape_of(p)
        sizes = {"data": p["width"], "last": 1, "src": bits(nodes(*shape[:3])), "header": header}
        sizes |= {"go": ports(shape), "vc": bits(p["vcs"])}
        self.fields, low = {}, 0
        for name, size in sizes.items():
            self.fields[name] = low, size
            low += size
        self.size = low

    def pack(self, **values: int) -> int:
        return sum(values[name] << low for name, (low, _) in self.fields.items())

    def unpack(self, flit: int) -> dict[str, int]:
        return {name: flit >> low & (1 << size) - 1 for name, (low, size) in self.fields.items()}


class RouterTraffic:
    """Packets of one case: the flits that enter at each input and VC, and the progress of their departure."""

    def __init__(self, case: RouterCase, p: dict, layout: FlitLayout):
        self.case, self.layout, self.vcs, self.ports = case, layout, p["vcs"], ports(shape_of(p))
        self.depth = p["depth"]
        self.slack = p["latency"] - 1  # delay until a grant is visible
        self.rng = random.Random(case.seed)
        self.coming = defaultdict(deque)  # (port, VC) to flits, and whether each is the first of its packet
        self.expected = defaultdict(deque)  # (port, VC) to packets
        self.credits = defaultdict(lambda: p["depth"])
        self.unreturned = defaultdict(int)  # (port, VC) to credits for departed flits
        self.open = {}  # (port, VC) to (input, VC) and words of the departing packet
        self.started = defaultdict(list)  # (port, VC) to the cycles in which packets began to leave
        self.departed = defaultdict(int)  # (port, VC) to the cycle in which the previous packet had left
        self.arrivals = defaultdict(deque)  # (port, VC) to the cycles in which its packets arrived
        self.most, self.flits_left = 0, 0
        entering, leaving = defaultdict(int), defaultdict(int)
        for packet in case.packets:
            self.expected[packet.current_hop.enters, packet.current_hop.on].append(packet)
            self.flits_left += len(packet.words)
            entering[packet.current_hop.enters] += len(packet.words)
            leaving[packet.current_hop.leaves] += len(packet.words)
            for n, word in enumerate(packet.words):
                last = n == len(packet.words) - 1
                flit = layout.pack(
                    data=word,
                    last=last,
                    src=packet.source,
                    header=_header(packet),
                    go=1 << packet.current_hop.leaves,
                    vc=packet.current_hop.to,
                )
                self.coming[packet.current_hop.enters, packet.current_hop.on].append((flit, n == 0))

        self.outputs = len(leaving)
        self.busiest = max(*entering.values(), *leaving.values())  # flits at one port: the bound of any router

    def enter(self, cycle: int) -> tuple[int, int]:
        """Flits and valid bits for all inputs."""
        flits = valid = 0
        for port in range(self.ports):
            ready = [v for v in range(self.vcs) if self.coming[port, v] and self.credits[port, v]]
            if ready and self.rng.random() >= self.case.gap:
                vc = self.rng.choice(ready)
                self.credits[port, vc] -= 1
                flit, first = self.coming[port, vc].popleft()
                flits |= flit << port * self.layout.size
                if first:
                    self.arrivals[port, vc].append(cycle + 1)
                valid |= 1 << port * self.vcs + vc
        return flits, valid

    def returned(self, credit: int):
        for port in range(self.ports):
            for vc in range(self.vcs):
                self.credits[port, vc] += credit >> port * self.vcs + vc & 1

    def output_credits(self) -> int:
        """Credits for the outputs."""
        credit = 0
        for (port, vc), count in self.unreturned.items():
            if count and self.rng.random() >= self.case.stall:
                self.unreturned[port, vc] -= 1
                credit |= 1 << port * self.vcs + vc
        return credit

    def leave(self, cycle: int, flits: int | None, valid: int):
        """Problems with the flits that leave in a cycle, as texts."""
        for port in range(self.ports):
            on = valid >> port * self.vcs & (1 << self.vcs) - 1
            if on & (on - 1):
                yield f"output {port} is valid for several VCs"
            elif on and flits is None:
                yield f"output {port} is valid and some bits are unknown"
            elif on and flits is not None:
                flit = self.layout.unpack(flits >> port * self.layout.size & (1 << self.layout.size) - 1)
                yield from self._leaves(cycle, (port, on.bit_length() - 1), flit)

    def _leaves(self, cycle: int, where: tuple[int, int], flit: dict):
        self.flits_left -= 1
        self.unreturned[where] += 1
        if self.unreturned[where] > self.depth:
            yield f"output and VC {where} has {self.unreturned[where]} flits outstanding, and {self.depth} credits"
        if where not in self.open:
            queue = self._find(where, flit)
            if queue is None:
                yield f"a flit of node {flit['src']} at output and VC {where} matches no packet"
                return
            packet = self.expected[queue][0]
            since = max(self.departed[queue], self.arrivals[queue].popleft()) + self.slack
            self.most = max(self.most, sum(begun > since for begun in self.started[where]))
            self.started[where].append(cycle)
            self.open[where] = queue, list(packet.words)
        queue, words = self.open[where]
        packet, following = self.expected[queue][0], self.expected[queue][0].following
        word = words.pop(0)
        expected = {"data": word, "last": int(not words), "src": packet.source, "header": _header(packet)}
        if following:
            expected |= {"go": 1 << following.leaves}
        if following and following is not packet.route.hops[-1]:  # an exit has no other VC
            expected |= {"vc": following.to}
        if wrong := [name for name, value in expected.items() if flit[name] != value]:
            yield f"output and VC {where}: {', '.join(wrong)} of {flit}, expected {expected}"
        if not words:
            del self.open[where]
            self.expected[queue].popleft()
            self.departed[queue] = cycle - self.slack

    def _find(self, where: tuple[int, int], flit: dict) -> tuple[int, int] | None:
        """Input and VC of the next packet that matches: pairs of nodes have one route, so it is the only one."""
        leaving = {queue for queue, _ in self.open.values()}
        for queue, waiting in self.expected.items():
            first = waiting[0] if waiting and self.arrivals[queue] and queue not in leaving else None
            if (
                first
                and (first.current_hop.leaves, first.current_hop.to) == where
                and (first.source, _header(first)) == (flit["src"], flit["header"])
            ):
                return queue
        return None


async def run(dut, job: BenchJob):
    """Run every case of the job and save the outcome. Raises `AssertionError` at a mismatch."""
    outcome, results = Outcome(), []
    p = job.parameters
    shape = shape_of(p)
    bound = most_passed(shape)
    spare = bits(p["k"]) + bits(p["l"]) + 1 if p["multicast"] else 0  # of multicast packets: 0 in unicast packets
    spare += bits(p["vcs"]) - bits(shape[3])  # of the VC at the turn
    read = [reader(handle) for handle in (dut.o, dut.o_valid, dut.i_credit)]
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        layout = FlitLayout(p, sum(size for _, size in case.packets[0].route.header) + spare)
        dut.position.value = _position(shape, case.router)
        traces: list[list] = [[], []]  # of the case after a reset, and after a reset in mid-run
        if case.reset is not None:
            await _reset(dut)
            await _pass(dut, read, RouterTraffic(case, p, layout), outcome, f"case {number}", traces[0])
            await _reset(dut)
            traffic = RouterTraffic(case, p, layout)
            left = int(traffic.flits_left * (1 - case.reset))
            await _pass(dut, read, traffic, outcome, f"case {number}", [], left=left)
            await _reset(dut)
        traffic = RouterTraffic(case, p, layout)
        flits = traffic.flits_left
        started = time.perf_counter()
        cycle = await _pass(dut, read, traffic, outcome, f"case {number}", traces[1])
        if case.reset is not None and traces[0] != traces[1]:
            _count(outcome, f"case {number}: valid bits and credits after one reset differ from those after another")
        outcome.seconds += time.perf_counter() - started
        for _ in range(2 * p["depth"] + 4):  # collect unexpected flits, and the credits still to be returned
            await FallingEdge(dut.clk)
            _, valid, credit = (each() for each in read)
            traffic.returned(int(credit, 2))
            dut.o_credit.value = _all(traffic)
            if int(valid, 2):
                _count(outcome, f"case {number}: a flit of no packet")
        dut.o_credit.value = 0
        outcome.checked += flits - traffic.flits_left + 3
        if traffic.flits_left:
            count, what = abs(traffic.flits_left), "are missing" if traffic.flits_left > 0 else "left in excess"
            _count(outcome, f"case {number}: {count} flits {what}")
            break
        if any(count != p["depth"] for count in traffic.credits.values()):
            _count(outcome, f"case {number}: credits are {dict(traffic.credits)}")
        if traffic.most > bound + p["latency"] - 1:
            _count(outcome, f"case {number}: {traffic.most} packets passed a waiting one, expected at most {bound}")
        law = cycles(traffic.busiest, p["latency"], outputs=traffic.outputs)
        exact = len(case.packets) == 1
        if case.idle_free and p["depth"] >= p["latency"] + 2 and (cycle > law or (exact and cycle != law)):
            _count(outcome, f"case {number}: {cycle} cycles for {flits} flits, expected {law}")
        outcome.cases += 1
        outcome.cycles += cycle
        outcome.case_cycles.append(cycle)
        outcome.work += flits
        if job.keep:
            results.append({"most": traffic.most, "bound": bound})
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


async def _reset(dut):
    dut.o_credit.value = 0
    await pulse(dut, [dut.o_valid, dut.i_credit])


async def _pass(
    dut, read: list, traffic: RouterTraffic, outcome: Outcome, where: str, trace: list, *, left: int = 0
) -> int:
    """Pass flits until so many are left, or none leaves for :data:`PATIENCE` cycles; return the cycles. `trace`
    receives the valid bits and the credits of every cycle."""
    cycle = moved = 0
    while traffic.flits_left > left and cycle - moved < PATIENCE:
        await FallingEdge(dut.clk)
        o, valid, credit = (each() for each in read)
        trace.append((valid, credit))
        before = traffic.flits_left
        for problem in traffic.leave(cycle, unsigned(o), int(valid, 2)):
            _count(outcome, f"{where}, cycle {cycle}: {problem}")
        moved = cycle if traffic.flits_left != before else moved
        traffic.returned(int(credit, 2))
        sent, dut.o_credit.value = traffic.enter(cycle), traffic.output_credits()
        dut.i.value, dut.i_valid.value = sent
        cycle += 1
    dut.i_valid.value = 0
    return cycle


def _all(traffic: RouterTraffic) -> int:
    """One credit for each output and VC with credits to return."""
    credit = 0
    for (port, vc), count in traffic.unreturned.items():
        if count:
            traffic.unreturned[port, vc] -= 1
            credit |= 1 << port * traffic.vcs + vc
    return credit


def _header(packet: RouterPacket) -> int:
    value = low = 0
    for field, size in packet.route.header:
        value |= field << low
        low += size
    return value


def _position(shape, router: int) -> int:
    """Position input of the router."""
    topology, k, l, _ = shape  # noqa: E741
    if topology in ("ring", "mesh", "torus"):
        return router % k | router // k << bits(k)
    return router // k ** (l - 1) if topology == "fat_tree" else 0


def _count(outcome: Outcome, example: str):
    outcome.mismatches += 1
    outcome.examples.append(example)


@cocotb.test
async def router(dut):
    await run(dut, BenchJob.load())
