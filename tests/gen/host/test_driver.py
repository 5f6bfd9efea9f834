"""Driver on a board in Python: data survive over any line, and every mistake is one sentence."""

import os
import pty
import random
import tty

import numpy as np
import pytest

from systola.gen.board.board import Board
from systola.gen.host.link import BoardError


def test_bytes_and_arrays_at_any_address_and_length(stream):
    board, rng, mirror = Board(stream(), silence=0), random.Random(1), bytearray(8192)
    assert board.facts == {"board": "golden", "clock": 1000000, "memory": 8192}
    for _ in range(60):
        address = rng.randrange(8192)
        data = rng.randbytes(rng.randrange(min(700, 8193 - address)))
        board.write(address, data)
        mirror[address : address + len(data)] = data
        address = rng.randrange(8192)
        length = rng.randrange(8193 - address)
        assert board.read(address, length) == mirror[address : address + length]
    assert board.stream.memory == mirror
    a = np.arange(-8, 8, dtype=np.int16).reshape(4, 4)
    board.write(10, a.T)
    assert np.array_equal(board.read_array(10, (4, 4), np.int16), a.T)


def test_registers(stream):
    board = Board(stream(), silence=0)
    board.write_register(8, -1)
    assert board.read_register(8) == board.wait(8, 0xF0, 0xF0) == 0xFFFFFFFF
    with pytest.raises(BoardError, match=r"register 0x8 is 0xffffffff after 0 s: its bits 0x1 have not become 0x0\."):
        board.wait(8, 1, 0, seconds=0)


def test_a_bad_line_costs_only_time(stream):
    board, rng = Board(stream(damage=0.001), silence=0), random.Random(2)
    for _ in range(8):
        data = rng.randbytes(8192)
        board.write(0, data)
        assert board.stream.memory == data
        assert board.read(0, 8192) == data
    assert board.link.counts.repeated > 0
    assert board.link.counts.damaged > 0


def test_each_write_is_done_once(stream):
    board = Board(stream(damage=0.01), silence=0)
    for n in range(300):
        board.write_register(4 * n, n)
    assert board.stream.writes == [4 * n for n in range(300)]


@pytest.mark.slow
def test_ten_megabytes_with_errors(stream):
    board, rng = Board(stream(damage=0.0005), silence=0), random.Random(3)
    for _ in range(10_000_000 // 8192 // 2):
        data = rng.randbytes(8192)
        board.write(0, data)
        assert board.read(0, 8192) == data == board.stream.memory
    assert board.link.counts.damaged > 5000


def test_accesses_outside_are_reported(stream):
    board = Board(stream(), silence=0)
    with pytest.raises(BoardError) as error:
        board.write(8188, bytes(8))
    assert str(error.value) == "memory 0x2000: no memory or register at this address (DECERR)."
    with pytest.raises(BoardError, match=r"memory 0x2000 to 0x20ff: no memory or register"):
        board.read(8192, 256)


def test_a_pulled_cable_is_reported(stream):
    line = stream()
    board = Board(line, silence=0)
    line._damaged = lambda data: b""
    with pytest.raises(BoardError, match="the stream no longer responds: check the cable"):
        board.read(0, 4)


def test_an_aborted_transfer_does_not_affect_later_ones(stream):
    line = stream()
    board = Board(line, silence=0)
    line.read = lambda count: b""  # responses are lost, requests are not
    with pytest.raises(BoardError, match="no longer responds"):
        board.write(0, b"old!" * 200)
    del line.read
    line.waiting = b""
    board.write(0, b"new!" * 200)
    assert line.memory[:800] == b"new!" * 200


def test_no_board(stream):
    for identity, sentence in (
        ("systola 2", "the stream reports 'systola 2', which this driver does not support"),
        ("hello", "the stream reports 'hello', which this driver does not support"),
    ):
        with pytest.raises(BoardError, match=sentence):
            Board(stream(identity=identity), silence=0)
    silent = stream()
    silent.write = lambda data: None
    with pytest.raises(BoardError, match="the stream does not respond: check that it is the board's port"):
        Board(silent, silence=0)
    echo = stream()
    echo.write = lambda data: setattr(echo, "waiting", echo.waiting + b"\n\rlogin: ")
    with pytest.raises(BoardError, match="the stream responds, but not with the protocol of a Systola board"):
        Board(echo, silence=0)


def test_ports():
    with pytest.raises(BoardError, match=r"/dev/none cannot be opened: there is no such port; known ports: "):
        Board.open("/dev/none")
    master, slave = pty.openpty()
    tty.setraw(slave)
    import serial

    first = serial.Serial(os.ttyname(slave), exclusive=True)
    with pytest.raises(BoardError, match="is in use: close the other program that has it open"):
        Board.open(os.ttyname(slave))
    first.close()
    for end in (master, slave):
        os.close(end)
