"""Sources, toolchain and places of persistence that changed during a build. Who does so honestly is data."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from builtby.builds.detect.build import Build
from builtby.builds.detect.match import place
from builtby.builds.detect.model import Hit
from builtby.builds.detect.names import fits
from builtby.builds.model import Change
from builtby.builds.watch.places import data, titles

_NOBODY = "none of the build's programs"


def swapped(build: Build) -> Iterator[Hit]:
    """Sources that held other bytes for a time, and again what they held before."""
    for change in _of(build, "source", "swapped-and-put-back"):
        honest = _by(build, change, "patchers") or change.seen_by == ("ctime",)
        sure = "low" if honest else "high" if change.process is None or change.readers else "medium"
        hit = _hit(build, change, reader=_readers(build, change),
                   times="with its time of modification as before" if change.mtime_kept else "")
        yield Hit(hit.process, hit.path, hit.values, severity="medium" if honest else None, confidence=sure)


def changed(build: Build) -> Iterator[Hit]:
    """Sources that are not what they were: by the build itself that is usual, by others it is not."""
    for change in _of(build, "source", "changed", "removed"):
        hit = _hit(build, change, reader=_readers(build, change))
        worse = "medium" if change.process is None and change.readers else None
        yield Hit(hit.process, hit.path, hit.values, severity=worse)


def toolchain(build: Build) -> Iterator[Hit]:
    """Compilers and what belongs to them. A new tool is said, and is no alarm: least of all one that was not used."""
    beside = _is_beside(build)
    for change in _of(build, "toolchain", "changed", "removed", "created"):
        usual = _by(build, change, "packagers") or _by(build, change, "managers")
        calm = usual or (change.what == "created" and change.process is not None)
        idle = beside and change.what == "created" and change.process is None and not _is_used(build, change.path)
        hit = _hit(build, change)
        yield Hit(hit.process, hit.path, hit.values, severity="info" if calm else "low" if idle else None)


def _is_used(build: Build, path: str) -> bool:
    """Whether a program of the build ran a file, by whatever link of the same name, or read it."""
    name = path.rpartition("/")[2]
    ran = {one.rpartition("/")[2] for run in build.record.processes for one in (run.executable, run.script) if one}
    return name in ran or any(touch.path == path for touch in build.by_access.get("read", ()))


def persistence(build: Build) -> Iterator[Hit]:
    """What none of the build's programs was seen to change: writings that were seen have rules of their own."""
    kinds = titles()
    beside = _is_beside(build)
    for change in _of(build, "persistence", "created", "changed", "removed"):
        if change.process is None:
            hit = _hit(build, change, kind=kinds.get(change.kind or "", "a place of persistence"),
                       whose="by a process beside the build: the build itself wrote nothing there, and asked no daemon"
                       if beside else f"by {_NOBODY}")
            yield Hit(None, hit.path, hit.values, severity="low" if beside else None)


def _is_beside(build: Build) -> bool:
    """Whether what no program of the build was seen to write was none of its doing.

    The record is whole, and none turned to a service of this machine, which could have written in its name.
    """
    return build.record.complete and not any(
        one.allowed and one.kind != "dns" and place(one.address) in ("local", "loopback")
        and not fits(one.address, "answerers") for one in build.record.network)


def _of(build: Build, place: str, *what: str) -> Iterator[Change]:
    return (one for one in build.record.changes if one.place == place and one.what in what)


def _by(build: Build, change: Change, group: str) -> bool:
    """Whether a change was made by an honest kind of program, or one that such a program started."""
    if change.process is None or build.owner(change.process).within == "hook":
        return False
    names = {name for one in build.line(change.process) if one.argv for name in build.true_names(one)}
    return any(fnmatchcase(name, pattern) for name in names for pattern in data()["honest"][group])


def _hit(build: Build, change: Change, **values: str) -> Hit:
    writer = build.program(change.process) if change.process is not None else None
    name = writer.argv[0].rpartition("/")[2] if writer and writer.argv else _NOBODY
    return Hit(change.process, change.path, {"writer": name, "what": change.what, **values})


def _readers(build: Build, change: Change) -> str:
    """Say who read the other bytes."""
    programs = (build.program(number) for number in change.readers)
    names = dict.fromkeys(one.argv[0].rpartition("/")[2] for one in programs if one and one.argv)
    return f"{', '.join(names)} read other bytes than the checkout held" if names else "no program was seen reading it"


DETECTORS = {"source-swapped": swapped, "source-changed": changed, "toolchain-changed": toolchain,
             "persistence-changed": persistence}
