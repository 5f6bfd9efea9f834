"""Names of emitted modules. The name of a submodule consists of the top's name, its component class and parameters."""

import enum
import hashlib
import re

from amaranth.hdl import Shape, unsigned
from amaranth.lib import data

from ...hw.component import Component, Parameters
from ...hw.identifiers import KEYWORDS
from ..errors import UsageError

SEPARATOR = "__"
"""Separator between the top's name and the rest of a module's name; the name of a top must not contain it."""
LONGEST = 72
"""Maximum number of characters of class and parameters; longer parameters are replaced by a digest."""
LONGEST_TOP = 128
"""Maximum number of characters of the name of a top, which is also the name of files."""
DIGITS = 6
"""Number of hexadecimal digits of a digest; doubled if two modules would otherwise have the same name."""


def check_top(top: str, option: str = "top="):
    """Check the name of a top module. Raises :class:`.UsageError`, one sentence that begins with `option`."""
    if not (top.isascii() and top.isidentifier()):
        raise UsageError(f"{option}{top}: a module name is letters, digits and underscores, not first a digit.")
    if len(top) > LONGEST_TOP:
        raise UsageError(f"{option}{top}: the name of a top module must have at most {LONGEST_TOP} characters.")
    if top in KEYWORDS["Verilog"]:
        raise UsageError(f"{option}{top}: a module name must not be a keyword of Verilog or SystemVerilog.")
    if SEPARATOR in top or top.endswith("_"):
        raise UsageError(
            f"{option}{top}: the name of a top module must not contain '{SEPARATOR}' or end in '_', because "
            f"'{SEPARATOR}' begins the rest of its submodules' names."
        )


class ModuleNames:
    """Names of the modules of a design.

    A name depends only on the component, not on other modules: `top__class_parameters`, with each parameter as in
    :func:`_words`. A digest `x<hex>` of all parameters is appended if the words do not describe them completely, and
    replaces the words if they are too long.
    """

    def __init__(self, top: str):
        self.top = top
        self._taken = {top: ""}

    def component(self, component: type[Component], parameters: Parameters) -> str:
        """Name a new module for (component, parameters), which must not have a name yet."""
        words, exact = _words("", parameters)
        words = [snake(component.__name__), *words]
        if len("_".join(words)) > LONGEST:
            words, exact = words[:1], False
        key = f"{component.__module__}.{component.__qualname__}({_canonical(parameters)})"
        digest = hashlib.sha256(key.encode()).hexdigest()
        for digits in (0,) * exact + (DIGITS, 2 * DIGITS):
            name = SEPARATOR.join([self.top, "_".join([*words, *([f"x{digest[:digits]}"] if digits else [])])])
            if name not in self._taken:
                self._taken[name] = key
                return name
        raise RuntimeError(f"{component.__qualname__}: two modules with parameters {parameters} have the same name.")

    def inline(self, module: str, path: str) -> str:
        """Name a submodule that was elaborated in line, at `path` (separated by dots) below `module`."""
        name = SEPARATOR.join([module, *path.split(".")])
        if self._taken.setdefault(name, ""):
            raise RuntimeError(f"{name}: submodule {path} of {module} must have another name.")
        return name


def snake(name: str) -> str:
    """`StreamBuffer` as `stream_buffer`."""
    return re.sub("_+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower().strip("_")


def _words(name: str, value) -> tuple[list[str], bool]:
    """Words for a parameter in the name of a module, and whether they describe its value completely.

    An integer follows the initials of the parameter's name (`addr_width=12` is aw12). A flag that is set is its name, a
    shape is i8 or u8, and a class or a string is its own text. A layout lists its fields, with widths other than 1.
    """
    if value is None or value is False:
        return [], True
    if value is True:
        return [name], True
    if isinstance(value, enum.Enum):
        return [snake(value.name)], True
    if isinstance(value, int) and value >= 0:
        return ["".join(word[:1] for word in name.split("_")) + str(value)], True
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*", value):
        return [value], True
    if isinstance(value, Shape):
        return [f"{'i' if value.signed else 'u'}{value.width}"], True
    if isinstance(value, type) and issubclass(value, Component | enum.Enum):
        return [snake(value.__name__)], True
    if isinstance(value, data.ArrayLayout):
        words, exact = _words("", value.elem_shape)
        return [f"{value.length}x{'_'.join(words)}"], exact
    if isinstance(value, data.StructLayout):
        parts = [_field(field, layout.shape) for field, layout in value]
        return [word for words, _ in parts for word in words], type(value).__eq__ is data.Layout.__eq__ and all(
            exact for _, exact in parts
        )
    if isinstance(value, Parameters):
        parts = [_words(field, each) for field, each in value]
        return [word for words, _ in parts for word in words], all(exact for _, exact in parts)
    if isinstance(value, tuple):
        parts = [_words("" if n else name, each) for n, each in enumerate(value)]
        return [word for words, _ in parts for word in words], all(exact for _, exact in parts)
    return [], False


def _field(name: str, shape) -> tuple[list[str], bool]:
    """Words for a field of a layout: `last`, `data64`, `weight_i8`, `data_16xi8`."""
    if shape in (1, unsigned(1)):
        return [name], True
    if isinstance(shape, int) or (isinstance(shape, Shape) and not shape.signed):
        return [f"{name}{Shape.cast(shape).width}"], True
    words, exact = _words("", shape)
    return [name, *words], exact


def _canonical(value) -> str:
    """Text that is different for different parameters, and the same in every process."""
    if isinstance(value, Parameters):
        return f"{type(value).__qualname__}({', '.join(f'{name}={_canonical(each)}' for name, each in value)})"
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(_canonical, value))})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_canonical(key)}: {_canonical(each)}' for key, each in value.items())}}}"
    if isinstance(value, data.StructLayout):
        limits = [str(getattr(value, limit)) for limit in ("low", "high") if hasattr(value, limit)]
        fields = [f"{name}={_canonical(field.shape)}" for name, field in value]
        kind = "" if type(value).__eq__ is data.Layout.__eq__ else type(value).__qualname__  # others equal by fields
        return f"{kind}({', '.join(fields + limits)})"
    if isinstance(value, data.ArrayLayout):
        return f"[{value.length}]{_canonical(value.elem_shape)}"
    return repr(value) if isinstance(value, Shape | enum.Enum) else str(value)
