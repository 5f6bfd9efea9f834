"""Golden model of parallel scratchpads: each behaves as a scratchpad of its size, independently of the others."""

SHARES = {
    "data": {"input": 1, "weight": 2, "output": 1},
    "function": {"matrix": 2, "vector": 1, "scalar": 1},
    "stage": {"input": 1, "accumulator": 1},
}
"""Parts of each split, and the default share of each in the words."""


def parts(parameters: dict) -> dict[str, dict]:
    """Parameters of each part as a scratchpad, by its name.

    `ports`, `banks`, `shares`: one number for all parts, or one for each part, with commas; a part has
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
