"""What was built from what nobody could review: objects without source, files outside of version control."""

from collections.abc import Iterator

from builtby.builds.detect.build import Build, Touch
from builtby.builds.detect.model import Hit
from builtby.builds.detect.names import among, expression
from builtby.builds.model import Process

OBJECTS = (".o", ".obj", ".a", ".lo", ".os")
_INSTALLED = (".py", ".so", ".pth")
_NO_MAKERS = ("shells", "decoders", "filters", "copiers", "fetchers")
"""Groups of programs that no honest object comes from; from others it may."""
_DEEPEST = 8
"""Copies of copies that are followed."""

def orphan_object(build: Build) -> Iterator[Hit]:
    """Yield objects that a linker read and that were written, in this build, by what makes no objects."""
    told: set[str] = set()
    for touch in build.touches:
        if touch.access != "read" or touch.path in told or not touch.path.endswith(OBJECTS):
            continue
        linker = build.program(touch.use.process)
        if linker is None or not among(build.true_names(linker), "linkers"):
            continue
        writer = _stranger(build, touch.path, touch.use.time)
        if writer is not None:
            told.add(touch.path)
            severity = None if among(build.true_names(writer), *_NO_MAKERS) else "medium"
            yield Hit(touch.use.process, touch.path, {"writer": " ".join(writer.argv)}, severity=severity)


def _stranger(build: Build, path: str, before: float, depth: int = 0) -> Process | None:
    """Return who last wrote an object, when it is none that makes objects or copies what such a one made."""
    writers = [touch for touch in build.writers.get(path, ()) if touch.use.time <= before]
    if not writers or depth > _DEEPEST:
        return None
    last = max(writers, key=lambda touch: touch.use.time)
    one = build.program(last.use.process)
    if one is None or among(build.true_names(one), "makers", "managers") or one.executable in build.writers:
        return None
    if last.access in ("rename", "link"):
        return _stranger(build, last.use.path, last.use.time, depth + 1)
    if among(build.true_names(one), "copiers"):
        return _copied(build, one, last, depth)
    return None if _fed_by_maker(build, last) else one


def _copied(build: Build, one: Process, last: Touch, depth: int) -> Process | None:
    """Return who wrote what a copier copied; the copier itself when it took the object out of something else."""
    sources = [touch.path for touch in build.reads.get(one.id, ()) if touch.path.endswith(OBJECTS)]
    if not sources:
        read = [touch for touch in build.reads.get(one.id, ()) if expression("test_data").search(touch.path)]
        return one if read else None
    found = (_stranger(build, path, last.use.time, depth + 1) for path in sources)
    return next((writer for writer in found if writer is not None), None)


def _fed_by_maker(build: Build, last: Touch) -> bool:
    """Whether a shell opened the object for a compiler that it then ran: `as … > x.o`."""
    one = build.by_id[last.use.process]
    return any(among(build.true_names(other), "makers") for other in build.record.processes if other.replaces == one.id)


def artifact_altered(build: Build) -> Iterator[Hit]:
    """Yield programs that a linker made and that then somebody wrote to who makes none."""
    for path, writes in build.writers.items():
        if len(writes) < 2 or path.endswith(OBJECTS):
            continue
        linked: str | None = None
        for touch in sorted((*writes, *build.removed.get(path, ())), key=lambda touch: touch.use.time):
            one = build.program(touch.use.process)
            names = build.true_names(one) if one else frozenset()
            if touch.access in ("remove", "moved"):
                linked = None
            elif one and among(names, "linkers"):
                linked = one.argv[0]
            elif one and linked and touch.access == "write" and not _may_alter(build, one, names):
                yield Hit(touch.use.process, path, {"linker": linked}, touch.use.refused)
                break


def _may_alter(build: Build, one: Process, names: frozenset[str]) -> bool:
    return among(names, "makers", "managers", "copiers", "finishers") or one.executable in build.writers


def untracked_input(build: Build) -> Iterator[Hit]:
    """Yield one hit for the sources that were read, that this build did not write, and that git does not know."""
    first: dict[str, int] = {}
    for touch in build.touches:
        path = touch.path
        if (touch.access == "read" and path not in first and path not in build.writers
                and expression("sources").search(path) and not expression("not_sources").search(path)):
            first[path] = touch.use.process
    found = build.world.untracked(first)
    if found:
        path = min(found)
        yield Hit(first[path], path, {"count": str(len(found))})


def package_altered(build: Build) -> Iterator[Hit]:
    """Yield files of installed Python packages whose content, as read, is not what their package recorded."""
    told: set[str] = set()
    for touch in build.touches:
        if touch.access != "read" or touch.path in told or not touch.path.endswith(_INSTALLED):
            continue
        known = build.world.recorded(touch.path)
        if known is not None and touch.use.sha256 is not None and known[1] != touch.use.sha256:
            told.add(touch.path)
            yield Hit(touch.use.process, touch.path, {"package": known[0]})


DETECTORS = {"artifact-altered": artifact_altered, "orphan-object": orphan_object,
             "package-altered": package_altered, "untracked-input": untracked_input}
