"""What the program says to people on standard error, and the exit codes it leaves with."""

import sys
from enum import IntEnum
from typing import NoReturn


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130
    BROKEN_PIPE = 141


def fail(code: Exit, what: str, remedy: str = "") -> NoReturn:
    """Say what is wrong and what helps, and leave."""
    print(f"builtby: {what}", file=sys.stderr)
    if remedy:
        print(f"  {remedy}", file=sys.stderr)
    sys.exit(int(code))
