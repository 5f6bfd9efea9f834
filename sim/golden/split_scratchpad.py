"""What scratchpads side by side answer: each what a scratchpad of its size does, whatever the others do."""

SHARES = {
    "data": {"input": 1, "weight": 2, "output": 1},
    "function": {"matrix": 2, "vector": 1, "scalar": 1},
    "stage": {"input": 1, "accumulator": 1},
}
"""The parts of each split, and what each has of the words unless told otherwise."""


def parts(parameters: dict) -> dict[str, dict]:
    """The parameters of each part as a scratchpad, by its name.

    `ports`, `banks`, `shares`: one number for all parts or one a part, with commas; a part has
    depth x share / (sum of all shares) words.
    """
    names = list(SHARES[parameters["by"]])
    ports, banks = (_each(parameters[name], len(names)) for name in ("ports", "banks"))
    if parameters["shares"] == "auto":
        shares = list(SHARES[parameters["by"]].values())
    else:
        shares = _each(parameters["shares"], len(names))
    return {
        name: parameters
        | {"ports": ports[n], "banks": banks[n], "depth": parameters["depth"] * shares[n] // sum(shares)}
        for n, name in enumerate(names)
    }


def _each(text: str, count: int) -> list[int]:
    numbers = [int(word) for word in text.split(",")]
    return numbers * count if len(numbers) == 1 else numbers
