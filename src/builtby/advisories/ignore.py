"""Exposures that somebody has accepted, for a reason and until a day: the file that says so, and what it does.

Each entry is an `[[ignore]]` table: `id` (a CVE, another name of the advisory, or `EOL-go-1.19`), `reason`, `expires`
(the last day on which it counts, such as 2027-01-31) and, to be narrower, `tool` and `path` (a shell pattern; `*`
crosses `/`).
"""

from collections import Counter
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
from msgspec.structs import replace

from builtby.model import Artifact, Exposure, ExposureStatus, Present, Record

MOST = 8 << 20
"""Bytes of an ignore file that are taken in."""


class IgnoreError(ValueError):
    """An ignore file that cannot be used; the message names the file, what is wrong and where."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing accepted. Whoever accepts it says why, and until when."""

    id: str
    reason: str
    expires: date
    tool: str | None = None
    path: str | None = None

    @property
    def words(self) -> str:
        """The entry in short: `CVE-2023-29404 (tool go)`."""
        narrower = [f"{name} {value}" for name, value in (("tool", self.tool), ("path", self.path)) if value]
        return f"{self.id} ({', '.join(narrower)})" if narrower else self.id

    def covers(self, path: str, exposure: Exposure) -> bool:
        """Say whether the entry speaks of this exposure of what is at the path."""
        names = {exposure.id.upper(), *map(str.upper, exposure.aliases)}
        return (self.id.upper() in names and self.tool in (None, exposure.tool)
                and (self.path is None or fnmatchcase(path, self.path)))


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    ignore: tuple[Entry, ...] = ()


class Ignores:
    """The entries that count on a day. `expired`: those that do not any more."""

    def __init__(self, entries: tuple[Entry, ...], today: date) -> None:
        self.entries = tuple(entry for entry in entries if entry.expires >= today)
        self.expired = tuple(entry for entry in entries if entry.expires < today)
        self._met: Counter[Entry] = Counter()
        self._by_id: dict[str, list[Entry]] = {}
        for entry in self.entries:
            self._by_id.setdefault(entry.id.upper(), []).append(entry)

    @property
    def unused(self) -> tuple[Entry, ...]:
        """The entries that count and have matched nothing so far."""
        return tuple(entry for entry in self.entries if not self._met[entry])

    def apply(self, record: Record) -> Record:
        """Return the record with its accepted exposures among those that are none, each with the entry's reason."""
        if not isinstance(record, Artifact | Present) or not record.exposures:
            return record
        kept, ignored = [], []
        for exposure in record.exposures:
            entry = self._entry(record.path, exposure)
            if entry is None:
                kept.append(exposure)
            else:
                self._met[entry] += 1
                ignored.append(_accepted(exposure, entry))
        if not ignored:
            return record
        return replace(record, exposures=tuple(kept), not_exposed=(*record.not_exposed, *ignored))

    def _entry(self, path: str, exposure: Exposure) -> Entry | None:
        near = (entry for name in (exposure.id, *exposure.aliases) for entry in self._by_id.get(name.upper(), ()))
        return next((entry for entry in near if entry.covers(path, exposure)), None)


def _accepted(exposure: Exposure, entry: Entry) -> Exposure:
    return replace(exposure, status=ExposureStatus.IGNORED, reason=f"accepted until {entry.expires}: {entry.reason}")


def load(file: Path, today: date) -> Ignores:
    """Return what a file says on a day. Raises IgnoreError for a file that cannot be read or is wrong anywhere."""
    try:
        entries = msgspec.toml.decode(_read(file), type=File).ignore
    except OSError as error:
        raise IgnoreError(f"{file}: {error.strerror}") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise IgnoreError(f"{file}: {_where(str(error))}") from error
    for place, entry in enumerate(entries, 1):
        for name in ("id", "reason"):
            if not getattr(entry, name).strip():
                raise IgnoreError(f"{file}: entry {place}: {name!r} is empty")
    return Ignores(entries, today)


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        raw = stream.read(MOST + 1)
    if len(raw) > MOST:
        raise ValueError(f"larger than {MOST >> 20} MiB")
    return raw


def _where(told: str) -> str:
    """Return msgspec's words with `entry 3` for its `$.ignore[2]`."""
    what, found, rest = told.partition(" - at `$.ignore[")
    if not found:
        return told
    place, _, more = rest.partition("]")
    inner = more.strip("`.")
    return f"entry {int(place) + 1}{f', {inner!r}' if inner else ''}: {what}"
