"""Handwritten digits, classified on generated Verilog.

A small network is trained on real images and quantised to int8. The matrix products of its layers then run
on a weight-stationary systolic array, generated as Verilog and simulated by Verilator; every accumulator
that leaves it is compared with the golden model. NumPy computes the steps between the products: the sums
of partial results, bias, requantisation and ReLU. A layer starts when the previous one has ended.

    python examples/digits.py [--out build/demo] [--rows 16] [--cols 16] [--images 898]
"""

import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from systola.gen.verilog.verilog import generate
from systola.hw.array.systolic import Systolic
from systola.hw.component import ParameterError
from systola.sim.network.zoo import digits
from systola.sim.runner.job import Outcome
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError, build
from systola.sim.stimulus import gemm
from systola.sim.stimulus.systolic import SystolicCase

console = Console(highlight=False, markup=False)


class Array:
    """A systolic array in Verilog that multiplies matrices and records the cycles of each product."""

    def __init__(self, rows: int, cols: int):
        self.rows, self.cols = rows, cols
        # Activations are never negative here, so they are unsigned; weights keep the default, int8.
        self.design = generate("systolic", Systolic(rows=rows, cols=cols, dataflow="ws", a_format="uint8"))
        self.products = []

    def matmul(self, a: np.ndarray, w: np.ndarray) -> np.ndarray:
        """A @ W, (M, K) x (K, N): tiles that follow each other without a pause, partial sums added up."""
        tiles = gemm.tiles(a, w, self.rows, self.cols, "ws")
        (m, k), n = a.shape, w.shape[1]
        with step(f"Layer {len(self.products) + 1}: ({m} x {k}) @ ({k} x {n})"):
            outcome, results = simulate(self.design, [SystolicCase(tiles)], keep=True)
        self.products.append(Product(self, m, (k, n), len(tiles), outcome))
        return gemm.assemble(results[0], a, w, self.rows, self.cols, "ws")


@dataclass
class Product:
    """One layer on the array: the shape (K, N) of its weights, its tiles, and the counts of the bench."""

    array: Array
    images: int
    shape: tuple[int, int]
    tiles: int
    outcome: Outcome

    @property
    def macs(self) -> int:
        """The network's own multiplications: the zeros that fill a tile's edges are not counted as work."""
        return self.images * self.shape[0] * self.shape[1]

    @property
    def cycles(self) -> int:
        """Measured at the ports: from the first input beat, which is a weight, to the last output beat."""
        return self.outcome.cycles

    @property
    def utilisation(self) -> float:
        return self.macs / (self.cycles * self.array.rows * self.array.cols)

    def timeline(self, window: int) -> tuple[np.ndarray, np.ndarray]:
        """Utilisation in windows of cycles, by the results that leave in them: edges (T + 1), values (T)."""
        (k, n), rows, cols = self.shape, self.array.rows, self.array.cols
        tiles = [min(rows, k - i) * min(cols, n - j) for j in range(0, n, cols) for i in range(0, k, rows)]
        beats = np.array(self.outcome.output_cycles[0])
        beats += self.cycles - 1 - beats[-1]  # count from the first input beat
        macs = np.repeat(tiles, len(beats) // len(tiles))
        edges = np.append(np.arange(0, self.cycles, window), self.cycles)
        return edges, np.histogram(beats, edges, weights=macs)[0] / (np.diff(edges) * rows * cols)


def main(
    out: Annotated[Path, typer.Option(help="folder for the Verilog and the picture")] = Path("build/demo"),
    rows: Annotated[int, typer.Option(help="rows of the array")] = 16,
    cols: Annotated[int, typer.Option(help="columns of the array")] = 16,
    images: Annotated[int, typer.Option(help="test images to classify", min=1, max=898)] = 898,
):
    """Classify handwritten digits on a systolic array in generated Verilog."""
    started = time.perf_counter()
    for package in ("matplotlib", "sklearn"):
        if find_spec(package) is None:
            fail(f"The Python package {package} was not found: pip install -e '.[sim,demo]' in a clone of Systola", 1)
    try:
        # 1. The hardware: parameters in, Verilog out.
        with step("Generate the Verilog"):
            array = Array(rows, cols)
        verilog, *_ = array.design.write(out)

        # 2. The network: trained in floating point, then integers only.
        with step("Train and quantise the network"):
            data = digits.load()
            trained = digits.train(data.train_images, data.train_labels)
            network = digits.quantise(trained, data.train_images)
        test_images, labels = data.test_images[:images], data.test_labels[:images]

        # 3. The same integers twice: once with NumPy's product, once with the hardware's.
        reference = network.run(test_images, np.matmul)
        with step("Compile the Verilog for simulation"):
            build(array.design.verilog, array.design.top)
        logits = network.run(test_images, array.matmul)
    except ParameterError as error:
        fail(str(error), 2)
    except SimulatorError as error:
        fail(str(error), 1)

    picture = out / "digits.png"
    with step("Draw the picture"):
        draw(picture, array, test_images, labels, logits.argmax(axis=1))

    wrong = np.count_nonzero(logits != reference)
    in_floating_point = np.mean(digits.infer(trained, test_images)[-1].argmax(axis=1) == labels)
    summarise(
        array,
        {
            "Images": f"{len(labels):,} that training has not seen",
            "Accuracy": f"{np.mean(logits.argmax(axis=1) == labels):.2%} on the hardware in int8, "
            f"{in_floating_point:.2%} in floating point",
            "Logits": f"{logits.size:,} compared with the network in NumPy, {wrong:,} mismatches",
            "Verilog": f"{verilog}  ({verilog.stat().st_size / 1000:.0f} kB, {array.design.modules} modules)",
            "Picture": f"{picture}",
            "Time": f"{time.perf_counter() - started:.0f} s",
        },
    )
    if wrong or any(product.outcome.mismatches for product in array.products):
        raise typer.Exit(1)


def summarise(array: Array, facts: dict[str, str]):
    """Print one line per layer, then the results."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("Layer")
    for column in ("tiles", "cycles", "MACs", "utilisation"):
        table.add_column(column, justify="right")
    products = array.products
    for number, p in enumerate(products, start=1):
        table.add_row(
            f"{number}: {p.shape[0]} -> {p.shape[1]}",
            f"{p.tiles}",
            f"{p.cycles:,}",
            f"{p.macs:,}",
            f"{p.utilisation:.1%}",
        )
    cycles, macs, seconds = (
        sum(values) for values in zip(*((p.cycles, p.macs, p.outcome.seconds) for p in products), strict=True)
    )
    table.add_row(
        "all",
        f"{sum(p.tiles for p in products)}",
        f"{cycles:,}",
        f"{macs:,}",
        f"{macs / (cycles * array.rows * array.cols):.1%}",
    )
    console.print()
    console.print(table)
    console.print(
        "MACs are the network's own, without the zeros that fill tiles up;\n"
        "cycles run from a layer's first input beat to its last output beat.\n"
    )

    checked = sum(p.outcome.checked for p in products)
    mismatches = sum(p.outcome.mismatches for p in products)
    facts = {
        "Array": f"{array.rows} x {array.cols}, weight stationary, uint8 x int8 -> int32",
        "Accumulators": f"{checked:,} compared with the golden model, {mismatches:,} mismatches",
        "Simulation": f"{cycles / seconds:,.0f} cycles per second",
        **facts,
    }
    for name, value in facts.items():
        console.print(f"{name:<14}{value}", soft_wrap=True)
    for example in [text for p in products for text in p.outcome.examples][:5]:
        console.print(f"  {example}", soft_wrap=True)


def draw(path: Path, array: Array, images: np.ndarray, labels: np.ndarray, predicted: np.ndarray):
    """Utilisation over time, a detail of the first change of layer, and digits with their classification."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    blue, red = "#2f6f9f", "#c0392b"
    figure = Figure(figsize=(10, 5.2), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    upper, lower = figure.subfigures(2, 1, height_ratios=(2.4, 1))

    products = array.products
    ends = np.cumsum([p.cycles for p in products])
    total, change = ends[-1], ends[0]
    whole, close = upper.subplots(1, 2, width_ratios=(3.5, 1), sharey=True)
    for number, (p, end) in enumerate(zip(products, ends, strict=True), start=1):
        start, shade = end - p.cycles, (0.85, 0.6)[number % 2]
        for axes, window, origin in ((whole, max(1, total // 400), 0), (close, 1, change)):
            edges, values = p.timeline(window)
            axes.stairs(100 * values, start - origin + edges, fill=True, color=blue, alpha=shade)
        label = f"layer {number}\n{p.shape[0]} → {p.shape[1]}\n{p.utilisation:.1%}"
        whole.text(start + p.cycles / 2, 104, label, ha="center", va="bottom", linespacing=1.35)
    idle = np.flatnonzero(products[1].timeline(1)[1])[0]
    label = f"between layers:\n{idle} cycles to load\nand fill the array"
    close.text(0, 104, label, ha="center", va="bottom", linespacing=1.35)
    reach = 2 * idle
    whole.set(
        xlim=(0, total), ylim=(0, 102), yticks=range(0, 101, 25), xlabel="time (clock cycles)", ylabel="utilisation (%)"
    )
    close.set(xlim=(-reach, reach), xticks=(-idle, 0, idle), xlabel="cycles after layer 1")
    for axes, boundaries in ((whole, ends[:-1]), (close, [0])):
        axes.vlines(boundaries, 0, 102, color="#333333", linewidth=0.8, linestyle=(0, (4, 3)))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.spines[["top", "right"]].set_visible(False)

    # The first errors, after as many digits as there is room for.
    right, wrong = np.flatnonzero(predicted == labels), np.flatnonzero(predicted != labels)
    shown = [*right[: 10 - len(wrong[:3])], *wrong[:3]]
    counts = f"{len(right):,} right, {len(wrong):,} wrong"
    lower.suptitle(f"{len(labels):,} digits classified: {counts}", fontsize=11)
    for place, axes in enumerate(lower.subplots(1, 10)):
        if place >= len(shown):
            axes.set_axis_off()
            continue
        n = shown[place]
        good = predicted[n] == labels[n]
        axes.imshow(images[n].reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel(
            f"{predicted[n]}" if good else f"{predicted[n]}, is {labels[n]}", color=blue if good else red, fontsize=11
        )
        axes.spines[:].set(color=blue if good else red, linewidth=1.2)
    figure.savefig(path)


@contextmanager
def step(text: str):
    """Report a step while it runs, and its duration when it has ended."""
    started = time.perf_counter()
    with console.status(text):
        yield
    console.print(f"{text:<44}{time.perf_counter() - started:6.1f} s")


def fail(sentence: str, status: int):
    Console(stderr=True, highlight=False, markup=False).print(sentence, soft_wrap=True)
    raise typer.Exit(status)


if __name__ == "__main__":
    typer.run(main)
