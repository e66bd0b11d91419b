"""Names of machines: those that triples and advisories use, as the one that builtby uses."""

from functools import cache
from importlib import resources

import msgspec


def machine_of(name: str) -> str | None:
    """Return builtby's name for a machine such as `x86_64` or `powerpc64le`; None for one that is not known."""
    return _names().get(name.lower())


def target_of(path: str) -> str | None:
    """Return what machine a tool writes code for whose file is named by a triple: `bin/aarch64-linux-gnu-gcc-12`."""
    first, dash, _ = path.replace("\\", "/").rpartition("/")[2].partition("-")
    return machine_of(first) if dash else None


@cache
def _names() -> dict[str, str]:
    text = resources.files("builtby.advisories").joinpath("machines.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, str])
