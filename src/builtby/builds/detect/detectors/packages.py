"""Packages that write where they have no business, and what stays when the build is over."""

from collections.abc import Iterator

from builtby.builds.detect.build import Build
from builtby.builds.detect.model import CHANGES, Hit
from builtby.builds.detect.names import among, expression
from builtby.builds.model import Process

_SIGNALS = 128
"""An exit code above tells that a signal ended the command."""


def package_modified_another(build: Build) -> Iterator[Hit]:
    """Yield what a dependency's code changed in the folder of another package."""
    for touch in build.touches:
        if touch.access not in (*CHANGES, "remove", "mode"):
            continue
        owner = build.owner(touch.use.process)
        if owner.within != "hook":
            continue
        if expression("package_of").match(touch.path) is None or _is_own(build, touch.use.process, touch.path):
            continue
        yield Hit(touch.use.process, touch.path, {"owner": owner.purl or "a dependency"}, touch.use.refused)


def _is_own(build: Build, number: int, path: str) -> bool:
    """Whether a path is in the folder of the package whose code runs, or in that of a package inside of it."""
    for one in build.line(number):
        values = build.values(one) if one.argv else {}
        folders = [values.get("npm_package_json", "").rpartition("/")[0], values.get("OUT_DIR", ""),
                   values.get("CARGO_MANIFEST_DIR", "")]
        if any(folder and path.startswith(f"{folder}/") for folder in folders):
            return True
    return _same_place(build, number, path)


def _same_place(build: Build, number: int, path: str) -> bool:
    """Whether the code runs in the same package's folder, or builds in a folder of pip's."""
    match = expression("package_of").match(path)
    root = path[: match.end()] if match else None
    cwds = {one.cwd for one in build.line(number) if one.cwd}
    return (root is not None and any(f"{cwd}/".startswith(root) for cwd in cwds)) or build.is_temporary(path)


def survivor(build: Build) -> Iterator[Hit]:
    """Yield processes that outlived the command; daemons, and what an interrupted build left, are only mentioned."""
    interrupted = (build.record.exit_code or 0) > _SIGNALS
    for number in build.record.survivors:
        one = build.program(number)
        if one is not None:
            yield Hit(number, None, {}, severity="info" if interrupted or _is_daemon(build, one) else None)


def _is_daemon(build: Build, one: Process) -> bool:
    if build.owner(one.id).within == "hook":
        return False
    return among(build.true_names(one), "daemons") or bool(expression("daemon_arguments").search(" ".join(one.argv)))


DETECTORS = {"package-modified-another": package_modified_another, "survivor": survivor}
