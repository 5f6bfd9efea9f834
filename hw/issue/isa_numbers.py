"""Numbers of an instruction set as enumerations, whose members an `Isa` makes from its table."""

import typing
from enum import EnumMeta, IntEnum, IntFlag

Member = typing.TypeVar("Member")


class FromTable(EnumMeta):
    """Metaclass of enumerations without members of their own, so that a type checker accepts members by name."""

    if typing.TYPE_CHECKING:

        def __getattr__(cls: type[Member], name: str) -> Member: ...


class Opcode(IntEnum, metaclass=FromTable):
    """Number of an instruction."""


class SettingNumber(IntEnum, metaclass=FromTable):
    """Number of a configuration register."""


class UnitSet(IntFlag, metaclass=FromTable):
    """Units, one bit each."""

    @property
    def label(self) -> str:
        """Names of the units in lower case."""
        return " | ".join(unit.name.lower() for unit in self)


class ErrorCode(IntEnum, metaclass=FromTable):
    """Number of an error."""
