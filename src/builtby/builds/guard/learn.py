"""From a record to a policy that allows what it did, and no more."""

import json
import os
from collections.abc import Iterable

from builtby.builds.guard.places import below, places, tool_of
from builtby.builds.model import Record

_TEMPORARY = ("/tmp", "/var/tmp", "/dev", "/proc", "/sys")  # noqa: S108  # what a guard gives in any case
_WRITES = ("write", "rename", "remove", "link", "symlink", "mode", "truncate")
_PACKAGE_MANAGERS_KNOW = "a package manager's own hosts are asked of its configuration"


def learnt(record: Record) -> str:
    """Return a policy in TOML, with comments that say where each line comes from."""
    home = os.path.expanduser("~")  # noqa: PTH111  # text
    tools = sorted({tool for one in record.processes if (tool := tool_of(list(one.argv)))})
    hosts = _hosts(record)
    used = [tool for tool in tools if hosts]
    written = _written(record, home)
    inside = any(below(path, record.cwd) for path in _paths(record))
    lines = [f"# Learnt from the record of `{_comment(' '.join(record.command))}` in {_comment(record.cwd)}.",
             'name = "learnt"', f"description = {_text('what one recorded build did')}", "", "[files]",
             f'source = "{"writable" if inside else "read-only"}"', f"write = {_list(written)}", "", "[network]"]
    if used:
        lines += [f"# {_PACKAGE_MANAGERS_KNOW}.", f"tools = {_list(used)}"]
    if not hosts:
        lines.append("# The build turned to nobody.")
    named = [host for host in hosts if not host[0].isdigit() and "[" not in host]
    if named and not used:
        lines.append(f"hosts = {_list(named)}")
    lines += [f"# Turned to: {_comment(', '.join(hosts))}"] if hosts else []
    return "\n".join([*lines, ""])


def _hosts(record: Record) -> list[str]:
    if record.guard is not None:
        return list(record.guard.hosts)
    found = {f"{one.host or one.address}:{one.port}" for one in record.network
             if one.kind == "connect" and one.port not in (None, 0, 53) and one.allowed
             and not one.address.startswith("127.") and one.address != "::1"}
    return sorted(found)


def _paths(record: Record) -> Iterable[str]:
    for use in record.files:
        if use.access in _WRITES and not use.refused:
            yield use.to if use.access in ("rename", "link") and use.to else use.path


def _written(record: Record, home: str) -> list[str]:
    """Return folders outside of the working directory that were written, but for those that a guard makes private."""
    given = [path.replace("~", home, 1) for cache in places().cache for path in cache.paths]
    found = {os.path.dirname(path) for path in _paths(record)  # noqa: PTH120
             if not any(below(path, place) for place in (record.cwd, home, *_TEMPORARY, *given))}
    return sorted(path for path in found if not any(path != other and below(path, other) for other in found))


def _text(text: str) -> str:
    return json.dumps(text)  # a TOML basic string is written alike


def _list(values: Iterable[str]) -> str:
    return f"[{', '.join(_text(value) for value in values)}]"


def _comment(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
