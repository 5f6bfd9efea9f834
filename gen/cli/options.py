"""Options and arguments shared by several commands, and their evaluation."""

import json
import os
import sys
import tomllib
from pathlib import Path
from typing import IO, Annotated, TypeVar, cast

import typer
from rich.console import Console

from ...hw.component import Component
from ..accelerators import registry
from ..errors import UsageError
from ..generators import Generator, find
from .files import StandardOutput, read_text, uncreatable, unwritable

PIPED = 1000
"""Columns of the output if it is not a terminal: wide enough that no line of a table is wrapped."""


def _width(stream) -> int | None:
    """Columns of a console; None: those of the terminal. With COLUMNS=0 a console would print nothing."""
    terminal = stream is not None and stream.isatty() and os.environ.get("COLUMNS") != "0"
    return None if terminal else PIPED


HELP_WIDTH = {"terminal_width": _width(sys.stdout), "max_content_width": 120}
"""Columns of `--help`: as many as the terminal has, at most 120; unlimited if the output is not a terminal."""

out = Console(highlight=False, soft_wrap=True, width=_width(sys.stdout), file=cast(IO[str], StandardOutput()))
err = Console(stderr=True, highlight=False, soft_wrap=True, width=_width(sys.stderr))

Name = Annotated[str, typer.Argument(metavar="NAME", help="Generator: see `systola list`.")]
Set = Annotated[list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="Set a parameter; may be repeated.")]
Preset = Annotated[
    Path | None,
    typer.Option("-c", metavar="FILE", help="TOML file with a [parameters] table, or a preset of an accelerator."),
]

Given = TypeVar("Given", Path, Path | None)


def output_file(flag: str, path: Given) -> Given:
    """Check that a file can be written, and return it; no file is changed. Raises :class:`.UsageError`."""
    if path is not None and (why := unwritable(path)):
        raise UsageError(f"{flag} {path}: the file cannot be written: {why}.")
    return path


def output_folder(flag: str, path: Given) -> Given:
    """Check that a folder can be created and written to, and return it. Raises :class:`.UsageError`."""
    if path is not None and (why := uncreatable(path)):
        raise UsageError(f"{flag} {path}: the folder cannot be written: {why}.")
    return path


def file_option(*flags: str, **options):
    """Command option for an output file, which is checked before the command begins."""

    def check(context, param, path):
        return output_file(param.opts[0], path)

    return typer.Option(*flags, metavar="FILE", callback=check, **options)


def folder_option(*flags: str, **options):
    """Command option for an output folder, which is checked before the command begins."""

    def check(context, param, path):
        return output_folder(param.opts[0], path)

    return typer.Option(*flags, metavar="DIR", callback=check, **options)


Json = Annotated[Path | None, file_option("--json", help="Also write the result as JSON.")]


def component_of(
    name: str, settings: list[str] | None, preset: Path | None, changes: dict[str, str] | None = None
) -> tuple[Generator, Component]:
    """Generator, and its component with the given parameters; those in `changes` take precedence."""
    generator = find(name)
    texts = values(settings, preset, generator.name) | (changes or {})
    parameters = generator.component.Parameters.parse(texts)
    return generator, generator.component(**dict(parameters))


def values(settings: list[str] | None, preset: Path | None, name: str) -> dict[str, str]:
    """Parameters of generator `name` as texts; those that are set take precedence over those of the preset."""
    return (_preset(preset, name) if preset else {}) | settings_of(settings)


def settings_of(settings: list[str] | None, flag: str = "-p") -> dict[str, str]:
    """Parameters set by `-p NAME=VALUE`. Raises :class:`.UsageError` if one is set twice."""
    found: dict[str, str] = {}
    for setting in settings or []:
        key, value = pair_of(setting, flag)
        if key in found:
            raise UsageError(f"{flag} {setting}: {key} is set to {found[key]} already.")
        found[key] = value
    return found


def alternatives_of(settings: list[str] | None) -> list[dict[str, str]]:
    """Variants set by `--compare NAME=VALUE`: a repeated name begins the next variant."""
    found: list[dict[str, str]] = []
    for setting in settings or []:
        key, value = pair_of(setting, "--compare")
        if not found or key in found[-1]:
            found.append({})
        found[-1][key] = value
    return found


def pair_of(setting: str, flag: str) -> tuple[str, str]:
    """Split NAME=VALUE into name and value."""
    key, equals, value = setting.partition("=")
    if not equals:
        raise UsageError(f"{flag} {setting}: a parameter is set as NAME=VALUE.")
    return key.strip(), value.strip()


def _preset(path: Path, name: str) -> dict[str, str]:
    accelerator = registry.accelerators().get(name)
    if accelerator and str(path) in accelerator.presets and not path.exists():
        return {key: _text(value) for key, value in accelerator.presets[str(path)].items()}
    try:
        preset = tomllib.loads(read_text(path))
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
