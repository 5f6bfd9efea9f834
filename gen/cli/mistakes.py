"""Sentences about command lines that Typer rejects: an option that is missing, unknown, or has an illegal value."""

import typer

RejectedLine: type[Exception] = typer.BadParameter.__mro__[1]
"""Error of Typer that covers all of these; it has no public name."""


def sentence(error: typer.BadParameter) -> str:
    """One sentence with the option, its value and the legal values."""
    command = error.ctx.command_path if error.ctx else "systola"
    option = getattr(error, "param", None)
    if option is None:
        message = error.format_message().rstrip(".")
        return f"{message[0].lower()}{message[1:]}; see `{command} --help`."
    name = option.opts[0] if option.param_type_name == "option" else option.metavar or option.name.upper()
    details = getattr(error.__cause__, "errors", list)()
    if not details:
        value = f" {option.metavar}" if option.param_type_name == "option" and option.metavar else ""
        meaning = (option.help or "").rstrip(".")
        if meaning[1:2].islower():
            meaning = meaning[0].lower() + meaning[1:]
        return f"{name}{value} is missing ({meaning})." if meaning else f"{name}{value} is missing."
    return f"{name} {details[0]['input']}: it must be {_legal(option, details[0])}."


def _legal(option, detail: dict) -> str:
    descriptor = option.type_descriptor
    if choices := descriptor.choices:
        return " or ".join(map(str, choices))
    if descriptor.annotation not in (int, float):
        return detail["msg"].rstrip(".")
    kind = "an integer" if descriptor.annotation is int else "a number"
    if option.min is not None and option.max is not None:
        return f"{kind} from {option.min} to {option.max}"
    return f"{kind} of at least {option.min}" if option.min is not None else kind
