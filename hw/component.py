"""Base of all hardware: typed parameters, the component class, and instantiation of a component in a module."""

from __future__ import annotations

import difflib
import typing

from amaranth.hdl import Value
from amaranth.lib import wiring
from pydantic import BaseModel, ConfigDict, ValidationError


class ParameterError(ValueError):
    """Unknown parameter or illegal value; the message is one sentence for the user."""


class Parameters(BaseModel):
    """Frozen, hashable parameters of a component: the single description that every front end checks against."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    def __str__(self):
        def text(value):
            if isinstance(value, Parameters):
                return f"({value})"
            return value.__name__ if isinstance(value, type) else str(value)

        return ", ".join(f"{name}={text(value)}" for name, value in self)

    @classmethod
    def check(cls, **values) -> typing.Self:
        """Validate Python values. Raises :class:`ParameterError`."""
        return cls._checked(cls.model_validate, values)

    @classmethod
    def parse(cls, texts: dict[str, str]) -> typing.Self:
        """Validate texts, as given on a command line. Raises :class:`ParameterError`."""
        return cls._checked(lambda values: cls.model_validate_strings(values, strict=False), texts)

    @classmethod
    def _checked(cls, validate, values):
        for name in values:
            if name not in cls.model_fields:
                near = difflib.get_close_matches(name, cls.model_fields, n=1, cutoff=0.5)
                known = f"known are {', '.join(cls.model_fields)}." if cls.model_fields else "there are none."
                hint = f"did you mean '{near[0]}'?" if near else known
                raise ParameterError(f"unknown parameter '{name}': {hint}")
        try:
            return validate(values)
        except ValidationError as error:
            first = error.errors()[0]
            cause = first.get("ctx", {}).get("error")
            if not first["loc"] or isinstance(cause, ParameterError):  # a validator with its own message
                raise ParameterError(str(cause)) from None
            name = str(first["loc"][0])
            if first["type"] == "missing":
                raise ParameterError(f"parameter '{name}' is missing: it must be {cls.legal(name)}.") from None
            raise ParameterError(f"{name}={first['input']}: {name} must be {cls.legal(name)}.") from None

    @classmethod
    def legal(cls, name: str) -> str:
        """Return the legal values of a parameter as text."""
        field = cls.model_fields[name]
        if field.json_schema_extra and "legal" in field.json_schema_extra:
            legal = field.json_schema_extra["legal"]
            return legal() if callable(legal) else legal
        kind = field.annotation
        if typing.get_origin(kind) is typing.Literal:
            return " or ".join(str(value) for value in typing.get_args(kind))
        if kind is bool:
            return "true or false"
        bounds = {key: getattr(item, key) for item in field.metadata for key in ("ge", "le") if hasattr(item, key)}
        if kind is int and len(bounds) == 2:
            return f"an integer from {bounds['ge']} to {bounds['le']}"
        return f"of type {getattr(kind, '__name__', kind)}"


P = typing.TypeVar("P", bound=Parameters)


class Component(wiring.Component, typing.Generic[P]):
    """A `wiring.Component` whose keyword parameters are validated before elaboration.

    A subclass defines its :class:`Parameters` and derives its members from them in :meth:`members`. A user-facing
    generator also defines its `latency` in cycles, and its `peak` work per cycle, in `unit`.
    """

    Parameters: typing.ClassVar[type[P]] = Parameters
    p: P
    latency: int
    peak: int
    unit = "MAC"

    def __init__(self, **parameters):
        try:
            self.p = self.Parameters.check(**parameters)
            super().__init__(self.members(self.p))
        except ParameterError:
            self.described()
            raise

    @staticmethod
    def members(p) -> dict[str, wiring.Member]:
        raise NotImplementedError

    def described(self) -> typing.Self:
        """Mark the component as used for inspection only: no warning that it was never elaborated."""
        self._MustUse__used = True
        return self


def place(m, platform, name: str, component: type[Component], connect: dict | None = None, **parameters):
    """Instantiate a component in module `m` as `name` and return the object that carries its ports.

    `connect` maps port names to a value for an input or an assignable value for an output. In wide structures this
    saves one signal per port.

    A platform that emits each module once provides `instantiate`: it elaborates each distinct (class, parameters) a
    single time and instantiates it by name. With any other platform, or none, the component is elaborated in place.
    """
    checked = component.Parameters.check(**parameters)
    connect = {port: Value.cast(value) for port, value in (connect or {}).items()}
    if getattr(platform, "instantiate", None):
        return platform.instantiate(m, name, component, checked, connect)
    m.submodules[name] = child = component(**parameters)
    for port, value in connect.items():
        inside = Value.cast(getattr(child, port))
        m.d.comb += inside.eq(value) if child.signature.members[port].flow == wiring.In else value.eq(inside)
    return child
