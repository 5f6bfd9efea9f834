"""Golden model of the registers: values read by software and driven to hardware, cycle by cycle."""

OKAY, SLVERR = 0, 2


def cycles(accesses: int) -> int:
    """Cycles from the first of `accesses` reads, or writes, to the last response, both counted, if nothing pauses."""
    return accesses + 1


class Registers:
    """Registers of a map, as plain data: the result of `RegisterMap.model_dump()`.

    `inputs` holds the values that hardware drives now, by port. :meth:`read` returns the result of a read in this
    cycle; :meth:`cycle` ends the cycle and applies a software write in it.
    """

    def __init__(self, map: dict):
        self.registers = {register["offset"]: register for register in map["registers"]}
        self.inputs = {}
        for register in map["registers"]:
            for field in register["fields"]:
                name = f"{register['name']}_{field['name']}"
                if field["access"] == "ro":
                    self.inputs[name] = 0
                if field["access"] == "w1c":
                    self.inputs[f"{name}_set"] = 0
        self.reset()

    def reset(self):
        """Reset every value."""
        self.outputs = {}
        for register in self.registers.values():
            for field in register["fields"]:
                name = f"{register['name']}_{field['name']}"
                if field["access"] in ("rw", "w1c"):
                    self.outputs[name] = field["reset"]
                if field["access"] == "pulse":
                    self.outputs[name] = self.outputs[f"{name}_strobe"] = 0

    def read(self, address: int) -> tuple[int, int]:
        """Data and response of a read in this cycle."""
        register = self.registers.get(address // 4 * 4)
        if register is None:
            return 0, SLVERR
        data = 0
        for field in register["fields"]:
            name = f"{register['name']}_{field['name']}"
            value = {"ro": self.inputs, "pulse": {}}.get(field["access"], self.outputs).get(name, 0)
            data += value * 2 ** field["low"]
        return data, OKAY

    def write(self, address: int, data: int, strobe: int = 0b1111) -> int:
        """Write `data` in this cycle, in the bytes whose `strobe` bit is set. Returns the response."""
        response = self.cycle((address, data, strobe))
        assert response is not None
        return response

    def cycle(self, write: tuple[int, int, int] | None = None) -> int | None:
        """Clock edge: apply `write` (address, data, strobe), if any, and return its response."""
        address, data, strobe = write or (-1, 0, 0)
        bytes_written = sum(0xFF << 8 * n for n in range(4) if strobe >> n & 1)
        for offset, register in self.registers.items():
            here = write is not None and address // 4 * 4 == offset
            for field in register["fields"]:
                name, ones = f"{register['name']}_{field['name']}", 2 ** field["bits"] - 1
                mask = (bytes_written >> field["low"]) & ones if here else 0
                value = (data >> field["low"]) & mask
                match field["access"]:
                    case "rw":
                        self.outputs[name] = self.outputs[name] & ~mask | value
                    case "w1c":  # a set has priority over a clear in the same cycle
                        self.outputs[name] = self.outputs[name] & ~value | self.inputs[f"{name}_set"]
                    case "pulse":
                        self.outputs[name] = value
                        self.outputs[f"{name}_strobe"] = int(mask != 0)
        if write is None:
            return None
        return OKAY if address // 4 * 4 in self.registers else SLVERR
