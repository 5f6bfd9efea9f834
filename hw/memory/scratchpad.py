"""Banked scratchpad: several ports share several banks, each of which serves one access per cycle."""

from typing import Annotated, Literal

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..component import Component, Parameters, place
from ..stream.matrix_arbiter import MatrixArbiter
from .access import port
from .bank import Bank, BankAccess, OneHotMux


class WordParameters(Parameters):
    """Common parameters of scratchpads with any number of ports and banks."""

    width: int = Field(
        64,
        ge=8,
        le=512,
        description="bits of a word",
        json_schema_extra={"legal": "a multiple of 8 from 8 to 512"},
    )
    interleave: Literal["low", "xor", "block"] = Field(
        "low",
        description="low: neighbouring words in different banks; xor: words at power-of-two strides as well; block: "
        "each bank holds a range of addresses",
    )
    sram_latency: int = Field(
        1,
        ge=1,
        le=3,
        description="cycles of a memory's read; 2: with an output register, 3: also with a register after the arbiters",
    )
    buffer: Annotated[int, Field(ge=0, le=0)] | Literal["auto"] = Field(
        "auto",
        description="responses may be stalled (auto), or never are (0)",
        json_schema_extra={"legal": "auto or 0"},
    )
    counters: int = Field(32, ge=0, le=64, description="bits of the counters of waiting cycles; 0: none")
    style: Literal["block", "huge", "distributed", "auto"] = Field(
        "block", description="kind of memory requested from synthesis; huge: iCE40's SPRAM"
    )
    lanes: Literal["word", "byte"] = Field("word", description="a bank is one memory of words, or one memory per byte")
    read_enable: bool = Field(False, description="memories read only on request: less power, one or two LUTs per bank")


class Scratchpad(Component):
    """Banked scratchpad: `ports` read and write any of `depth` words in `banks`, each serving one access per cycle.

    Port i accepts requests through `port<i>_req` (addr in words, write, data, strobe: one bit per byte) and returns the
    words it read, in order, through `port<i>_rsp`; a write has no response. Accesses of one port are executed in order,
    accesses of several ports to one bank in the order in which it grants them: a write is granted at most `ports`
    cycles after it was accepted, and is visible to every access, at any port, that is accepted in that cycle or later.
    Word a is in bank a mod `banks` (interleave low), in (a xor a div `banks`) mod `banks` (xor) or
    a div (`depth` / `banks`) (block). `port<i>_waits` counts, up to its largest value, the cycles in which port i had a
    request waiting that was not granted. Where `depth` is no power of two, writes beyond it are ignored and reads there
    return 0. Words are 0 initially; with style huge they are undefined.

    With `priority_ports`, the ports of the lowest numbers have priority over the others, the lowest first, until a port
    other than port 0 has waited three cycles for the bank; then these ports are granted by round robin until none has.
    Except at port 0, a write is then granted at most `ports` + 3 cycles after it was accepted. Port 0 has no such bound
    with 5 or more ports: if the others request one bank in every cycle, one of them has always waited three cycles.

    Latency: 1 + sram_latency cycles from the beat of a read's request to the beat of its response, if neither a
    conflict nor the response's consumer stalls it. Initiation interval 1 at each port. Without `priority_ports` each
    bank grants its requesters by round robin, so that no request waits for more than `ports` - 1 others. Ports that
    access different banks never stall each other. With sram_latency=1 the path from the memories to the responses
    limits the clock, with 2 the arbiters and the path to the memories, with 3 the arbiters alone.

    Back-pressure: a request waits in its port's register while its bank serves others. A read also waits until there is
    space for its response, so that no response is lost, regardless of `rsp.ready`. With buffer=0 responses must be
    accepted immediately: `rsp` has no ready. There is no combinational path from an input to an output.

    Area grows with ports x banks x width (the paths to and from the banks, about 3 LUT4 each per bit at 4 x 4); a port
    stores one request in registers (two: sram_latency=3) and, unless buffer=0, sram_latency + 1 words of responses.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, chapter 18 (arbiters:
    round robin, and one priority bit per pair of requesters).
    """

    unit = "access"

    class Parameters(WordParameters):
        ports: int = Field(4, ge=1, le=16, description="independent requesters")
        banks: int = Field(
            4,
            ge=1,
            le=32,
            description="memories that serve one access per cycle each",
            json_schema_extra={"legal": "a power of two from 1 to 32"},
        )
        depth: int = Field(4096, ge=2, le=1 << 24, description="words in all banks together")
        priority_ports: int = Field(
            0,
            ge=0,
            le=15,
            description="ports with priority over the others, lowest number first, until another has waited 3 cycles",
        )

        @model_validator(mode="after")
        def _sizes(self):
            if self.priority_ports >= self.ports:
                raise ValueError(
                    f"priority_ports={self.priority_ports}: priority_ports must be less than ports={self.ports}."
                )
            if self.banks & (self.banks - 1):
                raise ValueError(f"banks={self.banks}: banks must be a power of two from 1 to 32.")
            if self.width % 8:
                raise ValueError(f"width={self.width}: width must be a multiple of 8 from 8 to 512.")
            if self.depth % self.banks or self.depth < 2 * self.banks:
                raise ValueError(
                    f"depth={self.depth}: depth must be a multiple of banks={self.banks}, at least two words per bank."
                )
            if self.interleave == "block" and self.depth & (self.depth - 1):
                raise ValueError(f"depth={self.depth}: with interleave=block, depth must be a power of two.")
            return self

        @property
        def rows(self) -> int:
            """Words of a bank."""
            return self.depth // self.banks

        @property
        def addr_width(self) -> int:
            return (self.depth - 1).bit_length()

        @property
        def outstanding(self) -> int:
            """Reads of a port that may be outstanding or wait for their consumer: the number that full rate needs."""
            return self.sram_latency + 1

    @staticmethod
    def members(p):
        members = {}
        for i in range(p.ports):
            members |= port(f"port{i}", p.addr_width, p.width, always_ready=p.buffer == 0)
            if p.counters:
                members[f"port{i}_waits"] = Out(p.counters)
        return members

    @property
    def latency(self) -> int:
        return 1 + self.p.sram_latency

    @property
    def peak(self) -> int:
        return min(self.p.ports, self.p.banks)

    def elaborate(self, platform):
        m = Module()
        p = self.p
        ports = []
        for i in range(p.ports):
            ports.append(inner := place(m, platform, f"port{i}", ScratchpadPort, p=p))
            request, response = getattr(self, f"port{i}_req"), getattr(self, f"port{i}_rsp")
            m.d.comb += [
                inner.req.valid.eq(request.valid),
                inner.req.payload.eq(request.payload),
                request.ready.eq(inner.req.ready),
                response.valid.eq(inner.rsp.valid),
                response.payload.eq(inner.rsp.payload),
            ]
            if p.buffer != 0:
                m.d.comb += inner.rsp.ready.eq(response.ready)
            if p.counters:
                m.d.comb += getattr(self, f"port{i}_waits").eq(inner.waits)
        grants, words = [], []
        for b in range(p.banks):
            access = BankAccess(p.rows, p.width)
            arbiter_parameters = {"count": p.ports - (p.priority_ports > 0), "held": p.priority_ports > 0}
            arbiter = place(m, platform, f"arbiter{b}", MatrixArbiter, rule="round_robin", **arbiter_parameters)
            requests = Cat(inner.bank_request[b] for inner in ports)
            if p.priority_ports:
                aged = Cat(inner.aged for inner in ports[1:])  # without port 0, which has priority over all others
                first = Signal(p.priority_ports, name=f"first{b}")
                none_aged = ~(requests[1:] & aged).any()
                # The round-robin grant and the decision whether it is used are computed in parallel.
                m.d.comb += [
                    *(first[i].eq(requests[i] & ~requests[:i].any() & none_aged) for i in range(p.priority_ports)),
                    arbiter.request.eq(requests[1:]),
                    arbiter.accepted.eq(requests[1:].any() & ~first.any()),
                ]
                grant = first | Mux(first.any(), 0, Cat(Const(0, 1), arbiter.grant))
            else:
                m.d.comb += arbiter.request.eq(requests)
                grant = arbiter.grant
            accesses, chosen = Cat(inner.access for inner in ports), grant
            if p.sram_latency == 3:
                later = Signal(accesses.shape(), name=f"accesses{b}", reset_less=True)
                chosen = Signal(p.ports, name=f"chosen{b}")
                m.d.sync += [later.eq(accesses), chosen.eq(grant)]
                accesses = later
            to_bank = place(m, platform, f"to_bank{b}", OneHotMux, width=access.size, count=p.ports)
            m.d.comb += [to_bank.select.eq(chosen), to_bank.i.as_value().eq(accesses)]
            bank = place(
                m,
                platform,
                f"bank{b}",
                Bank,
                width=p.width,
                rows=p.rows,
                latency=min(p.sram_latency, 2),
                style=p.style,
                lane=8 if p.lanes == "byte" else p.width,
                read_enable=p.read_enable,
            )
            m.d.comb += bank.access.as_value().eq(to_bank.o)
            grants.append(grant)
            words.append(bank.word)
        for i, inner in enumerate(ports):
            from_bank = place(m, platform, f"from_bank{i}", OneHotMux, width=p.width, count=p.banks)
            m.d.comb += [
                inner.grant.eq(Cat(grant[i] for grant in grants)),
                from_bank.select.eq(inner.source),
                from_bank.i.as_value().eq(Cat(words)),
                inner.word.eq(from_bank.o),
            ]
        return m


class ScratchpadPort(Component):
    """Port of a scratchpad: the register of its request, and the buffer of its responses.

    `bank_request` has one bit per bank: that of the requested bank is high. `access` describes the access, and the
    bank's bit of `grant` is high in the cycle in which it is granted; `aged`: the request has waited three cycles.
    `source` has one bit per bank: it marks the bank whose `word` is the response, sram_latency cycles after the grant.

    A word passes straight to `rsp` if the buffer is empty; otherwise, or if it is not accepted, it is stored in
    `stored`.
    """

    class Parameters(Parameters):
        p: Scratchpad.Parameters

    @staticmethod
    def members(parameters):
        p = parameters.p
        ends = port("port", p.addr_width, p.width, always_ready=p.buffer == 0)
        return {
            "req": ends["port_req"],
            "rsp": ends["port_rsp"],
            "bank_request": Out(p.banks),
            "access": Out(BankAccess(p.rows, p.width).size),
            "grant": In(p.banks),
            "source": Out(p.banks),
            "word": In(p.width),
            **({"aged": Out(1)} if p.priority_ports else {}),
            **({"waits": Out(p.counters)} if p.counters else {}),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p.p
        request = self.req.payload
        select = p.banks.bit_length() - 1
        if p.interleave != "block":
            row, bank = request.addr[select:], request.addr[:select]
            if p.interleave == "xor":
                bank = bank ^ row[:select]
        else:
            row, bank = request.addr[: p.addr_width - select], request.addr[p.addr_width - select :]
        inside = row < p.rows if p.rows & (p.rows - 1) else 1

        full = Signal()
        read = Signal(reset_less=True)
        target = Signal(p.banks)  # the requested bank; 0 without a request
        fields = {"row": len(row), "strobe": p.width // 8, "data": p.width}
        held_row, strobe, data = (Signal(size, name=name, reset_less=True) for name, size in fields.items())
        granted = Signal()
        m.d.comb += [
            granted.eq(self.grant.any()),
            self.req.ready.eq(~full | granted),
            self.access.eq(Cat(held_row, read, strobe, data)),
        ]
        with m.If(self.req.ready):
            m.d.sync += [
                full.eq(self.req.valid),
                target.eq(Mux(self.req.valid, Const(1, 1) << bank, 0)),
                held_row.eq(row),
                read.eq(~request.write),
                strobe.eq(Mux(request.write & inside, request.strobe, 0)),
                data.eq(request.data),
            ]

        sources = [self.grant]
        if p.rows & (p.rows - 1):
            found = Signal(reset_less=True)
            with m.If(self.req.ready):
                m.d.sync += found.eq(inside)
            sources = [Mux(found, self.grant, 0)]
        for n in range(p.sram_latency):
            source = Signal(p.banks, name=f"source{n}", reset_less=True)
            m.d.sync += source.eq(sources[-1])
            sources.append(source)
        start = Signal()
        in_flight = Signal(p.sram_latency)
        m.d.comb += [start.eq(granted & read), self.source.eq(sources[-1])]
        m.d.sync += in_flight.eq(Cat(start, in_flight)[: p.sram_latency])
        arrives = in_flight[-1]

        if p.buffer == 0:
            m.d.comb += [self.bank_request.eq(target), self.rsp.valid.eq(arrives), self.rsp.payload.data.eq(self.word)]
        else:
            free_entries = Signal(range(-1, p.outstanding), init=p.outstanding - 1)  # reads that may start, less one
            stored = [
                Signal(p.width, name=f"stored{n}", reset_less=True) for n in range(p.outstanding)
            ]  # the newest first
            count = Signal(range(p.outstanding + 1))
            permitted = Signal()
            pop = Signal()
            m.d.comb += [
                permitted.eq(~read | (free_entries >= 0)),
                self.bank_request.eq(Mux(permitted, target, 0)),
                self.rsp.valid.eq(arrives | (count != 0)),
                pop.eq(self.rsp.valid & self.rsp.ready),
            ]
            oldest = stored[-1]
            for n, word in reversed(list(enumerate([self.word, *stored[:-1]]))):
                oldest = Mux(count == n, word, oldest)
            m.d.comb += self.rsp.payload.data.eq(oldest)
            with m.If(arrives):
                for word, newer in zip(stored, [self.word, *stored], strict=False):
                    m.d.sync += word.eq(newer)
            with m.If(arrives != pop):
                m.d.sync += count.eq(count + Mux(pop, -1, 1))
            with m.If(start != pop):
                m.d.sync += free_entries.eq(free_entries + Mux(pop, 1, -1))

        if p.priority_ports:
            age = Signal(3)  # one bit per cycle of waiting
            m.d.comb += self.aged.eq(age[-1])
            m.d.sync += age.eq(Mux(self.req.ready, 0, Cat(1, age)))
        if p.counters:
            with m.If(full & ~granted & ~self.waits.all()):
                m.d.sync += self.waits.eq(self.waits + 1)
        return m
