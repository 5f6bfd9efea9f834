"""Lowering to chains of descriptors: rejections with their reasons, layouts, and results equal to the reference."""

import numpy as np
import pytest

from systola.gen.accelerators.outer_product import lowering
from systola.gen.accelerators.outer_product.accelerator import ACCELERATOR
from systola.gen.errors import UsageError
from systola.gen.run.report import compare
from systola.gen.run.tasks import ConvTask, GemmTask, Work
from systola.sim.network.arithmetic import Exact, Tflite
from systola.sim.network.graph import Convolution, Dense, Graph, Pooling, Tensor

P = ACCELERATOR.preset("small")
RANDOM = np.random.default_rng(1)


def constant(name, *shape, type="int8"):
    return Tensor(name, shape, type, RANDOM.integers(-128, 128, shape).astype(type))


def product(m=4, k=8, n=4, x=None, w=None, y="int32", arithmetic=None, bias=()) -> Graph:
    x = x or Tensor("x", (m, k), "int8")
    tensors = [x, w or constant("w", k, n), *bias, Tensor("y", (*x.shape[:-1], n), y)]
    node = Dense("dense", ("x", "w", *(each.name for each in bias)), "y", arithmetic or Exact())
    return Graph(tensors, [node], [tensor.name for tensor in tensors[:-1] if not tensor.constant], ["y"])


def convolution(shape, kernel=(1, 1), channels=8, **fields) -> Graph:
    x = Tensor("x", (1, 4, 4, 8), "int8")
    tensors = [x, constant("w", *kernel, channels, 4), Tensor("y", (1, *shape, 4), "int32")]
    return Graph(tensors, [Convolution("conv", ("x", "w"), "y", Exact(), **fields)], ["x"], ["y"])


def pooling() -> Graph:
    tensors = [Tensor("x", (1, 4, 4, 4), "int8"), Tensor("y", (1, 2, 2, 4), "int8")]
    return Graph(tensors, [Pooling("pool", "x", "y", Tflite(), window=(2, 2), stride=(2, 2))], ["x"], ["y"])


SHAPE = "its convolutions have one pixel, stride 1, no padding and one group"
REJECTED = {
    "pooling": (pooling(), "pool", "only matrix products are supported"),
    "kernel": (convolution((2, 2), (3, 3)), "conv", SHAPE),
    "stride": (convolution((2, 2), stride=(2, 2)), "conv", SHAPE),
    "padding on one side": (convolution((5, 4), padding=((0, 1), (0, 0))), "conv", SHAPE),
    "groups": (convolution((4, 4), channels=4, groups=2), "conv", SHAPE),
    "arithmetic": (
        product(y="int8", arithmetic=Tflite(1 << 30, -8)),
        "dense",
        "its arithmetic is Tflite, but only Exact is supported",
    ),
    "bias": (product(bias=(constant("bias", 4, type="int32"),)), "dense", "a bias is not supported"),
    "type": (product(x=Tensor("x", (4, 8), "uint8")), "dense", "x must be int8 with zero point 0"),
    "zero point": (product(x=Tensor("x", (4, 8), "int8", zero_point=1)), "dense", "x must be int8 with zero point 0"),
    "weights": (product(w=Tensor("w", (8, 4), "int8")), "dense", "its weights must be a constant"),
    "constant": (product(x=constant("x", 4, 8)), "dense", "x is a constant, but only weights may be"),
    "depth": (product(k=65), "dense", "a sum has 65 products; the limit is depth=64"),
    "rows": (
        product(m=(1 << 18) - 3, k=1),
        "dense",
        "its result has 262,141 rows; the limit of a descriptor is 262,140",
    ),
}


@pytest.mark.parametrize("what", REJECTED)
def test_an_unsupported_graph_is_rejected_with_a_reason(what):
    graph, layer, reason = REJECTED[what]
    with pytest.raises(UsageError) as error:
        ACCELERATOR.compile(P, graph)
    assert str(error.value) == f"layer {layer} cannot run on outer_product: {reason}."


def test_a_result_is_not_an_input():
    tensors = [Tensor("x", (4, 8), "int8"), constant("w", 8, 4), Tensor("y", (4, 4), "int8")]
    tensors += [constant("v", 4, 4), Tensor("z", (4, 4), "int32")]
    nodes = [Dense("first", ("x", "w"), "y", Tflite(1 << 30, -8)), Dense("second", ("y", "v"), "z", Exact())]
    graph = Graph(tensors, nodes, ["x"], ["z"])
    assert lowering.rejects(P, graph, graph.nodes[1]) == "its input is a result, and results are 32 bits"


def ran(graph: Graph, inputs: dict[str, np.ndarray], p=P):
    """The job and its execution on the golden model, compared with the reference."""
    job = ACCELERATOR.compile(p, graph)
    dram = job.dram(inputs)
    result = ACCELERATOR.run_golden(p, dram, job.entry)
    assert (result.error, result.at) == (0, job.length - 1)
    checked, wrong, _ = compare(Work(graph, inputs), job, result)
    assert (checked > 0, wrong) == (True, 0)
    return job, result


@pytest.mark.parametrize(("m", "k", "n"), [(1, 1, 1), (4, 16, 4), (5, 17, 9), (30, 64, 13), (3, 63, 8)])
def test_products_of_any_size(m, k, n):
    x = RANDOM.integers(-128, 128, (m, k), dtype=np.int8)
    x[0] = -128
    job, result = ran(product(m, k, n), {"x": x})
    assert job.length == -(-n // 4)
    assert result.counters["columns"] == job.roof["multipliers"] == 16 * -(-k // 16) * -(-m // 4) * -(-n // 4)
    assert job.macs == m * k * n


def test_pointwise_convolutions():
    ran(convolution((4, 4)), {"x": RANDOM.integers(-128, 128, (1, 4, 4, 8), dtype=np.int8)})


def test_one_chain_for_all_layers():
    """Two layers with the same input, one of them with more than two axes."""
    tensors = [Tensor("x", (2, 3, 8), "int8"), constant("w", 8, 6), Tensor("y", (2, 3, 6), "int32")]
    tensors += [constant("v", 8, 3), Tensor("z", (2, 3, 3), "int32")]
    nodes = [Dense("first", ("x", "w"), "y", Exact()), Dense("second", ("x", "v"), "z", Exact())]
    job, _ = ran(Graph(tensors, nodes, ["x"], ["y", "z"]), {"x": RANDOM.integers(-128, 128, (2, 3, 8), dtype=np.int8)})
    assert job.length == 2 + 1
    assert set(job.outputs) == {"y", "z"}


@pytest.mark.parametrize(
    "task", [GemmTask.check(m=7, k=30, n=6), ConvTask.check(kernel=1, padding=0, height=3, width=5)]
)
def test_tasks_are_compiled(task):
    work = task.work(ACCELERATOR.operands(P, 1))
    ran(work.graph, work.inputs)


def test_results_modify_nothing_else():
    x = RANDOM.integers(-128, 128, (6, 20), dtype=np.int8)
    graph = product(6, 20, 5)
    job, result = ran(graph, {"x": x})
    changed = np.flatnonzero(result.dram != job.dram({"x": x}))
    place = job.outputs["y"]
    assert changed.min() >= place.address
    assert changed.max() < place.address + place.size


def test_layouts_of_panels_and_strips():
    place = lowering.Panels(0, (5, 3), np.dtype(np.int8))
    value = np.arange(15, dtype=np.int8).reshape(5, 3)
    blocks = place.write(value).view(np.int8).reshape(2, 16, 4)
    assert np.array_equal(blocks[0, :3], value[:4].T)
    assert np.array_equal(blocks[1, :3, 0], value[4])
    assert not blocks[1, :, 1:].any()
    assert not blocks[:, 3:].any()
    strips = lowering.Strips(64, (5, 6), np.dtype(np.int32))
    assert strips.size == 2 * 2 * 64
    dram = np.zeros(64 + strips.size, np.uint8)
    dram[64:] = np.arange(64, dtype="<i4").view(np.uint8)
    whole = np.concatenate([np.arange(32).reshape(8, 4), np.arange(32, 64).reshape(8, 4)], axis=1)
    assert np.array_equal(strips.read(dram), whole[:5, :6])
