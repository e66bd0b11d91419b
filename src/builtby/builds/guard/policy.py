"""What a build may do: policies, as TOML."""

from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

PRESETS = "presets"


class PolicyError(ValueError):
    """A policy cannot be read or means nothing; the message says where and why."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Files(_Part, frozen=True):
    """What may be read and written. Relative paths are in the working directory; `~` and `$NAME` are expanded."""

    source: Literal["writable", "read-only", "copy"] = "writable"
    """The working directory: `copy` lets the build write in a copy that is thrown away."""
    write: tuple[str, ...] = ()
    """More that may be written."""
    read: tuple[str, ...] = ()
    """More that may be read of what is hidden: folders at home."""
    hide: tuple[str, ...] = ()
    """More that may not be read."""
    outputs: tuple[str, ...] = ()
    """With `copy`: what is copied back when the command succeeds."""


class Home(_Part, frozen=True):
    """The private home."""

    toolchains: bool = True
    """Whether toolchains at home are bound into it, read-only."""
    caches: Literal["private", "empty", "user"] = "private"
    """Caches of package managers: one kept for guarded builds, none, or the user's own, writable."""
    canaries: bool = True
    """Whether false credentials stand in place of real ones."""
    credentials: tuple[str, ...] = ()
    """Tools whose configuration keeps its credentials: `npm`, `pip`, `cargo`, `maven`, `git`."""


class Environment(_Part, frozen=True):
    """Variables. Names with shell patterns."""

    keep: tuple[str, ...] = ()
    """Secrets that are given all the same."""
    remove: tuple[str, ...] = ()
    set: dict[str, str] = {}


class Network(_Part, frozen=True):
    """Where the command may turn to. Nothing said: nowhere."""

    command: bool = False
    """Whether the hosts are allowed that the command's own package manager is configured to use."""
    tools: tuple[str, ...] = ()
    """Package managers whose configured hosts are allowed."""
    hosts: tuple[str, ...] = ()
    """`example.org` (port 443), `example.org:8443`, `*.example.org`."""
    hooks: bool = True
    """Whether code of dependencies, run by a package manager, has the network too."""


class Programs(_Part, frozen=True):
    """Programs that are refused unless they are allowed here."""

    memory: bool = False
    """Those that are in no file, but in memory only."""
    shadowing: bool = False
    """Compilers, shells and the like in the project, in a private place or where the build may write, that stand in
    PATH before the system's of the same name."""


class Fetch(_Part, frozen=True):
    """A command that is run before, with network."""

    command: tuple[str, ...]
    """`{program}`, `{arguments}`, `{store}`, `{build-requirements}`: words of the guarded command, and a folder."""
    tools: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    hooks: bool = True
    present: tuple[str, ...] = ()
    """Files without which it is left out."""
    missing: tuple[str, ...] = ()
    """Files with which it is left out."""


class Policy(_Part, frozen=True):
    """A policy."""

    name: str
    description: str = ""
    arguments: tuple[str, ...] = ()
    """Words that are added to the command."""
    files: Files = Files()
    home: Home = Home()
    environment: Environment = Environment()
    network: Network = Network()
    programs: Programs = Programs()
    fetch: tuple[Fetch, ...] = ()


def parse(data: bytes, name: str) -> Policy:
    """Return the policy in a TOML text. Raises PolicyError."""
    try:
        policy = msgspec.toml.decode(data, type=Policy)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{name}: {error}") from error
    _check(policy, name)
    return policy


def load(file: Path) -> Policy:
    """Return the policy in a file. Raises PolicyError."""
    try:
        return parse(file.read_bytes(), str(file))
    except OSError as error:
        raise PolicyError(f"{file}: {error.strerror}") from error


def preset(name: str) -> Policy:
    """Return a ready-made policy. Raises PolicyError for a name that there is not."""
    return parse(preset_text(name).encode(), name)


def preset_text(name: str) -> str:
    """Return a ready-made policy as it is written. Raises PolicyError for a name that there is not."""
    if name not in presets():
        raise PolicyError(f"there is no preset {name!r}; there are {', '.join(presets())}")
    return resources.files(__package__).joinpath(PRESETS, f"{name}.toml").read_text("utf-8")


def presets() -> tuple[str, ...]:
    """Return the names of the ready-made policies."""
    folder = resources.files(__package__).joinpath(PRESETS)
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir()
                        if entry.name.endswith(".toml")))


def _check(policy: Policy, name: str) -> None:
    """Refuse what would silently mean less than it says."""
    from builtby.builds.guard.places import places

    tools = {*policy.network.tools, *policy.home.credentials, *(tool for one in policy.fetch for tool in one.tools)}
    known = {config.tool for config in places().config}
    if strange := sorted(tools - known):
        raise PolicyError(f"{name}: no such tool: {', '.join(strange)}; there are {', '.join(sorted(known))}")
    for host in (*policy.network.hosts, *(host for one in policy.fetch for host in one.hosts)):
        _check_host(host, name)
    if policy.files.outputs and policy.files.source != "copy":
        raise PolicyError(f"{name}: files.outputs needs files.source = \"copy\"")
    if any(not one.command for one in policy.fetch):
        raise PolicyError(f"{name}: a fetch needs a command")


def _check_host(host: str, name: str) -> None:
    bare, _, port = host.rpartition(":") if ":" in host and not host.endswith("]") else (host, "", "")
    if "/" in host or not (bare or host) or (port and not port.isdecimal()):
        raise PolicyError(f"{name}: {host!r} is no host; write example.org, example.org:8443 or *.example.org")
    if host.startswith("*") and (not host.startswith("*.") or host.count(".") < 2):
        raise PolicyError(f"{name}: {host!r} would allow too much")
