"""Random AXI4-Lite traffic at the registers of an idle accelerator.

Every channel stalls, writes have byte strobes, and some addresses have no register.
"""

import random
from collections import deque

from cocotb.triggers import FallingEdge, ReadOnly

OKAY, SLVERR = 0, 2
PATIENCE = 400
"""Cycles without a handshake after which the traffic is abandoned."""
REQUESTS = ("aw", "w", "ar")
RESPONSES = ("b", "r")


class RegisterTraffic:
    """Accesses to the registers in `offsets`, by name, and to the other words of the address space.

    Control is not written, so that the machine stays idle. The last write goes to the bytes `strobes` of `entry`, which
    then has the value `value`; no other register has changed.
    """

    def __init__(self, dut, offsets: dict[str, int], strobes: int, *, accesses: int = 8, pause: float = 0.5):
        self.dut, self.rng, self.pause, self.strobes = dut, random.Random(strobes), pause, strobes
        self.entry, self.words = offsets["entry"], set(offsets.values())
        free = [word for word in range(0, 1 << len(dut.s_axil_araddr), 4) if word not in self.words]
        targets = [word for word in self.words if word != offsets["control"]] + free
        self.value = 0
        self.writes, self.reads = deque(self._writes(targets, accesses)), deque()
        self.reads.extend([*self.words, *self.rng.choices(targets, k=accesses)])
        self.errors: list[str] = []

    def _writes(self, targets: list[int], accesses: int):
        for _ in range(accesses):
            yield self.rng.choice(targets), self.rng.getrandbits(32), self.rng.randrange(16)
        for strobes in (15, self.strobes):
            yield self.entry, self.rng.getrandbits(32), strobes

    async def run(self) -> int:
        """Execute all accesses; returns the number of responses. `errors` has a sentence for each wrong one."""
        requests = {"aw": deque(self.writes), "w": deque(self.writes), "ar": deque(self.reads)}
        expected = {"b": deque(self.writes), "r": deque(self.reads)}
        await FallingEdge(self.dut.clk)  # a response before this call is accepted
        responses = idle = 0
        offered: set[str] = set()
        while any(expected.values()):
            await FallingEdge(self.dut.clk)
            self._drive(requests, offered)
            await ReadOnly()
            moved = [name for name in (*REQUESTS, *RESPONSES) if self._high(f"{name}valid", f"{name}ready")]
            for name in moved:
                if name in REQUESTS:
                    requests[name].popleft()
                    offered.discard(name)
                elif expected[name]:
                    responses += 1
                    self._check(name, expected[name].popleft())
                else:
                    self.errors.append(f"there is a response on {name} without a request")
            idle = 0 if moved else idle + 1
            if idle > PATIENCE:
                self.errors.append(f"no access to a register ends within {PATIENCE} cycles")
                break
        await FallingEdge(self.dut.clk)
        for name in REQUESTS:
            getattr(self.dut, f"s_axil_{name}valid").value = 0
        self.dut.s_axil_wstrb.value = 15
        self.dut.s_axil_bready.value = self.dut.s_axil_rready.value = 1
        return responses

    def _drive(self, requests: dict[str, deque], offered: set[str]):
        """Offer the next request of each channel, or pause; an offered request stays until it is accepted."""
        for name in REQUESTS:
            if requests[name] and self.rng.random() >= self.pause:
                offered.add(name)
            getattr(self.dut, f"s_axil_{name}valid").value = int(name in offered)
        for name in RESPONSES:
            getattr(self.dut, f"s_axil_{name}ready").value = int(self.rng.random() >= self.pause)
        if "aw" in offered:
            self.dut.s_axil_awaddr.value = requests["aw"][0][0]
        if "w" in offered:
            _, self.dut.s_axil_wdata.value, self.dut.s_axil_wstrb.value = requests["w"][0]
        if "ar" in offered:
            self.dut.s_axil_araddr.value = requests["ar"][0]

    def _check(self, name: str, access):
        address = access if name == "r" else access[0]
        self._equal(f"response {name} of {address:#x}", f"{name}resp", OKAY if address in self.words else SLVERR)
        if name == "r" and address not in self.words:
            self._equal(f"data of {address:#x}", "rdata", 0)
        if name == "b" and address == self.entry:
            _, data, strobes = access
            mask = sum(0xFF << 8 * byte for byte in range(4) if strobes >> byte & 1)
            self.value = self.value & ~mask | data & mask

    def _equal(self, what: str, port: str, expected: int):
        if (found := int(getattr(self.dut, f"s_axil_{port}").value)) != expected:
            self.errors.append(f"{what} is {found:#x}, expected {expected:#x}")

    def _high(self, *ports: str) -> bool:
        return all(int(getattr(self.dut, f"s_axil_{port}").value) for port in ports)
