"""The rules that are code: PATH, rights, and what no package owns."""

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase

from builtby.builds.host.model import Finding
from builtby.builds.host.rules import found, rules
from builtby.builds.host.state import Host, Program
from builtby.packages.clues import clues

_UNITS = ("cron", "systemd")
_STEERING = ("ld-preload", "cron", "systemd", "shell-rc", "ssh", "accounts", "package-sources", "package-hook",
             "loader", "python-startup", "toolchain", "ca-store")


def by_code(host: Host) -> Iterator[Finding]:
    """Yield what these rules find."""
    yield from _writable_path(host)
    yield from _wrappers(host)
    yield from _files(host)


def _writable_path(host: Host) -> Iterator[Finding]:
    for folder in dict.fromkeys(host.search):
        if not folder.startswith("/"):
            yield found("host-path-writable", folder or ".", "it is relative: the folder that one stands in is meant")
            continue
        try:
            info = os.stat(folder)  # noqa: PTH116
        except OSError:
            continue
        who = _writers(info)
        if who:
            yield found("host-path-writable", folder, f"{who} can write it (mode {stat.S_IMODE(info.st_mode):04o})")


def _writers(info: os.stat_result) -> str | None:
    """Say who else than this user and root can write; a group of its own, by its number the owner's, is no other."""
    if info.st_mode & stat.S_IWOTH and not info.st_mode & stat.S_ISVTX:
        return "everybody"
    if info.st_mode & stat.S_IWGRP and info.st_gid not in (0, info.st_uid) and not _is_system_group(info.st_gid):
        return f"group {info.st_gid}"
    if hasattr(os, "geteuid") and info.st_uid not in (0, os.geteuid()):
        return f"user {info.st_uid}"
    return None


def _is_system_group(number: int) -> bool:
    """Whether a group is one of those that Debian gives /usr/local and /var to, without members."""
    return number == 50


def _wrappers(host: Host) -> Iterator[Finding]:
    """Yield tools of no package that stand in PATH before packaged ones of the same name."""
    programs = list(host.programs())
    tools = set(clues().tools([host.inner(one.path) for one in programs]))
    by_name: dict[str, list[Program]] = {}
    for one in programs:
        by_name.setdefault(one.path.rpartition("/")[2], []).append(one)
    for same in by_name.values():
        first = same[0]
        if not any(host.inner(one.path) in tools for one in same) or _packaged(host, first):
            continue
        later = next((one for one in same[1:] if _packaged(host, one) and one.real != first.real), None)
        if later is not None:
            calm = any(fnmatchcase(name, pattern) for name in (first.path, first.real)
                       for pattern in rules()["host-wrapper"].shims)
            yield found("host-wrapper", first.path, f"it is run instead of {later.path}", "info" if calm else None)


def _packaged(host: Host, one: Program) -> bool:
    return host.owned(one.real) or host.owned(one.path)


def _files(host: Host) -> Iterator[Finding]:
    for path, held in host.files.items():
        inner = "/" + host.inner(path)
        if held.kind == "setuid" and not host.owned(path):
            yield found("host-setuid", path, f"mode {held.mode:04o}, owner {held.owner}")
        elif held.kind in _UNITS and not os.path.islink(path) and not host.owned(path):  # noqa: PTH114
            if not inner.endswith("/.placeholder"):
                yield found("host-unowned-unit", path, "no package lists it")
        elif held.kind == "ca-store" and inner.startswith(("/usr/local/share/ca-certificates/",
                                                           "/etc/pki/ca-trust/source/anchors/")):
            yield found("host-own-ca", path, "it was added by hand")
        if held.kind in _STEERING and held.mode & stat.S_IWOTH and not os.path.islink(path):  # noqa: PTH114
            yield found("host-writable-file", path, f"everybody can write it (mode {held.mode:04o})")
