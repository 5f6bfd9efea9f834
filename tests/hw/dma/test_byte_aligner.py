"""Byte aligner: bytes reach their places; against lists of bytes, with errors, kept words and values."""

import random

import pytest

from systola.hw.dma.byte_aligner import ByteAligner

PARAMETERS = [
    {"fill": True, "scatter": True},
    {"data_width": 16, "padding": True},
    {"data_width": 512, "burst": 64, "scatter": True},
]


def words(offset: int, count: int, width: int) -> int:
    return -(-(offset + count) // width)


def draw(p, rng: random.Random) -> tuple[list[dict], list[dict]]:
    """A descriptor's moves and their source words; a move that keeps a word is followed by one within it."""
    moves, sources = [], []
    for _ in range(rng.randrange(1, 6)):
        kind = rng.random()
        beat = rng.randrange(1 << 20)
        target = {"target": rng.randrange(p.bytes), "addr": rng.randrange(1 << 8)}
        if p.scatter and kind < 0.3:  # the elements of a word, in order
            size = 1 << rng.randrange(p.lanes + 1)
            first = rng.randrange(p.bytes // size)
            elements = rng.randrange(1, p.bytes // size - first + 1)
            for n in range(elements):
                place = {"target": rng.randrange(p.bytes // size) * size, "addr": rng.randrange(1 << 8)}
                at = {"source": (first + n) * size, "bytes": size, "beat": beat, "keep": n < elements - 1}
                moves.append(place | at)
            sources.append(1)
            continue
        count = rng.choice([1, p.bytes, rng.randrange(1, 2 * p.bytes), rng.randrange(1, 6 * p.bytes)])
        move = target | {"source": rng.randrange(p.bytes), "bytes": count, "beat": beat}
        if p.values and kind > 0.8:
            move |= {"fill": 1, "value": rng.getrandbits(p.data_width)}
        else:
            sources += [1] * words(move["source"], count, p.bytes)
        moves.append(move)
    moves[-1] = moves[-1] | {"last": 1}
    fails = rng.random() < 0.3
    bad = [rng.choice([2, 3]) if fails and rng.random() < 0.3 else rng.choice([0, 1]) for _ in sources]
    return moves, [{"data": rng.getrandbits(p.data_width), "resp": resp} for resp in bad]


def expected(moves: list[dict], sources: list[dict], p) -> tuple[list[dict], tuple | None, int]:
    """The target words, (beat, decerr) of the first error, and the total number of cycles."""
    out, error, cycles = [], None, 0
    left = list(sources)
    width = p.bytes
    for move in moves:
        source, target, count = move["source"], move["target"], move["bytes"]
        reach = words(target, count, width)
        if move.get("fill"):
            pattern = move["value"].to_bytes(width, "little")
            data = [pattern[(target + n) % width] for n in range(count)]
        else:
            needed = words(source, count, width)
            taken = left[:needed]
            if not move.get("keep"):
                del left[:needed]
            for n, word in enumerate(taken):
                if word["resp"] >= 2 and error is None:
                    error = move["beat"] + n, word["resp"] & 1
            data = list(b"".join(word["data"].to_bytes(width, "little") for word in taken)[source : source + count])
            cycles += source > target and needed > 1
        cycles += reach
        lanes = [None] * target + data + [None] * (reach * width - target - count)
        for n in range(reach):
            final = move.get("last", 0) and n == reach - 1
            out.append({"addr": move["addr"] + n, "lanes": lanes[n * width : (n + 1) * width], "last": final})
    assert not left
    return out, error, cycles


@pytest.mark.parametrize(
    ("parameters", "pause"),
    [
        *((parameters, pause) for parameters in PARAMETERS[:-1] for pause in (0.0, 0.4)),
        (PARAMETERS[-1], 0.0),
        pytest.param(PARAMETERS[-1], 0.4, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_moves(exchange, parameters, pause):
    align = ByteAligner(**parameters)
    p = align.p
    rng = random.Random(11)
    jobs = [draw(p, rng) for _ in range(40)]
    references = [expected(*job, p) for job in jobs]
    inputs = {"move": [move for moves, _ in jobs for move in moves], "i": [word for _, each in jobs for word in each]}
    count = sum(len(out) for out, _, _ in references)
    beats = exchange(align, inputs, {"o": count}, pause=pause, watch=("failed", "decerr", "beat"))
    given = iter(fields for _, fields in beats["o"])
    for out, error, _ in references:
        for word in out:
            seen = next(given)
            data = seen["data"].to_bytes(p.bytes, "little")
            assert seen["addr"] == word["addr"]
            assert seen["last"] == word["last"]
            assert seen["strobe"] == sum((byte is not None) << n for n, byte in enumerate(word["lanes"]))
            assert all(byte in (None, data[n]) for n, byte in enumerate(word["lanes"]))
        assert seen["failed"] == (error is not None)
        if error:
            assert (seen["beat"], seen["decerr"]) == error
    assert any(error for _, error, _ in references)
    if not pause:
        # the first move enters in cycle 0 and its word leaves in cycle 2; no cycle is lost between moves
        assert beats["o"][-1][0] == sum(cycles for _, _, cycles in references) + 1


def test_words_before_an_error_are_not_marked(exchange):
    align = ByteAligner()
    moves = [{"source": 0, "target": 0, "bytes": 24, "beat": 5, "last": 1}] * 2
    sources = [{"resp": resp} for resp in (0, 3, 2, 0, 0, 0)]
    beats = exchange(align, {"move": moves, "i": sources}, {"o": 6}, watch=("failed",))
    assert [fields["failed"] for _, fields in beats["o"]] == [0, 1, 1, 0, 0, 0]


@pytest.mark.parametrize(("source", "count", "cycle"), [(0, 8, 2), (3, 5, 2), (3, 6, 3), (7, 1, 2)])
def test_latency(exchange, source, count, cycle):
    """One more cycle only where the second source word has the last bytes of the first target word."""
    moves = [{"source": source, "target": 0, "bytes": count, "last": 1}]
    sources = [{"data": 1}] * words(source, count, 8)
    assert exchange(ByteAligner(), {"move": moves, "i": sources}, {"o": 1})["o"][0][0] == cycle


@pytest.mark.parametrize("cycle", range(8))
def test_one_cycle_of_reset_is_sufficient(exchange, cycle):
    moves = [{"source": 3, "target": 0, "bytes": 40, "last": 1}]
    exchange(ByteAligner(), {"move": moves, "i": [{"resp": 2}] * 6}, {"o": 1}, pause=0.2, seed=cycle, reset_at=cycle)
