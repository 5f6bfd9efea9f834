"""Golden model of the link: requests and their responses, each executed exactly once."""

from collections.abc import Callable

from .frames import frame, unframe

READ, WRITE, READ_REGISTERS, WRITE_REGISTERS, HELLO = range(5)
OKAY, REJECTED, SLVERR, DECERR = range(4)
WORD, WORDS, WINDOW = 4, 64, 16


def request(number: int, op: int, address: int = 0, count: int = 1, data: bytes = b"") -> bytes:
    """Encoded frame of a request."""
    return frame(bytes([number % 256, op, count]) + address.to_bytes(4, "little") + data)


class Link:
    """Link to two buses. `read(registers, address)` returns a word and a response, `write(registers, address, word)` a
    response; words are 4 bytes."""

    def __init__(self, p: dict, read: Callable, write: Callable):
        self.p, self.read, self.write = p, read, write
        self.following, self.statuses, self.text = 0, [OKAY] * 2 * WINDOW, b""

    def execute(self, received: bytes) -> list[bytes]:
        """Contents of all responses to the received bytes, which may end within a request."""
        *frames, self.text = (self.text + received).split(b"\0")
        contents = [unframe(text) for text in frames]
        responses = [self._request(content) for content in contents if content and self._is_request(content)]
        return [response for response in responses if response is not None]

    def respond(self, received: bytes) -> bytes:
        """Encoded frames of all responses; see :meth:`execute`."""
        return b"".join(map(frame, self.execute(received)))

    @staticmethod
    def _is_request(content: bytes) -> bool:
        if len(content) < 7 or not 1 <= content[2] <= WORDS:
            return False
        return len(content) == 7 + (WORD * content[2] if content[1] % 2 else 0)

    def _request(self, content: bytes) -> bytes | None:
        number, op, count = content[:3]
        address = int.from_bytes(content[3:7], "little")
        back = (self.following - number) % 256
        writes, registers = op % 2 == 1, op // 2 % 2 == 1
        if op != HELLO and back > WINDOW:
            return None
        repeated = op != HELLO and back > 0
        width = self.p["register_width" if registers else "memory_width"]
        legal = (
            op < HELLO
            and address % WORD == 0
            and address < 2**width
            and address // 4096 == (address + WORD * count - 1) // 4096
        )
        found, status = b"", OKAY
        if op == HELLO:
            found = self.p["identity"].encode()
        elif repeated and writes:
            status = self.statuses[back - 1]
        elif not legal:
            status = REJECTED
        else:
            for n in range(count):
                if writes:
                    code = self.write(registers, address + WORD * n, content[7 + WORD * n :][:WORD])
                else:
                    word, code = self.read(registers, address + WORD * n)
                    found += word
                status = status or code
        if not repeated:
            self.following = (number + 1) % 256
            self.statuses = [status, *self.statuses[:-1]]
        return bytes([number, op]) + found + bytes([status])
