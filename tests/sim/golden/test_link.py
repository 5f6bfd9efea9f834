"""Golden link: responses, exactly-once execution, and ignored requests."""

import pytest

from systola.sim.golden.frames import frame
from systola.sim.golden.link import (
    DECERR,
    HELLO,
    OKAY,
    READ,
    READ_REGISTERS,
    REJECTED,
    WRITE,
    WRITE_REGISTERS,
    Link,
    request,
)

PARAMETERS = {"memory_width": 16, "register_width": 8, "identity": "me"}


@pytest.fixture
def link():
    """A link whose memory and registers are one dictionary, which counts writes."""
    words, writes = {}, []

    def write(registers, address, word):
        writes.append(address)
        words[registers, address] = word
        return DECERR if address == 0x80 else OKAY

    link = Link(PARAMETERS, lambda registers, address: (words.get((registers, address), bytes(4)), OKAY), write)
    link.writes = writes
    return link


def test_written_data_are_read(link):
    assert link.execute(request(7, HELLO)) == [b"\x07\x04me\x00"]
    assert link.execute(request(8, WRITE, 4, 2, b"abcdefgh")) == [b"\x08\x01\x00"]
    assert link.execute(request(9, READ, 0, 3)) == [b"\x09\x00" + bytes(4) + b"abcdefgh\x00"]
    assert link.execute(request(10, WRITE_REGISTERS, 4, 1, b"wxyz")) == [b"\x0a\x03\x00"]
    assert link.execute(request(11, READ_REGISTERS, 4, 1)) == [b"\x0b\x02wxyz\x00"]


def test_each_is_done_once(link):
    link.execute(request(255, HELLO))
    first, second = request(0, WRITE, 0x80, 1, bytes(4)), request(1, WRITE, 4, 1, bytes(4))
    assert link.execute(first + second) == [bytes([0, 1, DECERR]), bytes([1, 1, OKAY])]
    assert link.execute(first + second) == [bytes([0, 1, DECERR]), bytes([1, 1, OKAY])]
    assert link.writes == [0x80, 4]
    assert link.execute(request(3, WRITE, 4, 1, bytes(4))) == link.execute(request(241, READ)) == []
    assert link.execute(request(242, READ)) == [b"\xf2" + bytes(6)]


@pytest.mark.parametrize(
    ("op", "address", "count"),
    [(READ, 2, 1), (READ, 2**16, 1), (READ, 0xFFC, 2), (READ_REGISTERS, 256, 1), (6, 0, 1)],
)
def test_rejected_requests(link, op, address, count):
    assert link.execute(request(0, op, address, count)) == [bytes([0, op, REJECTED])]


def test_an_invalid_request_is_not_answered(link):
    texts = [b"", bytes(6), bytes([0, READ, 0, 0, 0, 0, 0]), bytes([0, READ, 65, 0, 0, 0, 0])]
    texts += [bytes([0, WRITE, 1, 0, 0, 0, 0]), bytes([0, READ, 1, 0, 0, 0, 0, 0])]
    assert link.execute(b"".join(map(frame, texts)) + request(0, HELLO)[:-3] + b"\0") == []
    assert link.following == 0
