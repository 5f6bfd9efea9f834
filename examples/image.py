"""One DMA descriptor loads an image with the frame that a convolution needs: on generated Verilog, shown as a picture.

    python examples/image.py --out build/image

An image of 96 x 96 pixels of 8 channels lies in DRAM; its middle, 64 x 64, is loaded with a frame of one pixel of a
zero point around it. Prints the use of the bus, and writes the final contents of the local memory as PNG.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from systola.gen.verilog.verilog import generate
from systola.hw.dma.dma import Dma
from systola.sim.golden.dma_boxes import image
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.dma import DmaCase

SIDE, TILE, CHANNELS, HALO, ZERO_POINT = 96, 64, 8, 1, 128
console = Console(highlight=False)


def picture() -> np.ndarray:
    """Rings around a corner, (SIDE, SIDE, CHANNELS), each channel at another pitch."""
    y, x, channel = np.mgrid[:SIDE, :SIDE, :CHANNELS]
    return (127.5 + 127.5 * np.sin(np.hypot(x, y) / (2 + channel))).astype(np.uint8)


def load(pixels: np.ndarray) -> tuple[np.ndarray, int, dict]:
    """The tile with its frame as the hardware loaded it, the cycles, and the beats of each channel."""
    framed = TILE + 2 * HALO
    design = generate("dma", Dma(dims=2, padding=True, local_bytes=framed * framed * CHANNELS))
    row = SIDE * CHANNELS
    corner = (SIDE - TILE) // 2 * (row + CHANNELS)
    value = int.from_bytes([ZERO_POINT] * 8, "little")
    tile = image(corner, 0, TILE, TILE, CHANNELS, halo=HALO, value=value, bus_row=row)
    local = np.zeros(design.parameters["local_bytes"], np.uint8)
    dram = np.pad(pixels.ravel(), (0, -pixels.size % 4096))
    outcome, results = simulate(design, [DmaCase([tile], dram, local, latency=20)], keep=True)
    if outcome.mismatches:
        raise RuntimeError(outcome.examples[0])
    return results[0][1].reshape(framed, framed, CHANNELS), outcome.cycles, outcome.spans[0]


def draw(pixels: np.ndarray, tile: np.ndarray, path: Path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    for axis, data, title in zip(axes, (pixels, tile), ("in DRAM", "in the local memory"), strict=True):
        axis.imshow(data[..., 0], cmap="gray", vmin=0, vmax=255)
        axis.set(title=f"{title}: {data.shape[0]} x {data.shape[1]} x {data.shape[2]}", xticks=[], yticks=[])
    low = (SIDE - TILE) // 2 - 0.5
    axes[0].add_patch(plt.Rectangle((low, low), TILE, TILE, fill=False, color="#c8641e", linewidth=2))
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main(out: Annotated[Path, typer.Option(help="Where image.png goes.")] = Path("build/image")):
    """Load a tile of an image with one descriptor."""
    pixels = picture()
    with console.status("generating, compiling, simulating"):
        tile, cycles, spans = load(pixels)
    middle = pixels[(SIDE - TILE) // 2 :][:TILE, (SIDE - TILE) // 2 :][:, :TILE]
    expected = np.pad(middle, ((HALO, HALO), (HALO, HALO), (0, 0)), constant_values=ZERO_POINT)
    console.print(f"one descriptor, {tile.size:,} bytes in the local memory, {int((tile != expected).sum())} wrong")
    console.print(f"{spans['ar'][0]} bursts, {spans['r'][0]:,} beats of 8 bytes, {cycles:,} cycles")
    out.mkdir(parents=True, exist_ok=True)
    draw(pixels, tile, out / "image.png")
    console.print(out / "image.png")


if __name__ == "__main__":
    typer.run(main)
