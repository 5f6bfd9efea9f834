"""`reference/commands.rst`: every command with its arguments and options, from the `systola` application itself.

sphinx-click documents Click's own classes only; Typer brings a copy of Click.
"""

import inspect
from pathlib import Path

import typer
from rst import heading, literal, plain, table, write

from systola.gen.cli.app import app as application


def page() -> str:
    intro = (
        "This page is made from the application; ``systola COMMAND --help`` prints the same. An invalid request ends "
        "with a message of one sentence and exit code 2, a failed check with exit code 1.\n"
    )
    return "\n".join([heading("Commands"), intro, *commands("systola", typer.main.get_command(application))])


def commands(path: str, command) -> list[str]:
    """A section for a command, or for each command of a group."""
    if hasattr(command, "commands"):
        return [part for name, each in command.commands.items() for part in commands(f"{path} {name}", each)]
    context = command.context_class(command, info_name=path)
    usage = " ".join(piece for piece in command.collect_usage_pieces(context) if piece)
    records = [parameter.get_help_record(context) for parameter in command.params]
    rows = [(literal(names), plain(meaning)) for names, meaning in filter(None, records)]
    options = [table(("argument or option", "meaning"), rows, "35 65")] if rows else []
    return [heading(path, "-"), f"``{path} {usage}``\n", f"{plain(inspect.cleandoc(command.help or ''))}\n", *options]


def setup(app):
    app.connect("builder-inited", lambda app: write(Path(app.srcdir) / "reference" / "commands.rst", page()))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
