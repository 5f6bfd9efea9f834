"""The digits network as a task: all layers up to the logits, without the final argmax."""

import numpy as np
from pydantic import Field

from ...sim.network.zoo import convnet, digits
from ..errors import UsageError
from .tasks import Task, Work


class DigitsTask(Task):
    """Classification of handwritten digits by two convolutions with pooling and a dense layer, int8."""

    images: int = Field(898, ge=1, le=898, description="test images to classify")

    def work(self, operands):
        try:
            network = convnet.network(operands.w_type, operands.a_type)
        except ValueError as error:  # number formats to which the network cannot be quantised
            types = f"activations {operands.a_type} and weights {operands.w_type}"
            raise UsageError(f"digits cannot have {types}: {error}.") from None
        graph = convnet.graph(network, self.images, operands.rounding)
        return Work(graph, {graph.inputs[0]: network.pixels(digits.load().test_images[: self.images])})

    def facts(self, results):
        """Accuracy of the results, and of the network in floating point."""
        data = digits.load()
        labels = data.test_labels[: self.images]
        (logits,) = results.values()
        predictions = convnet.infer(convnet.weights(), data.test_images[: self.images])[-1].argmax(axis=1)
        return {
            "accuracy": float(np.mean(logits.reshape(self.images, -1).argmax(axis=1) == labels)),
            "accuracy_in_floating_point": float(np.mean(predictions == labels)),
        }
