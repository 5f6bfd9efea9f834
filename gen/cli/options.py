"""Options and arguments shared by several commands, and their evaluation."""

import json
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ...hw.component import Component
from ..accelerators import registry
from ..errors import UsageError
from ..generators import Generator, find

PIPED = 1000
"""Columns of the output if it is no terminal, so that no line of a table is wrapped."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Name = Annotated[str, typer.Argument(help="Generator: see `systola list`.")]
Set = Annotated[list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="Set a parameter; may be repeated.")]
Preset = Annotated[
    Path | None,
    typer.Option("-c", metavar="FILE", help="TOML file with a [parameters] table, or a preset of an accelerator."),
]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write the result as JSON.")]


def component_of(name: str, settings: list[str] | None, preset: Path | None) -> tuple[Generator, Component]:
    """A generator and its component with the parameters that were given."""
    generator = find(name)
    parameters = generator.component.Parameters.parse(values(settings, preset, generator.name))
    return generator, generator.component(**dict(parameters))


def values(settings: list[str] | None, preset: Path | None, name: str) -> dict[str, str]:
    """Parameters of generator `name` as texts: those of the preset, replaced by those that are set."""
    return (_preset(preset, name) if preset else {}) | settings_of(settings)


def settings_of(settings: list[str] | None) -> dict[str, str]:
    """What `-p NAME=VALUE` says, as often as it is given."""
    found = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"-p {setting}: a parameter is set as NAME=VALUE.")
        found[key.strip()] = value.strip()
    return found


def _preset(path: Path, name: str) -> dict[str, str]:
    accelerator = registry.accelerators().get(name)
    if accelerator and str(path) in accelerator.presets and not path.exists():
        return {key: _text(value) for key, value in accelerator.presets[str(path)].items()}
    try:
        preset = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        known = f" (presets of {name}: {', '.join(accelerator.presets)})" if accelerator else ""
        raise UsageError(f"cannot read {path}: {error.strerror}{known}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from None
    if unknown := set(preset) - {"generator", "parameters"}:
        raise UsageError(f"{path}: unknown key '{min(unknown)}'; a preset has 'generator' and a [parameters] table.")
    generator = str(preset.get("generator", name))
    if registry.ALIASES.get(generator, generator) != name:
        raise UsageError(f"{path} is a preset of {generator}, not of {name}.")
    parameters = preset.get("parameters", {})
    if not isinstance(parameters, dict):
        raise UsageError(f"{path}: 'parameters' must be a table.")
    return {key: _text(value) for key, value in parameters.items()}


def _text(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def save(path: Path | None, data):
    """Write a result as JSON, if a file was named."""
    if path:
        try:
            path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}.") from None
