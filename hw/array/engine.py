"""Contract of matrix engines, and the check of an engine against the slot in which it is used."""

import re
from dataclasses import dataclass

from amaranth.hdl import Shape
from amaranth.lib import data, stream
from amaranth.lib.wiring import In

from ..component import Component, ParameterError

DATAFLOWS = {"w": "ws", "y": "os", "a": "is"}
"""Name of a dataflow by the stream whose matrix is stationary."""
CONTRACT = ("latency", "interval", "peak", "unit", "stationary", "elastic")
"""Attributes of every matrix engine, whether it derives from :class:`MatrixEngine` or not."""


class MatrixEngine(Component):
    """Matrix engine: Y = A @ W from the packet streams `a` and `w` to the packet stream `y`.

    Ports: `a` and `w` (inputs) and `y` (output) carry one lane per row or column in `data`, end a tile with `last`,
    and may have `user` bits. :attr:`streams` gives the payload of each as a layout; further streams are specific to one
    kind of engine. With `buffer` = 0, `y` has no ready and its consumer accepts every beat; results leave in the order
    in which beats of the streamed operand were accepted.

    ============ =====================================================================================================
    rows, cols   size of the grid: products per result of a pass, results per beat
    stationary   the stream whose matrix stays in the grid: "w" (weights), "y" (outputs) or "a" (inputs)
    dataflow     the same as "ws", "os" or "is"
    latency      cycles from the acceptance of a beat of the streamed operand to its result (os: the tile's last beat)
    elastic      an accepted beat may wait for its tile (in the register of decoders, for example), so that `latency` is
                 the least; at most `latency` + 1 beats are in the engine. Otherwise it is exact where buffer = 0
    interval     minimum cycles between two beats of the streamed operand
    peak         maximum operations of kind `unit` per cycle
    ============ =====================================================================================================

    A subclass defines its parameters, its streams and :attr:`engine`, the component inside; the rest is derived.
    """

    interval = 1
    stationary = "w"
    elastic = False

    @property
    def rows(self) -> int:
        return self.p.rows

    @property
    def cols(self) -> int:
        return self.p.cols

    @property
    def streams(self) -> dict[str, data.Layout]:
        return streams(self)

    @property
    def dataflow(self) -> str:
        return DATAFLOWS[self.stationary]

    @property
    def peak(self) -> int:
        return self.rows * self.cols

    @property
    def engine(self) -> tuple[type[Component], dict]:
        """Component inside, which has a static `latency(parameters)`, and its parameters."""
        raise NotImplementedError

    @property
    def edge(self) -> int:
        """Latency in addition to that of the component inside, for example that of decoders, in cycles."""
        return 0

    @property
    def latency(self) -> int:
        component, parameters = self.engine
        return self.edge + component.latency(component.Parameters(**parameters))


def streams(component: Component) -> dict[str, data.Layout]:
    """Return the payload of each stream of a component, by the stream's name."""
    members = component.signature.members.items()
    return {name: m.signature.members["payload"].shape for name, m in members if _is_stream(m)}


def name_of(kind: type) -> str:
    """Return the name of a matrix engine's class: "sparse_systolic" for `SparseSystolic`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()


@dataclass(frozen=True)
class Slot:
    """Slot for a matrix engine: the exact ports that its user drives and reads.

    `a`, `w` and `y` are bits of a lane: `a` has `rows` lanes, `w` and `y` have `cols` lanes. The user drives only `a`
    and `w`, without user bits, and accepts every beat of `y`. `parameter` is the name under which the user's own
    parameters choose the engine; errors start with it.
    """

    parameter: str
    rows: int
    cols: int
    a: int
    w: int
    y: int
    stationary: str = "w"
    interval: int = 1

    def fit(self, kind: type[Component], **parameters) -> Component:
        """Return the engine with these parameters, for queries; raises :class:`ParameterError` if it does not fit.

        The engine need not derive from :class:`MatrixEngine`; it must fulfil its contract.
        """
        name = name_of(kind) if isinstance(kind, type) else str(kind)
        try:
            self._check(kind, name, parameters)
        except ParameterError as error:
            raise ParameterError(f"{self.parameter}={name}: {error}") from None
        return kind(**parameters).described()

    def _check(self, kind: type[Component], name: str, parameters: dict):
        slot = self.parameter
        if not (isinstance(kind, type) and issubclass(kind, Component)):
            raise ParameterError(f"{slot} must be the class of a matrix engine.")
        for parameter in parameters:
            if parameter not in kind.Parameters.model_fields:
                raise ParameterError(f"{slot} must have a parameter {parameter}; {name} has none.")
        engine = kind(**parameters).described()
        for attribute in CONTRACT:
            if not hasattr(engine, attribute):
                raise ParameterError(f"{slot} must state its {attribute}; {name} has none.")
        members, found = engine.signature.members, streams(engine)
        for port in "awy":
            if port not in found:
                raise ParameterError(f"{slot} must have a stream {port}; {name} has none.")
        for port, member in members.items():
            if port not in "awy" and (member.flow == In or (_is_stream(member) and not member.signature.always_ready)):
                raise ParameterError(f"{slot} must have no ports to serve besides a, w and y; {name} has {port}.")
        for port, lanes in (("a", self.rows), ("w", self.cols), ("y", self.cols)):
            expected, has = _lanes(lanes, getattr(self, port), 0), _payload(found[port])
            if expected != has:
                raise ParameterError(f"{slot} must have {expected} in a beat of {port}; that of {name} has {has}.")
        if not members["y"].signature.always_ready:
            raise ParameterError(f"{slot} must have results without back-pressure; the y stream of {name} has a ready.")
        if engine.latency < 1:
            raise ParameterError(f"{slot} must have a latency of 1 cycle or more; that of {name} is {engine.latency}.")
        for attribute in ("stationary", "interval"):
            expected, has = getattr(self, attribute), getattr(engine, attribute)
            if expected != has:
                raise ParameterError(f"{slot} must have {attribute} {expected}; that of {name} is {has}.")


def _is_stream(member) -> bool:
    return member.is_signature and isinstance(member.signature, stream.Signature)


def _payload(payload) -> str:
    """Return the data and user bits of a packet stream as text."""
    fields = dict(payload) if isinstance(payload, data.Layout) else {}
    lanes = fields["data"].shape if "data" in fields and "last" in fields else None
    if not isinstance(lanes, data.ArrayLayout):
        return f"{Shape.cast(payload).width} bits that are no packet of lanes"
    user = Shape.cast(fields["user"].shape).width if "user" in fields else 0
    return _lanes(lanes.length, Shape.cast(lanes.elem_shape).width, user)


def _lanes(lanes: int, bits: int, user: int) -> str:
    return f"{lanes} lanes of {bits} bits and {user or 'no'} user bits"
