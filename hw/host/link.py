"""Host link: access to memory and registers over a byte stream, such as a UART's."""

from enum import IntEnum

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped
from pydantic import Field, model_validator

from ..bundle import Bundle
from ..bus.axi import BOUNDARY, Axi4, AxiLite
from ..component import Component, ParameterError, Parameters, place
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .frames import BEAT, CRC_BYTES, Deframer, Framer
from .link_access import WORD, WORDS, LinkAccess

WINDOW = 16
"""Number of previous requests that are recognised when repeated."""
RING = 512
"""Bytes of requests that can be queued."""

HEADER = Bundle({"number": 8, "op": 8, "count": 8, "addr": 32})
HEADER_BYTES = HEADER.size // 8
LONGEST = HEADER_BYTES + WORDS * WORD + CRC_BYTES


class LinkOp(IntEnum):
    """Operation of a request. Bit 0: write; bit 1: registers instead of memory."""

    READ = 0
    WRITE = 1
    READ_REGISTERS = 2
    WRITE_REGISTERS = 3
    HELLO = 4


REJECTED = 1
"""Status of a request that was rejected before any bus access; other values are bus responses."""


class Link(Component):
    """Host link: access to memory (AXI4) and registers (AXI4-Lite), and to nothing else, over a byte stream.

    Requests arrive on `rx` and responses leave on `tx`, each in a frame (see `hw.host.frames`). A request consists of
    number, op, count, address (4 bytes, the lowest first) and, if it writes, `count` words of 4 bytes, 1 to 64. Its
    response consists of number, op, the words if it reads, and status. Op 0 reads memory, 1 writes memory, 2 and 3 read
    and write registers, 4 is hello: its response has the text `identity`, and the next request has its number + 1.

    Requests are numbered modulo 256 and executed in order, each once. The request with the next number is executed. A
    request with one of the 16 numbers before it was already executed, so its response must have been lost: a read is
    executed again, a write only repeats its response. Requests with other numbers get no response, nor do frames with a
    wrong CRC or without a valid request: a host that misses a response goes back to the request it belongs to.
    Status 0: executed; 2 and 3: the response of the bus; 1: rejected, nothing executed, because the address is no
    multiple of 4, or exceeds `memory_width` or `register_width` bits, or the words cross a multiple of 4096, or because
    there is no such op.

    A request to memory is one burst, INCR, of words of 4 bytes on a bus of `data_width` bits; a request to registers
    is `count` accesses.

    Latency: 15 cycles from the zero that ends a request to its first address. Initiation interval: one byte per cycle
    into `rx`; a word of memory takes 5 cycles, of registers 8 or more, and requests are executed one after the other.
    Back-pressure on every stream; 512 bytes of requests can be queued. No output depends combinationally on an input.

    Area: block memories of 512 and 256 bytes, two CRCs of one byte per cycle; the rest hardly depends on the
    parameters.

    Source: A. S. Tanenbaum, Computer Networks, section on go-back-n; S. Cheshire and M. Baker, Consistent Overhead Byte
    Stuffing, IEEE/ACM Transactions on Networking 1999; ARM IHI 0022.
    """

    unit = "byte"
    peak = 1
    latency = 15

    class Parameters(Parameters):
        data_width: int = Field(
            32,
            ge=32,
            le=512,
            description="bits of the memory's bus",
            json_schema_extra={"legal": "a power of two from 32 to 512"},
        )
        memory_width: int = Field(32, ge=12, le=32, description="bits of a memory address")
        register_width: int = Field(16, ge=3, le=32, description="bits of a register address")
        identity: str = Field(
            "systola",
            pattern=r"^[ -~]{1,128}$",
            description="text in the response to hello",
            json_schema_extra={"legal": "1 to 128 characters of ASCII"},
        )

        @model_validator(mode="after")
        def _power_of_two(self):
            if self.data_width & (self.data_width - 1):
                raise ParameterError(f"data_width={self.data_width}: data_width must be {self.legal('data_width')}.")
            return self

    @staticmethod
    def members(p):
        return {
            "rx": In(stream.Signature(8)),
            "tx": Out(stream.Signature(8)),
            "m_axi": Out(Axi4(p.memory_width, p.data_width)),
            "m_axil": Out(AxiLite(p.register_width)),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        inbox = place(m, platform, "inbox", Inbox)
        frame = place(m, platform, "frame", Framer)
        widths = {name: getattr(p, name) for name in ("data_width", "memory_width", "register_width")}
        access = place(m, platform, "access", LinkAccess, **widths)
        join(m, self.rx, inbox.i)
        join(m, frame.o, self.tx)
        connect(m, access.memory, flipped(self.m_axi))
        connect(m, access.registers, flipped(self.m_axil))

        request = Signal(HEADER, reset_less=True)
        byte_index = Signal(3)  # index of the next byte, in the header or in a word
        word = Signal(8 * WORD, reset_less=True)
        remaining = Signal(range(WORDS + 1))  # remaining words
        status = Signal(2, reset_less=True)
        writes = request.op[0]

        next_number = Signal(8)  # the number of the next request
        statuses = Signal(2 * WINDOW)  # statuses of the previous requests, the latest first
        age = Signal(8)
        hello, repeated, in_window, legal = (Signal(name=name) for name in ("hello", "repeated", "in_window", "legal"))
        beyond = [request.addr[width:].any() for width in (p.memory_width, p.register_width)]
        end = Signal(range(2 * BOUNDARY // WORD))
        m.d.comb += [
            age.eq(next_number - request.number),
            hello.eq(request.op == LinkOp.HELLO),
            repeated.eq(~hello & (age != 0) & (age <= WINDOW)),
            in_window.eq(hello | (age <= WINDOW)),
            end.eq(request.addr[2:12] + (request.count - 1)[:6]),
            legal.eq(
                (request.op < LinkOp.HELLO)
                & (request.addr[:2] == 0)
                & ~Mux(request.op[1], beyond[1], beyond[0])
                & (end < BOUNDARY // WORD)
            ),
            access.go.payload.write.eq(writes),
            access.go.payload.registers.eq(request.op[1]),
            access.go.payload.addr.eq(request.addr),
            access.go.payload.count.eq(request.count),
            access.write_data.payload.word.eq(word),
        ]

        text = self.p.identity.encode("ascii")
        letters = Const(int.from_bytes(text, "little"), 8 * len(text))
        letter = Signal(range(len(text)))
        responses = place(m, platform, "responses", StreamSpill, payload=frame.i.payload.shape())
        join(m, responses.o, frame.i)
        response = responses.i
        taken = Signal()
        m.d.comb += taken.eq(response.valid & response.ready)
        byte_valid, byte = inbox.o.valid, inbox.o.payload
        with m.FSM():
            with m.State("header"):
                m.d.comb += inbox.o.ready.eq(1)
                with m.If(byte_valid):
                    m.d.sync += [
                        request.as_value().eq(Cat(request.as_value()[8:], byte)),
                        byte_index.eq(byte_index + 1),
                    ]
                    with m.If(byte_index == HEADER_BYTES - 1):
                        m.d.sync += byte_index.eq(0)
                        m.next = "dispatch"
            with m.State("dispatch"):
                m.d.sync += [remaining.eq(request.count), status.eq(Mux(hello | legal, 0, REJECTED))]
                with m.If(repeated & writes):
                    m.d.sync += status.eq(statuses.word_select((age - 1)[: (WINDOW - 1).bit_length()], 2))
                with m.If(in_window):
                    m.next = "number"
                with m.Elif(writes):
                    m.next = "skip"
                with m.Else():
                    m.next = "header"
            with m.State("number"):
                m.d.comb += [response.valid.eq(1), response.payload.data.eq(request.number)]
                with m.If(taken):
                    m.next = "op"
            with m.State("op"):
                m.d.comb += [response.valid.eq(1), response.payload.data.eq(request.op)]
                with m.If(taken):
                    with m.If(hello):
                        m.next = "hello"
                    with m.Elif(writes & (repeated | ~legal)):
                        m.next = "skip"
                    with m.Elif(legal):
                        m.next = "go"
                    with m.Else():
                        m.next = "status"
            with m.State("hello"):
                m.d.comb += [response.valid.eq(1), response.payload.data.eq(letters.word_select(letter, 8))]
                with m.If(taken):
                    m.d.sync += letter.eq(Mux(letter == len(text) - 1, 0, letter + 1))
                    with m.If(letter == len(text) - 1):
                        m.next = "status"
            with m.State("go"):
                m.d.comb += access.go.valid.eq(1)
                with m.If(access.go.ready):
                    with m.If(writes):
                        m.next = "receive_word"
                    with m.Else():
                        m.next = "read"
            with m.State("read"):
                m.d.comb += access.read_data.ready.eq(1)
                m.d.sync += word.eq(access.read_data.payload.word)
                with m.If(access.read_data.valid):
                    m.next = "send_word"
            with m.State("send_word"):
                m.d.comb += [response.valid.eq(1), response.payload.data.eq(word[:8])]
                with m.If(taken):
                    m.d.sync += [word.eq(word[8:]), byte_index.eq(Mux(byte_index == WORD - 1, 0, byte_index + 1))]
                    with m.If(byte_index == WORD - 1):
                        m.d.sync += remaining.eq(remaining - 1)
                        with m.If(remaining == 1):
                            m.next = "done"
                        with m.Else():
                            m.next = "read"
            with m.State("receive_word"):
                m.d.comb += inbox.o.ready.eq(1)
                with m.If(byte_valid):
                    m.d.sync += [
                        word.eq(Cat(word[8:], byte)),
                        byte_index.eq(Mux(byte_index == WORD - 1, 0, byte_index + 1)),
                    ]
                    with m.If(byte_index == WORD - 1):
                        m.next = "write"
            with m.State("write"):
                m.d.comb += access.write_data.valid.eq(1)
                with m.If(access.write_data.ready):
                    m.d.sync += remaining.eq(remaining - 1)
                    with m.If(remaining == 1):
                        m.next = "done"
                    with m.Else():
                        m.next = "receive_word"
            with m.State("done"):
                m.d.comb += access.done.ready.eq(1)
                with m.If(access.done.valid):
                    m.d.sync += status.eq(access.done.payload.resp)
                    m.next = "status"
            with m.State("skip"):
                m.d.comb += inbox.o.ready.eq(1)
                with m.If(byte_valid):
                    m.d.sync += byte_index.eq(Mux(byte_index == WORD - 1, 0, byte_index + 1))
                    with m.If(byte_index == WORD - 1):
                        m.d.sync += remaining.eq(remaining - 1)
                        with m.If(remaining == 1):
                            with m.If(in_window):
                                m.next = "status"
                            with m.Else():
                                m.next = "header"
            with m.State("status"):
                m.d.comb += [response.valid.eq(1), response.payload.data.eq(status), response.payload.last.eq(1)]
                with m.If(taken):
                    with m.If(~repeated):
                        m.d.sync += [next_number.eq(request.number + 1), statuses.eq(Cat(status, statuses))]
                    m.next = "header"
        return m


class Inbox(Component):
    """Queue of complete requests: `o` carries the bytes of each, without its CRC; all other frames are dropped.

    Bytes are stored in a ring as they arrive, and are released when their frame has a correct CRC and the length given
    in its header. Bytes beyond the length of the longest request are dropped. Latency 3 from a frame's end to its first
    byte, initiation interval 1. `i.ready` depends on no input. Area: a block memory of 512 bytes and three pointers
    into it.
    """

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(8)), "o": Out(stream.Signature(8))}

    def elaborate(self, platform):
        m = Module()
        deframe = place(m, platform, "deframe", Deframer)
        join(m, self.i, deframe.i)
        m.submodules.ring = ring = Memory(shape=8, depth=RING, init=[], attrs={"no_rw_check": 1, "ram_style": "block"})
        write = ring.write_port()
        read = ring.read_port()

        start = Signal(range(RING))  # start of the arriving frame; bytes before it may leave
        length = Signal(range(LONGEST + 2))
        expected_length = Signal(range(2 * LONGEST))
        op_writes = Signal(reset_less=True)
        count = Signal(8, reset_less=True)
        beat = Signal(BEAT)
        space = Signal()
        keep = Signal()
        payload_end = Signal(range(RING))
        m.d.comb += [
            space.eq(write.addr + 1 != read.addr),
            deframe.o.ready.eq(space),
            beat.eq(deframe.o.payload),
            keep.eq(deframe.o.valid & space & ~beat.end & (length <= LONGEST)),
            expected_length.eq(HEADER_BYTES + CRC_BYTES + Mux(op_writes, count << 2, 0)),
            payload_end.eq(write.addr - CRC_BYTES),
            write.data.eq(beat.data),
            write.en.eq(keep),
        ]
        with m.If(keep):
            m.d.sync += [write.addr.eq(write.addr + 1), length.eq(length + 1)]
            with m.If(length == 1):
                m.d.sync += op_writes.eq(beat.data[0])
            with m.If(length == 2):
                m.d.sync += count.eq(beat.data)
        with m.If(deframe.o.valid & space & beat.end):
            m.d.sync += [length.eq(0), write.addr.eq(start)]
            with m.If(beat.crc_valid & (length == expected_length) & (count != 0) & (count <= WORDS)):
                m.d.sync += [start.eq(payload_end), write.addr.eq(payload_end)]

        fetch = Signal()
        m.d.comb += [
            fetch.eq((read.addr != start) & (~self.o.valid | self.o.ready)),
            read.en.eq(fetch),
            self.o.payload.eq(read.data),
        ]
        with m.If(fetch):
            m.d.sync += [read.addr.eq(read.addr + 1), self.o.valid.eq(1)]
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return m
