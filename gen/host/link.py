"""Host end of a board's link: frames, numbered requests, retries."""

import random
import time
from dataclasses import dataclass

from ...sim.golden.frames import unframe
from ...sim.golden.link import HELLO, WINDOW, request

SILENCE = 0.2
"""Timeout in seconds: a response is missing if no byte arrives for this time, which is longer than any USB adapter
holds bytes back. Each consecutive timeout is twice as long as the previous one, because the board may be slow."""
TRIES = 6
"""Number of consecutive timeouts after which the link is given up."""
FAULTS = {1: "illegal access", 2: "bus error (SLVERR)", 3: "no memory or register at this address (DECERR)"}


class BoardError(Exception):
    """A request to a board failed; the message is one sentence for the user."""


@dataclass
class LinkCounts:
    """Counters of a link: requests, repeated requests, damaged frames."""

    requests: int = 0
    repeated: int = 0
    damaged: int = 0


class HostLink:
    """Host end of a link, over a byte stream such as a port of pyserial.

    The stream has `write(bytes)`, `in_waiting`, and `read(count)`, which returns the bytes received until a timeout.
    `silence` is the timeout of the link in seconds, see :data:`SILENCE`.
    """

    def __init__(self, stream, name: str, silence: float = SILENCE):
        self.stream, self.name, self.silence = stream, name, silence
        self.counts = LinkCounts()
        self._number = random.randrange(256)
        self._in_step = False  # both ends have the same next request number
        self._text = b""

    def hello(self) -> str:
        """Request the identity of the board, and synchronise the request numbers."""
        noise = False
        for silences in range(TRIES - 2):
            self._write(b"\0" + request(self._number, HELLO))
            while (response := self._response(silences)) is not None:
                if response[:2] == bytes([self._number, HELLO]):
                    self._number = (self._number + 1) % 256
                    self._in_step = True
                    return response[2:-1].decode("ascii", "replace")
            noise = noise or bool(self._text) or self.counts.damaged > 0
        if noise:
            raise BoardError(
                f"{self.name} responds, but not with the protocol of a Systola board: check the baud rate."
            )
        raise BoardError(
            f"{self.name} does not respond: check that it is the board's port and that the bitstream is loaded."
        )

    def exchange(self, requests: list[tuple[int, int, int, bytes]]) -> list[tuple[bytes, int]]:
        """Execute requests (op, address, count, data), all of the same op; return the data and the status of each.

        Up to 16 requests are outstanding. If a response is missing, its request and all later ones are sent again; the
        board executes no request twice.
        """
        if not self._in_step:  # an exchange was interrupted: the board may have executed some of its requests
            self.hello()
        self._in_step = False
        found, sent, gap, silences = [], 0, False, 0
        while len(found) < len(requests):
            while sent < min(len(requests), len(found) + WINDOW):
                op, address, count, data = requests[sent]
                self._write(request(self._number + sent - len(found), op, address, count, data))
                self.counts.requests += 1
                sent += 1
            response = self._response(silences)
            ahead = WINDOW if response is None else (response[0] - self._number) % 256
            if response is not None and ahead == 0:
                found.append((response[2:-1], response[-1]))
                self._number = (self._number + 1) % 256
                gap, silences = False, 0
            elif response is None or (ahead < sent - len(found) and not gap):
                # Responses arrive in order, so a later response shows that the expected one is lost.
                silences += response is None
                if silences == TRIES:
                    raise BoardError(f"{self.name} no longer responds: check the cable.")
                gap = response is not None
                self.counts.repeated += sent - len(found)
                sent = len(found)
        self._in_step = True
        return found

    def _response(self, silences: int) -> bytes | None:
        """Next undamaged response; None after a timeout. `silences` is the number of consecutive timeouts before it."""
        patience = self.silence * 2**silences
        last_byte = time.monotonic()
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
                    last_byte = time.monotonic()
                elif time.monotonic() - last_byte >= patience:
                    return None

    def _read(self) -> bytes:
        try:
            return self.stream.read(max(1, self.stream.in_waiting))
        except (OSError, TypeError) as error:  # pyserial's exception is an OSError
            raise BoardError(f"{self.name} is disconnected: check the cable.") from error

    def _write(self, text: bytes):
        try:
            self.stream.write(text)
        except (OSError, TypeError) as error:
            raise BoardError(f"{self.name} is disconnected: check the cable.") from error
