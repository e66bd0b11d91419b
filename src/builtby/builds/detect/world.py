"""What a record does not hold and rules ask for: what git tracks, what installed packages recorded of their files."""

import base64
import csv
import hashlib
import os
import subprocess
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from builtby.builds.detect.names import among
from builtby.builds.model import Record

_DPKG = Path("/var/lib/dpkg/info")
_MOST_RECORDED = 64 << 20
"""Bytes of a RECORD file."""
_SECONDS = 60
_MD5 = 32
"""Digits of one."""


class World:
    """The machine on which the build ran, as it is when the record is judged."""

    def __init__(self, record: Record) -> None:
        self._cwd = Path(record.cwd)

    def untracked(self, paths: Iterable[str]) -> list[str]:
        """Return which files of the checkout git neither tracks nor ignores; none outside of a checkout."""
        from builtby.builds.watch.gitindex import NoIndexError, top, tracked

        checkout = top(self._cwd)
        if checkout is None:
            return []
        try:
            known = set(tracked(checkout))
        except NoIndexError:
            return []
        inside = [path for path in paths if path.startswith(f"{checkout}/") and path not in known]
        ignored = _ignored(checkout, inside) if inside and known else None
        return [path for path in inside if path not in ignored] if ignored is not None else []

    def recorded(self, path: str) -> tuple[str, str] | None:
        """Return the package that a Python file belongs to, and the sha256 in its RECORD; None when none tells."""
        for folder in ("/site-packages/", "/dist-packages/"):
            before, found, inside = path.rpartition(folder)
            if found:
                known = _records(f"{before}{folder}").get(inside)
                digest = _hexadecimal(known[1]) if known else None
                return (known[0], digest) if known and digest else None
        return None

    def altered(self, paths: Iterable[str]) -> list[str]:
        """Return which files of the system are not what their packages shipped, as far as packages tell."""
        wanted = sorted(paths)
        shipped = _shipped(wanted) if wanted else {}
        return [path for path, digest in shipped.items() if _md5(path) not in (None, digest)]

    def is_program(self, path: str) -> bool:
        """Whether a path is a program that may be run."""
        return os.access(path, os.X_OK)


def _shipped(paths: list[str]) -> dict[str, str]:
    """Return the MD5 that dpkg keeps of files of the toolchain's packages: to ask all packages costs a second."""
    found: dict[str, str] = {}
    lines = {path: f"  {path[1:]}\n".encode("utf-8", "surrogateescape") for path in paths}
    for name in _lists():
        try:
            text = (_DPKG / name).read_bytes()
        except OSError:
            continue
        for path, line in lines.items():
            place = text.find(line)
            if place >= _MD5:
                found[path] = text[place - _MD5 : place].decode("ascii", "replace")
    return {path: found[path] for path in paths if path in found}


def _lists() -> list[str]:
    try:
        return sorted(name for name in os.listdir(_DPKG)  # noqa: PTH208  # names are wanted, thousands of them
                      if name.endswith(".md5sums") and among((name,), "toolchain_packages"))
    except OSError:
        return []


def _md5(path: str) -> str | None:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError:
        return None


def _ignored(checkout: Path, paths: list[str]) -> set[str] | None:
    """Ask git which files it ignores, without anything that the repository could have configured to run."""
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*", "-C",
               str(checkout), "check-ignore", "-z", "--stdin"]
    try:
        done = subprocess.run(command, input="\0".join(paths).encode("utf-8", "surrogateescape"), capture_output=True,
                              check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return set(done.stdout.decode("utf-8", "surrogateescape").split("\0")) if done.returncode in (0, 1) else None


@lru_cache(maxsize=16)
def _records(folder: str) -> dict[str, tuple[str, str]]:
    """Return package and digest of each file that the RECORDs of a folder of installed packages tell."""
    found: dict[str, tuple[str, str]] = {}
    for record in sorted(Path(folder).glob("*.dist-info/RECORD")):
        try:
            if record.stat().st_size > _MOST_RECORDED:
                continue
            rows = list(csv.reader(record.read_text("utf-8", "surrogateescape").splitlines()))
        except (OSError, csv.Error):
            continue
        for row in rows:
            if len(row) > 1 and row[1].startswith("sha256="):
                found[row[0]] = (record.parent.name.removesuffix(".dist-info"), row[1])
    return found


def _hexadecimal(text: str) -> str | None:
    value = text.removeprefix("sha256=")
    try:
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
    except ValueError:
        return None
