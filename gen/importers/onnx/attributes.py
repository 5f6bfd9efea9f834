"""Attributes of operators that the importer reads, by type."""

from ..faults import fail

LISTS = ("axes", "dilations", "kernel_shape", "pads", "perm", "shape", "split", "strides")
INTEGERS = (
    *("allowzero", "axis", "block_size", "ceil_mode", "channels_last", "count_include_pad", "group", "keepdims"),
    *("noop_with_empty_axes", "opset", "output_dtype", "storage_order", "transA", "transB"),
)
REALS, TEXTS = ("alpha", "beta", "max", "min", "value"), ("auto_pad", "mode")


def checked(attributes: dict) -> dict:
    """Attributes that have a value, with their types checked. Raises `ValueError` for a wrong type."""
    return {name: _checked(name, value) for name, value in attributes.items() if value is not None}


def _checked(name: str, value):
    number = isinstance(value, int)
    if name in LISTS:
        legal = isinstance(value, list) and all(isinstance(each, int) for each in value)
    elif name in INTEGERS:
        legal = number
    elif name in REALS:
        legal = number or isinstance(value, float)
    else:
        legal = isinstance(value, str) or name not in TEXTS
    return value if legal else fail(f"its attribute {name} has another type")
