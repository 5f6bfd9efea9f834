"""Random networks of convolutions, depthwise convolutions, additions, products and poolings, with branches."""

import numpy as np

from systola.sim.network.arithmetic import Tflite
from systola.sim.network.graph import Addition, Convolution, Dense, Graph, Multiplication, Pooling, Reshape, Tensor

LARGEST = 40_000
"""Products of a layer, so that a test takes seconds."""


class NetworkBuilder:
    """Builds one network layer by layer; every tensor may be read again later."""

    def __init__(self, seed: int, rounding: str = "gemmlowp"):
        self.rng, self.rounding = np.random.default_rng(seed), rounding
        shape = (1, *self.rng.integers(1, 15, 2).tolist(), self.count())
        self.tensors, self.nodes = [Tensor("x", shape, "int8", zero_point=self.zero())], []
        self.images = [self.tensors[0]]

    def graph(self, layers: int) -> Graph:
        kinds = [self.convolution, self.convolution, self.depthwise, self.addition, self.product, self.pooling]
        while len(self.nodes) < layers:
            self.rng.choice(kinds)()
        last = self.images[-1]
        outputs = {last.name}
        if self.rng.random() < 0.3:
            outputs.add(str(self.rng.choice([node.output for node in self.nodes])))
        if self.rng.random() < 0.5 and last.size < 300:
            outputs.add(self.dense(last))
        return Graph(self.tensors, self.nodes, ["x"], sorted(outputs))

    def count(self) -> int:
        return int(self.rng.choice([1, 2, 3, 4, 5, 8, 11, 16, 21]))

    def zero(self) -> int:
        return int(self.rng.integers(-128, 128))

    def source(self) -> Tensor:
        """The last image, or sometimes an earlier one."""
        return self.images[-1] if self.rng.random() < 0.75 else self.images[self.rng.integers(len(self.images))]

    def constant(self, shape, type="int8", low=-128, high=127) -> Tensor:
        values = self.rng.integers(low, high + 1, shape).astype(type)
        self.tensors.append(Tensor(f"c{len(self.tensors)}", tuple(shape), type, values))
        return self.tensors[-1]

    def result(self, shape, zero_point=None) -> Tensor:
        zero_point = self.zero() if zero_point is None else zero_point
        self.tensors.append(Tensor(f"t{len(self.tensors)}", tuple(shape), "int8", zero_point=zero_point))
        return self.tensors[-1]

    def scale(self, depth: float, count: int | None = None) -> Tflite:
        shape = () if count is None else (count,)
        multiplier = self.rng.integers(1 << 30, 1 << 31, shape)
        shift = np.full(shape, -int(np.log2(60 * np.sqrt(depth))))
        return Tflite(multiplier, shift, rounding=self.rounding)

    def add(self, node, image: Tensor):
        self.nodes.append(node)
        self.images.append(image)

    def window(self, x: Tensor) -> tuple:
        kernel = [int(self.rng.integers(1, min(size, 4) + 1)) for size in x.shape[1:3]]
        stride = tuple(self.rng.integers(1, 3, 2).tolist())
        padding = tuple(tuple(int(self.rng.integers(0, size)) for _ in range(2)) for size in kernel)
        sides = [
            (size + sum(pads) - reach) // step + 1
            for size, pads, reach, step in zip(x.shape[1:3], padding, kernel, stride, strict=True)
        ]
        return kernel, stride, padding, sides

    def convolution(self):
        x, filters = self.source(), self.count()
        kernel, stride, padding, sides = self.window(x)
        if np.prod(kernel) * np.prod(sides) * x.shape[3] * filters > LARGEST:
            return
        w, b = self.constant((*kernel, x.shape[3], filters)), self.constant((filters,), "int32", -3000, 3000)
        y = self.result((1, *sides, filters))
        names, scale = (x.name, w.name, b.name), self.scale(np.prod(kernel) * x.shape[3], filters)
        self.add(Convolution(f"n{y.name}", names, y.name, scale, stride=stride, padding=padding), y)

    def depthwise(self):
        x = self.source()
        channels = x.shape[3]
        if channels == 1:
            return
        kernel, stride, padding, sides = self.window(x)
        w, b = self.constant((*kernel, 1, channels)), self.constant((channels,), "int32", -3000, 3000)
        y = self.result((1, *sides, channels))
        names, scale = (x.name, w.name, b.name), self.scale(np.prod(kernel), channels)
        rest = {"stride": stride, "padding": padding, "groups": channels}
        self.add(Convolution(f"n{y.name}", names, y.name, scale, **rest), y)

    def pair(self) -> list[Tensor] | None:
        a = self.source()
        others = [image for image in self.images if image.shape == a.shape]
        return [a, others[self.rng.integers(len(others))]]

    def addition(self):
        a, b = self.pair()
        y = self.result(a.shape)
        factors = tuple(int(n) for n in self.rng.integers(-2000, 2000, 2))
        scale = Tflite(int(self.rng.integers(1 << 30, 1 << 31)), -12, operands=factors, rounding=self.rounding)
        self.add(Addition(f"n{y.name}", (a.name, b.name), y.name, scale), y)

    def product(self):
        a, b = self.pair()
        y = self.result(a.shape)
        self.add(Multiplication(f"n{y.name}", (a.name, b.name), y.name, self.scale(60)), y)

    def pooling(self):
        x = self.source()
        window, stride, _, _ = self.window(x)
        sides = [(s - k) // t + 1 for s, k, t in zip(x.shape[1:3], window, stride, strict=True)]
        y = self.result((1, *sides, x.shape[3]), x.zero_point)
        kind = str(self.rng.choice(["max", "average"]))
        rule = Tflite(rounding=self.rounding)
        self.add(Pooling(f"n{y.name}", (x.name,), y.name, rule, kind=kind, window=tuple(window), stride=stride), y)

    def dense(self, x: Tensor) -> str:
        flat = self.result((1, x.size), x.zero_point)
        self.nodes.append(Reshape(f"n{flat.name}", (x.name,), flat.name, to=flat.shape))
        w = self.constant((x.size, 10))
        y = self.result((1, 10))
        self.nodes.append(Dense(f"n{y.name}", (flat.name, w.name), y.name, self.scale(x.size, 10)))
        return y.name

    def inputs(self) -> dict[str, np.ndarray]:
        return {"x": self.rng.integers(-128, 128, self.tensors[0].shape).astype(np.int8)}
