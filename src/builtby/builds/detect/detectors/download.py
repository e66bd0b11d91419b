"""Code that came from elsewhere while the build ran: fetched, decoded, or written for the moment."""

import re
from collections.abc import Iterable, Iterator

from builtby.builds.detect.build import Build
from builtby.builds.detect.model import Hit
from builtby.builds.detect.names import among, expression
from builtby.builds.model import Endpoint, Process

_SECONDS = 5.0
"""Between the starts of two programs of one pipeline."""


def downloaded_and_run(build: Build) -> Iterator[Hit]:
    """Yield programs and scripts that somebody wrote who had turned to the network before."""
    turned = _turned(build)
    for one, path in _run_files(build):
        for touch in build.writers.get(path, ()):
            writer = build.program(touch.use.process)
            if writer is None or touch.use.time > one.started or _is_manager(build, touch.use.process):
                continue
            source = next((end for end in turned.get(touch.use.process, ()) if end.time <= one.started), None)
            if source is not None:
                yield Hit(one.id, path, {"writer": _called(writer), "host": source.host or source.address})
                break


def _turned(build: Build) -> dict[int, list[Endpoint]]:
    """Return by program what it, what it started, and what the same shell started turned to."""
    found: dict[int, list[Endpoint]] = {}
    for end in build.record.network:
        if end.kind == "connect" and end.port != 53:
            found.setdefault(end.process, []).append(end)
            for other in build.line(end.process)[1:2]:
                if among(build.true_names(other), "shells") or not other.argv:
                    found.setdefault(other.id, []).append(end)
    return found


def _run_files(build: Build) -> Iterator[tuple[Process, str]]:
    """Yield what was run and written in the same build: programs, scripts with `#!`, scripts given to interpreters."""
    for one in build.record.processes:
        if not one.argv:
            continue
        names = [path for path in (one.executable, one.script) if path]
        if not one.script and among(build.true_names(one), "shells", "interpreters"):
            names += _scripts(one)
        yield from ((one, path) for path in names if path in build.writers)


def _scripts(one: Process) -> Iterable[str]:
    """Return the full path of the script that an interpreter was given as its first word."""
    first = next((word for word in one.argv[1:] if not word.startswith("-")), None)
    if first is None or any(word in ("-c", "-e", "-m", "--eval") for word in one.argv[1:]):
        return ()
    return (first if first.startswith("/") else f"{one.cwd or ''}/{first.removeprefix('./')}",)


def _is_manager(build: Build, number: int) -> bool:
    """Whether a package manager or a maker of programs is at work, and not from inside a dependency's hook."""
    line = [one for one in build.line(number)[:2] if one.argv]
    if line and among(build.true_names(line[0]), "makers"):
        return True
    return build.owner(number).within != "hook" and any(among(build.true_names(one), "managers") for one in line[:1])


def script_from_network(build: Build) -> Iterator[Hit]:
    """Yield interpreters without a script beside a fetcher in one pipeline, or with a pipe for a script."""
    for one, group in _bare(build):
        fetcher = next((other for other in group if among(build.true_names(other), "fetchers")), None)
        if fetcher is not None:
            yield Hit(one.id, None, {"source": _called(fetcher)})
    for one in build.record.processes:
        piped = any(re.fullmatch(r"/(?:dev|proc/self)/fd/\d+", word) for word in one.argv[1:2])
        if piped and among(build.true_names(one), "shells"):
            yield Hit(one.id, None, {"source": f"a pipe, {one.argv[1]}"})


def decoded_and_run(build: Build) -> Iterator[Hit]:
    """Yield interpreters without a script beside a decoder, or beside a filter that reads test data."""
    for one, group in _bare(build):
        for other in group:
            read = (touch.path for touch in build.reads.get(other.id, ()))
            data = next((path for path in read if expression("test_data").search(path)), None)
            if among(build.true_names(other), "decoders", *(("filters",) if data else ())):
                source = _called(other) + (f" from {data}" if data else "")
                yield Hit(one.id, data, {"source": source})
                break


def _bare(build: Build) -> Iterator[tuple[Process, list[Process]]]:
    """Yield interpreters that run their standard input, each with what the same program started at about that time."""
    for one in build.record.processes:
        if among(build.true_names(one), "shells", "interpreters") and _is_bare(one):
            group = [other for other in build.pipeline(one)
                     if other.id != one.id and abs(other.started - one.started) < _SECONDS
                     and (other.ended is None or other.ended >= one.started - 1)]
            yield one, group


def _is_bare(one: Process) -> bool:
    """Whether an interpreter was given neither a script nor code; `-s` and `-` are standard input."""
    words = list(one.argv[1:])
    if one.script or any(word in ("-c", "-e", "-m", "--eval", "-p", "--version", "-V", "-h") for word in words):
        return False
    while words and words[0] in ("-o", "-O", "+o", "--rcfile"):
        words = words[2:]
    if any(word.startswith("-") and not word.startswith("--") and "c" in word and len(word) < 5 for word in words):
        return False
    return "-s" in words or all(word.startswith("-") for word in words)


def dropped_and_run(build: Build) -> Iterator[Hit]:
    """Yield what a dependency's hook wrote into a temporary folder, and ran."""
    for one, path in _run_files(build):
        if build.owner(one.id).within != "hook" or not build.is_temporary(path) or _is_workspace(build, one, path):
            continue
        for touch in build.writers[path]:
            writer = build.program(touch.use.process)
            if (writer is not None and touch.use.time <= one.started and build.owner(writer.id).within == "hook"
                    and not among(build.true_names(writer), "makers", "managers")):
                yield Hit(one.id, path, {"writer": _called(writer)})
                break


def _is_workspace(build: Build, one: Process, path: str) -> bool:
    """Whether a path is in the folder that the package itself is built in: that is often a temporary one."""
    folders = {other.cwd.rstrip("/") for other in build.line(one.id) if other.cwd} - set(build.bases["$TMP"])
    return any(path.startswith(f"{folder}/") for folder in folders if folder not in ("", "/"))


def _called(one: Process) -> str:
    text = " ".join(one.argv)
    return text if len(text) < 80 else f"{text[:80]}…"


DETECTORS = {"downloaded-and-run": downloaded_and_run, "script-from-network": script_from_network,
             "decoded-and-run": decoded_and_run, "dropped-and-run": dropped_and_run}
