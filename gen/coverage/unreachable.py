"""Declaration of branches that no input reaches."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

FULL_CASE = "the default of a full case: one of the other arms is always chosen."
"""Reason for the defaults of cases whose other arms have all values, which Yosys marks as `full_case`."""


@dataclass(frozen=True)
class Unreachable:
    """Arm of branches that is executed in no state that a design can reach, and the reason.

    `module` is a pattern of `fnmatch` for the name of the module without the prefix of the top. `file` is the Amaranth
    source of the branch, relative to this package or to the folder of imports, and `code` a pattern for its line of
    Python: it remains valid when lines move. `arm`: "then", "else" or "case".
    """

    module: str
    file: str
    code: str
    arm: str
    reason: str

    def matches(self, module: str, file: str, code: str, arm: str) -> bool:
        return (
            (arm, file) == (self.arm, self.file) and fnmatchcase(module, self.module) and fnmatchcase(code, self.code)
        )
