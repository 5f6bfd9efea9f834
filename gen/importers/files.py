"""Files of trained networks, recognised by their content."""

from pathlib import Path

from ..errors import UsageError
from . import onnx, tflite
from .network import ImportedNetwork


def load(path: str | Path, *, rounding: str | None = None) -> ImportedNetwork:
    """Network of a file, with all operators, as by :func:`read`. Raises :class:`.UsageError`."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}.") from None
    network = read(data, str(path), rounding=rounding)
    network.check()
    return network


def read(data: bytes, name: str = "network", *, rounding: str | None = None) -> ImportedNetwork:
    """Network of the bytes of a TFLite or ONNX file, with `fault` for each operator that cannot be imported.

    `rounding` is that of the sums of convolutions and dense layers. For TFLite files it is "gemmlowp", as in TensorFlow
    Lite Micro, unless "float32" is given, as in XNNPACK. For ONNX files it is "float32", as in ONNX Runtime.

    Raises :class:`.UsageError` for a file that is damaged or of another kind, and for float and dynamic networks.
    """
    if data[4:8] == tflite.IDENTIFIER:
        return tflite.read(data, name, rounding=rounding or "gemmlowp")
    if data[:1] == onnx.FIRST_BYTE:
        if rounding not in (None, "float32"):
            raise UsageError(f"rounding={rounding}: rounding must be float32 for ONNX files.")
        return onnx.read(data, name)
    raise UsageError(f"{name} is neither a TFLite file nor an ONNX file: neither identifier is at its beginning.")
