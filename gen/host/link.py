"""The host's end of a board's link: frames, numbered requests, retries."""

import random
import time
from dataclasses import dataclass

from ...sim.golden.frames import unframe
from ...sim.golden.link import HELLO, WINDOW, request

SILENCE = 0.2
"""Seconds without a byte after which an answer is missed: more than any USB adapter keeps bytes. Every silence that
follows may be twice as long, since what answers may be slow."""
TRIES = 6
"""Silences after which the board is given up."""
FAULTS = {1: "no legal access", 2: "an error of the bus (SLVERR)", 3: "nothing there (DECERR)"}


class BoardError(Exception):
    """The board does not do what was asked; the message is one sentence for the user."""


@dataclass
class LinkCounts:
    """What a link has seen: requests, those that were sent again, frames that came damaged."""

    requests: int = 0
    repeated: int = 0
    damaged: int = 0


class HostLink:
    """The host's end of a link, over a stream with `write(bytes)`, `read(count)`, which gives up after a while and
    gives what came, and `in_waiting`: pyserial's ports, among others. `silence`: see :data:`SILENCE`."""

    def __init__(self, stream, name: str, silence: float = SILENCE):
        self.stream, self.name, self.silence = stream, name, silence
        self.counts = LinkCounts()
        self._number = random.randrange(256)
        self._in_step = False  # both sides know which number comes next
        self._text = b""

    def hello(self) -> str:
        """What the board says that it is; requests are in order from here on."""
        noise = False
        for silences in range(TRIES - 2):
            self._write(b"\0" + request(self._number, HELLO))
            while (answer := self._answer(silences)) is not None:
                if answer[:2] == bytes([self._number, HELLO]):
                    self._number = (self._number + 1) % 256
                    self._in_step = True
                    return answer[2:-1].decode("ascii", "replace")
            noise = noise or bool(self._text) or self.counts.damaged > 0
        if noise:
            raise BoardError(f"{self.name} answers, but not as a Systola board does: is the baud rate right?")
        raise BoardError(f"{self.name} does not answer: is it the board's port, and is the bitstream loaded?")

    def exchange(self, requests: list[tuple[int, int, int, bytes]]) -> list[tuple[bytes, int]]:
        """Do requests (op, address, count, data), all of one op: what each found, and its status.

        Up to 16 are under way. Who misses an answer goes back to its request: the board does none of them twice.
        """
        if not self._in_step:  # an exchange was broken off: some of its numbers may have been done
            self.hello()
        self._in_step = False
        found, sent, gap, silences = [], 0, False, 0
        while len(found) < len(requests):
            while sent < min(len(requests), len(found) + WINDOW):
                op, address, count, data = requests[sent]
                self._write(request(self._number + sent - len(found), op, address, count, data))
                self.counts.requests += 1
                sent += 1
            answer = self._answer(silences)
            ahead = WINDOW if answer is None else (answer[0] - self._number) % 256
            if answer is not None and ahead == 0:
                found.append((answer[2:-1], answer[-1]))
                self._number = (self._number + 1) % 256
                gap, silences = False, 0
            elif answer is None or (ahead < sent - len(found) and not gap):
                # Answers come in order: one from further on says that the one waited for is lost.
                silences += answer is None
                if silences == TRIES:
                    raise BoardError(f"{self.name} stopped answering: is the cable plugged in?")
                gap = answer is not None
                self.counts.repeated += sent - len(found)
                sent = len(found)
        self._in_step = True
        return found

    def _answer(self, silences: int) -> bytes | None:
        """The next answer that came whole; None after a silence, which so many came before."""
        patience = self.silence * 2**silences
        heard = time.monotonic()
        while True:
            text, end, rest = self._text.partition(b"\0")
            if end:
                self._text = rest
                content = unframe(text) if text else None
                if content and len(content) >= 3:
                    return content
                self.counts.damaged += bool(text)
            else:
                got = self._read()
                if got:
                    self._text += got
                    heard = time.monotonic()
                elif time.monotonic() - heard >= patience:
                    return None

    def _read(self) -> bytes:
        try:
            return self.stream.read(max(1, self.stream.in_waiting))
        except (OSError, TypeError) as error:  # pyserial's own is an OSError
            raise BoardError(f"{self.name} is gone: is the cable plugged in?") from error

    def _write(self, text: bytes):
        try:
            self.stream.write(text)
        except (OSError, TypeError) as error:
            raise BoardError(f"{self.name} is gone: is the cable plugged in?") from error
