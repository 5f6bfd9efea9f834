"""Output of `systola show` and `systola synth`, as text and as data."""

import inspect

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..generators import Generator


def show(generator: Generator, out: Console):
    """Parameters, ports and docstring of a generator."""
    data = as_data(generator)
    out.print(f"[bold]{generator.name}[/]\n")
    parameters = data["parameters"].items()
    out.print(
        _table(
            ("parameter", "default", "meaning", "legal values"),
            [(name, str(p["default"]), p["meaning"], p["legal"]) for name, p in parameters],
        )
        if parameters
        else "no parameters"
    )
    out.print()
    out.print(
        _table(
            ("port", "direction", "bits (defaults)"),
            [(p["name"], p["direction"], str(p["width"])) for p in data["ports"]],
        )
    )
    out.print(f"\n{data['description']}", markup=False)


def as_data(generator: Generator) -> dict:
    """Description, parameters, ports and latency of a generator as plain data."""
    from ..verilog.verilog import Top

    component = generator.component().described()
    kind = generator.component.Parameters
    top = Top(component)
    top._MustUse__used = True  # only its ports are read
    ports = top.ports
    return {
        "generator": generator.name,
        "description": inspect.cleandoc(generator.component.__doc__),
        "parameters": {
            name: {"default": _plain(field.default), "legal": kind.legal(name), "meaning": field.description}
            for name, field in kind.model_fields.items()
        },
        "ports": [
            {"name": name, "direction": {"i": "input", "o": "output"}[direction], "width": len(signal)}
            for name, (signal, direction) in ports.items()
        ],
        "latency": component.latency,
    }


def report(report, out: Console):
    """A synthesis report."""
    data = report.to_dict()
    fmax = data["fmax_mhz"]
    out.print(f"[bold]{data['generator']}[/] on {data['device']}")
    out.print(
        _table(
            ("LUT4", "FF", "DSP", "BRAM", "LUT4 equivalents", "Fmax, MHz (median)"),
            [
                (
                    *(f"{data[key]:,}" for key in ("luts", "ffs", "dsps", "brams", "lut4_equivalents")),
                    f"{fmax['median']:.1f}" if fmax["seeds"] else "no registers",
                )
            ],
        )
    )
    per = data["peak"]
    out.print(
        f"per {data['unit']} per cycle: {data['lut4_equivalents'] / per:.1f} LUT4 equivalents, "
        f"{data['ffs'] / per:.1f} FF, {data['dsps'] / per:.2f} DSP"
    )
    if len(data["units"]) > 1:
        out.print(
            _table(
                ("part", "LUT4 equivalents", "FF", "DSP", "BRAM"),
                [(part, *(f"{count:,}" for count in counts.values())) for part, counts in data["units"].items()],
            )
        )
    if path := data["critical_path"]:
        delay, ends = path["logic_ns"] + path["routing_ns"], f"{path['from']} to {path['to']}"
        out.print(f"critical path, {delay:.2f} ns, {path['levels']} levels: {ends}", markup=False)
    if fmax["seeds"]:
        out.print("seeds: " + ", ".join(f"{mhz:.1f}" for mhz in fmax["seeds"]) + " MHz")
    out.print("cells: " + ", ".join(f"{kind} {count:,}" for kind, count in data["cells"].items()), markup=False)
    out.print("tools: " + ", ".join(f"{tool} {version}" for tool, version in data["tools"].items()), markup=False)


def compare(reports: list, out: Console):
    """Two reports side by side: differing parameters, area and clock frequency, and the ratio variant / base."""
    first, second = (report.to_dict() for report in reports)
    changed = [name for name in first["params"] if first["params"][name] != second["params"][name]]
    rows = [(name, str(first["params"][name]), str(second["params"][name]), "") for name in changed]
    rows.append(("Fmax, MHz", *_ratio(first["fmax_mhz"]["median"], second["fmax_mhz"]["median"], ".1f")))
    for key, name in (
        ("lut4_equivalents", "LUT4 equivalents"),
        ("ffs", "FF"),
        ("dsps", "DSP"),
        ("brams", "BRAM"),
        ("peak", f"{first['unit']} per cycle"),
    ):
        rows.append((name, *_ratio(first[key], second[key], ",")))
    out.print(_table(("", "base", "variant", "variant / base"), rows))


def _ratio(a, b, how: str) -> tuple[str, str, str]:
    texts = tuple("-" if value is None else format(value, how) for value in (a, b))
    return *texts, f"{b / a:.2f}" if a and b is not None else ""


def _table(head, rows) -> Table:
    table = Table(*head, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _plain(value):
    return value if isinstance(value, (int, str, bool)) else str(value)
