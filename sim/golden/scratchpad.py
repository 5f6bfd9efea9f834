"""Golden model of the banked scratchpad: responses and their cycles.

Order of events in every cycle: each bank serves one of the requests pending at it, round robin. A port whose register
is empty, or was just served, accepts the next request if one is offered. A read may only be served while fewer than
1 + sram_latency of its port's responses are outstanding or not yet accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class ScratchpadRequest:
    """Scratchpad access: a read of `addr`, or a write there of the bytes of `data` whose `strobe` bit is set."""

    addr: int
    write: bool = False
    data: int = 0
    strobe: int = 0


@dataclass
class Trace:
    """Trace of a port's requests: the cycles in which each was accepted and served; for each read, in order, the
    earliest cycle of its response, and the word; and the total of the cycles spent waiting."""

    accepted: list[int] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    responded: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    waits: int = 0


PATIENCE = 3
"""Cycles after which a waiting port is no longer preceded by the ports with priority."""


class Scratchpad:
    """Scratchpad with its memory and the state of its arbiters, both kept from one run to the next.

    interleave "low": word a is in bank a mod banks; "xor": in the exclusive or of the two lowest digits of a in base
    banks; "block": in bank a div (depth / banks). `buffered`: a port's responses may wait for their consumer.
    `priority_ports`: number of ports with priority, in ascending order, until any port other than 0 has waited PATIENCE
    cycles. Requests served in one cycle are at different banks, so their order is irrelevant.
    """

    def __init__(
        self,
        ports: int,
        banks: int,
        depth: int,
        *,
        interleave: str = "low",
        sram_latency: int = 1,
        buffered: bool = True,
        priority_ports: int = 0,
    ):
        self.ports, self.banks, self.depth = ports, banks, depth
        self.interleave, self.sram_latency, self.buffered = interleave, sram_latency, buffered
        self.priority_ports = priority_ports
        self.latency = 1 + sram_latency
        self.memory = [0] * depth
        self.first = [0] * banks  # port with the highest priority

    def reset(self):
        """Reset the arbiters; the memory keeps its contents."""
        self.first = [0] * self.banks

    def bank(self, addr: int) -> int:
        if self.interleave == "block":
            return addr // (self.depth // self.banks)
        digits = (addr % self.banks, addr // self.banks % self.banks)
        return digits[0] ^ digits[1] if self.interleave == "xor" else digits[0]

    def access(self, request: ScratchpadRequest) -> int | None:
        """Execute one access: the word found by a read, 0 beyond the memory; None for a write, ignored there."""
        inside = request.addr < self.depth
        if not request.write:
            return self.memory[request.addr] if inside else 0
        if inside:
            mask = sum(0xFF << 8 * byte for byte in range(request.strobe.bit_length()) if request.strobe >> byte & 1)
            self.memory[request.addr] = (self.memory[request.addr] & ~mask) | (request.data & mask)
        return None

    def run(
        self,
        requests: Sequence[Sequence[ScratchpadRequest]],
        offered: Sequence[Sequence[int]] | None = None,
        taken: Sequence[Sequence[int]] | None = None,
    ) -> list[Trace]:
        """Serve each port's requests to the end.

        `offered[i]`: the first cycle in which each request is offered to port i (None: always the next one).
        `taken[i]`: the cycle in which the consumer accepted each response (None: at once).
        """
        traces = [Trace() for _ in requests]
        held: list[ScratchpadRequest | None] = [None] * self.ports
        consumed = [0] * self.ports  # responses accepted before this cycle
        pending = sum(map(len, requests))
        cycle = 0
        while pending:
            standing: list[list[int]] = [[] for _ in range(self.banks)]
            for port, (request, trace) in enumerate(zip(held, traces, strict=True)):
                if taken is not None:
                    while consumed[port] < len(taken[port]) and taken[port][consumed[port]] < cycle:
                        consumed[port] += 1
                room = taken is None or not self.buffered or len(trace.words) - consumed[port] < self.latency
                if request is not None and (request.write or room):
                    standing[self.bank(request.addr)].append(port)
            for bank, ports in enumerate(standing):
                if ports:
                    port = self._turn(bank, ports, [cycle - traces[port].accepted[-1] > PATIENCE for port in ports])
                    request = held[port]
                    assert request is not None
                    self._serve(request, traces[port], cycle)
                    held[port] = None
                    pending -= 1
            for port, trace in enumerate(traces):
                count = len(trace.accepted)
                if held[port] is not None:
                    trace.waits += 1
                elif count < len(requests[port]) and (offered is None or offered[port][count] <= cycle):
                    held[port] = requests[port][count]
                    trace.accepted.append(cycle)
            cycle += 1
        return traces

    def _turn(self, bank: int, ports: list[int], late: list[bool]) -> int:
        """Port served at a bank among those with a pending request: the first with priority, or the next in round-robin
        order."""
        impatient = any(tardy for port, tardy in zip(ports, late, strict=True) if port)
        if ports[0] < self.priority_ports and not impatient:
            return ports[0]
        others = [port for port in ports if port or not self.priority_ports]
        port = min(others, key=lambda port: (port - self.first[bank]) % self.ports)
        self.first[bank] = (port + 1) % self.ports
        return port

    def _serve(self, request: ScratchpadRequest, trace: Trace, cycle: int):
        trace.served.append(cycle)
        word = self.access(request)
        if word is not None:
            trace.words.append(word)
            trace.responded.append(cycle + self.sram_latency)


def expected_rate(ports: int, banks: int) -> float:
    """Accesses per cycle when every port always has a request, each to a uniformly random bank.

    The requests at the banks are a Markov chain. Its state is the occupancy of the banks, n_1 + ... + n_banks = ports,
    up to their order. In a cycle each bank with n > 0 serves one, so that s = #{n > 0} requests leave. They are
    replaced by s new requests, each to any bank with probability 1 / banks, independently of all others. A new request
    reaches a bank of occupancy n with probability #{banks of occupancy n} / banks; adding one new request after the
    other gives the rows of the transition matrix P. With pi = pi P, the rate is the mean of s under pi.

    2 ports, 2 banks: from (2, 0) one leaves, from (1, 1) two; either way the next state is one or the other with
    probability 1/2: 1.5 per cycle. Without retained requests (all drawn anew each cycle) the rate would be
    banks (1 - (1 - 1 / banks)^ports); retained ones already conflict with each other, so the result is at most that.
    """
    states = list(_partitions(ports, banks, ports))
    index: dict[tuple[int, ...], int] = {state: number for number, state in enumerate(states)}
    transition = np.zeros((len(states), len(states)))
    rates = np.array([sum(n > 0 for n in state) for state in states], float)
    for state, number in index.items():
        spread: dict[tuple[int, ...], float] = {tuple(sorted((max(n - 1, 0) for n in state), reverse=True)): 1.0}
        for _ in range(int(rates[number])):
            further: dict[tuple[int, ...], float] = {}
            for occupancy, probability in spread.items():
                for n in set(occupancy):
                    where = occupancy.index(n)  # the first of its kind: the order stays
                    joined = (*occupancy[:where], n + 1, *occupancy[where + 1 :])
                    further[joined] = further.get(joined, 0.0) + probability * occupancy.count(n) / banks
            spread = further
        for occupancy, probability in spread.items():
            transition[number, index[occupancy]] += probability
    balance = np.vstack([transition.T - np.eye(len(states)), np.ones(len(states))])
    stationary = np.linalg.lstsq(balance, np.append(np.zeros(len(states)), 1.0), rcond=None)[0]
    return float(stationary @ rates)


def _partitions(total: int, parts: int, largest: int):
    """Partitions of `total` into `parts` numbers from `largest` down to 0, in falling order."""
    if parts == 0:
        if total == 0:
            yield ()
        return
    for head in range(min(total, largest), -1, -1):
        for tail in _partitions(total - head, parts - 1, head):
            yield (head, *tail)
