"""Descriptors of common transfers: contiguous runs, rows, images with a border, transposes; and their coalescing."""

from dataclasses import replace

from .dma import COUNT_LIMIT, Descriptor, aligned, turns


def coalesce(d: Descriptor) -> Descriptor:
    """Coalesced descriptor: the same bytes in the same order with fewer dimensions, as those contiguous on both sides
    merge.

    Dimensions with padding stay as they are, and no count exceeds its limit.
    """
    if 0 in d.count:
        return d
    kept: list[list[int]] = []
    for n, bus, local, before, after in zip(
        d.count, d.bus_stride, d.local_stride, d.before, d.after, strict=True
    ):  # fmt: skip
        padded = before or after
        if n == 1 and not padded:
            continue
        if kept and not padded:
            inner = kept[-1]
            follows = bus == inner[0] * inner[1] and local == inner[0] * inner[2]
            if follows and not (inner[3] or inner[4]) and n * inner[0] <= COUNT_LIMIT:
                inner[0] *= n
                continue
        kept.append([n, bus, local, before, after])
    if not kept:
        kept.append([1, 1 << d.size, 1 << d.size, 0, 0])
    count, bus_stride, local_stride, before, after = zip(*kept, strict=True)
    merged = replace(
        d, count=count, bus_stride=bus_stride, local_stride=local_stride, before=before, after=after
    )  # fmt: skip
    # An outer dimension that became the innermost may look like a corner turn, which must be aligned.
    return d if turns(merged) and not aligned(merged) else merged


def contiguous(bus: int, local: int, bytes: int, **others) -> Descriptor:
    """Transfer of `bytes` contiguous bytes.

    Raises `ValueError` where that is more than a count can hold and no multiple of a smaller one.
    """
    for pieces in range(-(-bytes // COUNT_LIMIT) or 1, COUNT_LIMIT + 1):
        if bytes % pieces == 0:
            piece = bytes // pieces
            return rows(bus, local, pieces, piece, piece, piece, **others)
    raise ValueError(f"{bytes} bytes are not a product of two counts up to {COUNT_LIMIT}: move them in two parts")


def rows(bus: int, local: int, rows: int, bytes: int, bus_stride: int, local_stride: int, **others) -> Descriptor:
    """Transfer of `rows` rows of `bytes` bytes each, with the given row strides on either side."""
    strides = {"bus_stride": (1, bus_stride), "local_stride": (1, local_stride)}
    return Descriptor(bus_addr=bus, local_addr=local, count=(bytes, rows), **strides, **others)


def image(
    bus: int,
    local: int,
    height: int,
    width: int,
    channels: int,
    *,
    size: int = 0,
    halo: int = 0,
    value: int = 0,
    bus_row: int | None = None,
    local_row: int | None = None,
    padding_limit: int = 15,
    addr_width: int = 32,
    **others,
) -> Descriptor:
    """Transfer of an image of height x width pixels, `channels` elements each, with a frame of `halo` pixels of
    `value`.

    `bus` is the address of its first pixel in DRAM, `local` that of the frame's. `bus_row` and `local_row` are the
    bytes from row to row; without them rows are contiguous. A row is one dimension, for long bursts, unless its frame
    has more elements than `padding_limit`.
    """
    pixel = channels << size
    framed = width + 2 * halo
    bus_row = width * pixel if bus_row is None else bus_row
    local_row = framed * pixel if local_row is None else local_row
    if halo * channels <= padding_limit:
        count, inner, frame = (framed * channels, height + 2 * halo), (1 << size,), (halo * channels, halo)
    else:
        count, inner, frame = (channels, framed, height + 2 * halo), (1 << size, pixel), (0, halo, halo)
    return Descriptor(
        bus_addr=(bus - halo * (bus_row + pixel)) % (1 << addr_width),
        local_addr=local,
        size=size,
        count=count,
        bus_stride=(*inner, bus_row),
        local_stride=(*inner, local_row),
        before=frame,
        after=frame,
        value=value,
        **others,
    )


def transpose(
    bus: int,
    local: int,
    rows: int,
    cols: int,
    *,
    size: int = 0,
    bus_row: int | None = None,
    local_col: int | None = None,
    **others,
) -> Descriptor:
    """Transpose of a rows x cols matrix, in DRAM row by row, in the local memory column by column (a load: the corner
    turn).

    `bus_row` and `local_col` are the bytes from one row or column to the next; without them they are contiguous.
    """
    bus_row = cols << size if bus_row is None else bus_row
    local_col = rows << size if local_col is None else local_col
    return Descriptor(
        bus_addr=bus,
        local_addr=local,
        size=size,
        count=(cols, rows),
        bus_stride=(1 << size, bus_row),
        local_stride=(local_col, 1 << size),
        **others,
    )
