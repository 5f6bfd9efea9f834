"""`systola network`: networks of files."""

from pathlib import Path
from typing import Annotated

import typer

from ..accelerators import registry
from ..errors import UsageError
from .files import read_bytes
from .options import Json, Preset, Set, out, save, values

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Examine trained networks in TFLite or ONNX files.")


@app.callback()
def network():
    """Examine trained networks in TFLite and ONNX files."""


@app.command()
def show(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="TFLite or ONNX file.")],
    on: Annotated[str, typer.Option(metavar="ACCELERATOR", help="Accelerator: see `systola list`.")] = "systola",
    parameters: Set = None,
    preset: Preset = None,
    json_file: Json = None,
):
    """List operators: shapes, where each runs and why, parameters, MACs, bytes. Exit code 2 if one is unsupported."""
    from ..importers import read
    from ..run import survey

    accelerator = registry.find(on)
    machine = accelerator.component.Parameters.parse(values(parameters, preset, accelerator.name))
    try:
        data = read_bytes(source)
    except OSError as error:
        raise UsageError(f"cannot read {source}: {error.strerror}.") from None
    found = survey.survey(read(data, str(source)), accelerator, machine)
    survey.show(found, out)
    save(json_file, found.data())
    found.network.check()
