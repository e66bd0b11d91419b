"""Knowledge of places, from `places.toml`."""

import ipaddress
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import msgspec


class Owned(msgspec.Struct, frozen=True):
    """Files or folders of a tool."""

    tool: str
    paths: tuple[str, ...]


class Canary(msgspec.Struct, frozen=True):
    """A false credential."""

    path: str
    text: str


class Places(msgspec.Struct, frozen=True):
    """`places.toml`."""

    hidden: tuple[str, ...]
    toolchains: tuple[str, ...]
    toolchain_variables: tuple[str, ...]
    toolchain_homes: dict[str, str]
    protected: tuple[str, ...]
    harmless_writes: tuple[str, ...]
    harmless_sockets: tuple[str, ...]
    memory_programs: tuple[str, ...]
    removed_variables: tuple[str, ...]
    moved_variables: tuple[str, ...]
    plain_variables: tuple[str, ...]
    harmless_when_private: tuple[str, ...]
    metadata: tuple[str, ...]
    metadata_names: tuple[str, ...]
    config: tuple[Owned, ...]
    secret_line: str
    cache: tuple[Owned, ...]
    programs: dict[str, str]
    canary: tuple[Canary, ...]


@cache
def places() -> Places:
    """Return what is known of places."""
    data = resources.files(__package__).joinpath("places.toml").read_bytes()
    return msgspec.toml.decode(data, type=Places)


def expand(path: str, home: str, environment: Mapping[str, str], folder: str) -> str | None:
    """Return a full path for `~/x`, `$NAME/x` or `x`; None when the variable is not set."""
    name = re.match(r"\$([A-Za-z_][A-Za-z0-9_]*)", path)
    if name:
        value = environment.get(name[1])
        path = value + path[name.end() :] if value else ""
        if not path:
            return None
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    return os.path.normpath(os.path.join(folder, path))  # noqa: PTH118  # text, of any root


def tool_of(command: Sequence[str]) -> str | None:
    """Return the package manager that a command is; `python -m pip` is pip."""
    if not command:
        return None
    name = os.path.basename(command[0])  # noqa: PTH119  # text
    if name.startswith("python") and command[1:2] == ["-m"] and len(command) > 2:
        name = command[2]
    return places().programs.get(name)


def below(path: str, folder: str) -> bool:
    """Whether a path is a folder or in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


@cache
def _metadata() -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in places().metadata)


def is_metadata(address: str) -> bool:
    """Whether a numeric address is one at which clouds give out credentials."""
    try:
        found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return address.lower().rstrip(".") in places().metadata_names
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found.version == net.version and found in net for net in _metadata())


def is_there(path: str, *, folder: bool = False) -> bool:
    """Whether something can be seen to be at a path, or a folder; what may not be looked at is not there."""
    return os.path.isdir(path) if folder else os.path.exists(path)  # noqa: PTH110, PTH112  # Path's raise
