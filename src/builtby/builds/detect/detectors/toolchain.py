"""Tools that are not the ones that they seem to be."""

from collections.abc import Iterator

from builtby.builds.detect.build import Build
from builtby.builds.detect.model import Hit
from builtby.builds.detect.names import among, expression, fits
from builtby.builds.model import Process


def tool_shadowed(build: Build) -> Iterator[Hit]:
    """Yield build tools that were run from where a project, a dependency or anybody may write."""
    for one in build.record.processes:
        if not one.argv:
            continue
        path = one.script or one.executable or ""
        name = one.argv[0].rpartition("/")[2] if one.script is None else path.rpartition("/")[2]
        if not among((name,), "tools") or (one.package and not one.script) or fits(path, "wrapper_places"):
            continue
        if _is_brought(build, path, name) or _is_made(build, path):
            continue
        reason = _reason(build, one, path, name)
        if reason is not None:
            yield Hit(one.id, path, {"tool": name, "reason": reason})


def _reason(build: Build, one: Process, path: str, name: str) -> str | None:
    """Return where a tool stands that it should not; None for a place that only who administers can write."""
    folder = path.rpartition("/")[0]
    if path in build.writers and not _is_installed(build, path):
        return "which this build had written"
    if build.is_temporary(path):
        return "in a temporary folder"
    if expression("package_places").search(path):
        return "inside a package"
    in_home = any(folder == f"{home}/{place}" for home in build.homes for place in (".local/bin", "bin"))
    if in_home and _shadows(build, one, folder, name):
        return "in the home, before the system's"
    tree = build.bases["$TREE"][0]
    if tree and path.startswith(f"{tree}/") and folder in _search(build, one) and _shadows(build, one, folder, name):
        return "in the project, before the system's"
    return None


def _is_installed(build: Build, path: str) -> bool:
    return all(among(build.true_names(one), "managers", "makers") for touch in build.writers[path]
               if (one := build.program(touch.use.process)) is not None)


def _is_brought(build: Build, path: str, name: str) -> bool:
    """Whether a package manager put a tool there for this build, of those that packages are made to bring."""
    return among((name,), "brought") and path in build.writers and _is_installed(build, path)


def _is_made(build: Build, path: str) -> bool:
    """Whether the build itself linked a program, as those do that make tools. Dependencies' code has no such right."""
    numbers = [touch.use.process for touch in build.writers.get(path, ())]
    writers = [(number, one) for number in numbers if (one := build.program(number)) is not None]
    return bool(writers) and all(among(build.true_names(one), "linkers") and build.owner(number).within != "hook"
                                 for number, one in writers)


def _search(build: Build, one: Process) -> list[str]:
    return [part.rstrip("/") for part in build.values(one).get("PATH", "").split(":")]


def _shadows(build: Build, one: Process, folder: str, name: str) -> bool:
    """Whether a later folder of PATH has a program of that name."""
    search = _search(build, one)
    later = search[search.index(folder) + 1 :] if folder in search else ["/usr/bin", "/bin"]
    return any(build.world.is_program(f"{place}/{name}") for place in later)


def tool_changed(build: Build) -> Iterator[Hit]:
    """Yield programs outside of project and temporary folders that were run with several contents."""
    contents: dict[str, set[str]] = {}
    users: dict[str, int] = {}
    ran = {one.executable for one in build.record.processes if one.executable}
    for one in build.record.processes:
        if one.executable and one.sha256:
            contents.setdefault(one.executable, set()).add(one.sha256)
            users[one.executable] = one.id
    for touch in build.touches:
        if touch.access == "read" and touch.path in ran and touch.use.sha256:
            contents.setdefault(touch.path, set()).add(touch.use.sha256)
            users.setdefault(touch.path, touch.use.process)
    tree = f"{build.bases['$TREE'][0]}/"
    for path, found in contents.items():
        inside = path.startswith(tree) or build.is_temporary(path) or expression("package_places").search(path)
        if len(found) > 1 and not inside and not (path in build.writers and _is_installed(build, path)):
            yield Hit(users[path], path, {"count": str(len(found))})


def toolchain_file(build: Build) -> Iterator[Hit]:
    """Yield startup objects, libraries and plugins of the toolchain that differ from their packages."""
    readers: dict[str, int] = {}
    for touch in build.by_access.get("read", ()):
        if touch.path not in readers and expression("toolchain_files").match(touch.path):
            one = build.program(touch.use.process)
            if one is not None and among(build.true_names(one), "makers"):
                readers[touch.path] = touch.use.process
    for path in build.world.altered(readers):
        yield Hit(readers[path], path)


DETECTORS = {"tool-shadowed": tool_shadowed, "tool-changed-within-build": tool_changed,
             "toolchain-file-not-as-packaged": toolchain_file}
