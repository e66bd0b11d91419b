"""What an earlier scan had already found: so that only what is new needs anybody's attention."""

import hashlib
from pathlib import Path

import msgspec
from msgspec.structs import replace

from builtby.model import Artifact, Present, Record

SCHEMA = "builtby/scan/1"


class BaselineError(ValueError):
    """An earlier result that cannot be used; the message names the file and says why."""


class _Exposure(msgspec.Struct):
    id: str
    tool: str


class _Record(msgspec.Struct):
    path: str
    exposures: tuple[_Exposure, ...] = ()


class _Result(msgspec.Struct):
    schema: str
    artifacts: list[_Record]
    present: list[_Record]
    advisories: dict[str, object] | None = None


class Baseline:
    """The exposures of an earlier result. One is the same when path, tool and advisory are, whatever the bytes are.

    `judged`: whether the earlier scan judged anything; if not, every exposure is new.
    """

    def __init__(self, keys: set[int], *, judged: bool = True) -> None:
        self.judged = judged
        self._known = keys
        self._met: set[int] = set()

    @property
    def gone(self) -> int:
        """How many exposures of the earlier result were not met so far."""
        return len(self._known) - len(self._met)

    def apply(self, record: Record) -> Record:
        """Return the record with every exposure told to be new or known."""
        if not isinstance(record, Artifact | Present) or not record.exposures:
            return record
        keys = [key(record.path, exposure.tool, exposure.id) for exposure in record.exposures]
        self._met.update(self._known.intersection(keys))
        marked = tuple(replace(exposure, new=one not in self._known)
                       for one, exposure in zip(keys, record.exposures, strict=True))
        return replace(record, exposures=marked)


def key(path: str, tool: str, name: str) -> int:
    """Return the identity of an exposure, in eight bytes: results may hold millions."""
    raw = "\0".join((path, tool, name)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def load(file: Path) -> Baseline:
    """Return the exposures of a result that `builtby scan -f json` wrote. Raises BaselineError."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_Result)
    except OSError as error:
        raise BaselineError(f"{file}: {error.strerror}") from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BaselineError(f"{file}: not a result of `builtby scan -f json`: {error}") from error
    if found.schema != SCHEMA:
        raise BaselineError(f"{file}: its schema is {found.schema!r}, not {SCHEMA!r}")
    keys = {key(record.path, exposure.tool, exposure.id)
            for record in (*found.artifacts, *found.present) for exposure in record.exposures}
    return Baseline(keys, judged=found.advisories is not None)
