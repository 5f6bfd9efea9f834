"""Output of `systola show` and `systola synth`, as text and as data."""

import inspect

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..generators import Generator


def show(generator: Generator, out: Console):
    """Print parameters, ports and docstring of a generator."""
    data = as_data(generator)
    out.print(f"[bold]{generator.name}[/]\n")
    parameters = data["parameters"].items()
    out.print(
        table(
            ("parameter", "default", "meaning", "legal values"),
            [(name, str(p["default"]), p["meaning"], p["legal"]) for name, p in parameters],
        )
        if parameters
        else "no parameters"
    )
    out.print()
    out.print(
        table(
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
        "description": inspect.cleandoc(generator.component.__doc__ or ""),
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
    """Print a synthesis report."""
    data = report.to_dict()
    fmax = data["fmax_mhz"]
    out.print(f"[bold]{data['generator']}[/] on {data['device']}")
    out.print(
        table(
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
    if len(data["area_breakdown"]) > 1:
        out.print(
            table(
                ("part", "LUT4 equivalents", "FF", "DSP", "BRAM"),
                [
                    (part, *(f"{count:,}" for count in counts.values()))
                    for part, counts in data["area_breakdown"].items()
                ],
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
    """Print reports side by side: differing parameters, area, Fmax, and the ratio of each variant to the base."""
    data = [report.to_dict() for report in reports]
    base = data[0]
    changed = [name for name in base["params"] if len({str(each["params"][name]) for each in data}) > 1]
    rows = [(name, *_interleaved([str(each["params"][name]) for each in data], [""] * len(data))) for name in changed]
    rows.append(("Fmax, MHz", *_ratios([each["fmax_mhz"]["median"] for each in data], ".1f")))
    for key, name in (
        ("lut4_equivalents", "LUT4 equivalents"),
        ("ffs", "FF"),
        ("dsps", "DSP"),
        ("brams", "BRAM"),
        ("peak", f"{base['unit']} per cycle"),
    ):
        rows.append((name, *_ratios([each[key] for each in data], ",")))
    variants = ["variant"] if len(data) == 2 else [f"variant {number}" for number in range(1, len(data))]
    ratios = ["", *(f"{name} / base" for name in variants)]
    out.print(table(("", *_interleaved(["base", *variants], ratios)), rows))


def _ratios(values: list, how: str) -> list[str]:
    """Format numbers; each except the first is followed by its ratio to the first."""
    texts = ["-" if value is None else format(value, how) for value in values]
    return _interleaved(texts, [f"{b / values[0]:.2f}" if values[0] and b is not None else "" for b in values])


def _interleaved(texts: list[str], ratios: list[str]) -> list[str]:
    """Cells of a row: a text for the first design, a text and a ratio for each other design."""
    return [texts[0], *(cell for pair in zip(texts[1:], ratios[1:], strict=True) for cell in pair)]


def table(head, rows) -> Table:
    grid = Table(*head, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for row in rows:
        grid.add_row(*map(escape, row))
    return grid


def plural(unit: str) -> str:
    """Plural of a unit of work, such as "accesses"."""
    return f"{unit}es" if unit.endswith("s") else f"{unit}s"


def _plain(value):
    return value if isinstance(value, (int, str, bool)) else str(value)
