"""Frames, written and read by hardware and by the golden model; damaged frames are reported."""

import random

from amaranth.sim import Simulator

from systola.hw.host.frames import Deframer, Framer
from systola.sim.golden import frames

CONTENTS = [b"a", bytes(1), bytes(9), bytes(range(1, 251)), bytes(range(1, 256)) * 2, bytes(range(256)), b"\xff" * 249]
CONTENTS += [b"\x01" * 253, b"\x01" * 254 + bytes(1), b"\x01" * 254 + b"\x02", random.Random(1).randbytes(300)]


def _run(component, beats: list, field, pause: float = 0.0) -> list:
    """Send `beats` into the stream i of a component; collect the results of `field` for each beat of o."""
    rng, found = random.Random(1), []

    async def put(ctx):
        for beat in beats:
            while rng.random() < pause:
                await ctx.tick()
            ctx.set(component.i.payload, beat)
            ctx.set(component.i.valid, 1)
            await ctx.tick().until(component.i.ready)
            ctx.set(component.i.valid, 0)
        await ctx.tick().repeat(1000)

    async def get(ctx):
        while True:
            ctx.set(component.o.ready, rng.random() >= pause)
            o = component.o
            *_, valid, ready, payload = await ctx.tick().sample(o.valid, o.ready, o.payload)
            if valid and ready:
                found.append(field(payload))

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(put)
    simulator.add_testbench(get, background=True)
    simulator.run()
    return found


def _written(contents: list[bytes], pause: float = 0.0) -> bytes:
    beats = [{"data": byte, "last": n == len(each) - 1} for each in contents for n, byte in enumerate(each)]
    return bytes(_run(Framer(), beats, int, pause))


def _read(text: bytes, pause: float = 0.0) -> list[bytes | None]:
    """The contents of the frames, None for a damaged one."""
    read, content = [], bytearray()
    for data, end, crc_valid in _run(Deframer(), [*text], lambda beat: (beat.data, beat.end, beat.crc_valid), pause):
        if end:
            read.append(bytes(content[:-4]) if crc_valid else None)
            content.clear()
        else:
            content.append(data)
    return read


def test_written_frames_equal_those_of_the_golden_model():
    expected = b"".join(map(frames.frame, CONTENTS))
    assert _written(CONTENTS) == expected
    assert _written(CONTENTS[-3:], pause=0.5) == b"".join(map(frames.frame, CONTENTS[-3:]))


def test_frames_are_read():
    assert _read(b"".join(map(frames.frame, CONTENTS))) == CONTENTS
    assert _read(b"\0\0" + b"\0".join(map(frames.frame, CONTENTS[:5])), pause=0.3) == CONTENTS[:5]


def test_damage_is_detected_and_the_next_frame_is_read():
    rng, good = random.Random(2), frames.frame(b"good")
    text, expected = b"", []
    for _ in range(25):
        frame = bytearray(frames.frame(rng.randbytes(rng.choice([1, 20]))))
        at = rng.randrange(len(frame) - 1)
        damage = rng.randrange(3)
        if damage == 0:
            frame[at] ^= 1 << rng.randrange(8)
        elif damage == 1:
            del frame[at]
        else:
            frame.insert(at, frame[at])
        text += frame + good
        expected += [frames.unframe(part) for part in bytes(frame).split(b"\0")[:-1] if part] + [b"good"]
    assert None in expected
    assert _read(text) == expected
