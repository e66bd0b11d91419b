"""Times real builds bare, recorded, guarded and under strace, and prints ratios of CPU and of wall time.

    python bench/record/record.py [--rounds 3] [--only TEXT] [--work DIR]

CPU is user and system time of all processes, the recorder's among them. All ways of running a build take turns, round
by round; the ratio is that of the best rounds, for what else the machine does only adds. `cold` starts without digests
kept from earlier builds, `warm` with those of the build before. Exit code 1: a build failed, or recording a `make -j2`
takes more than 1.15 times the CPU.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
MOST = 1.15
"""What recording a C build with two jobs may cost in CPU, as the project promises."""
_SEEN = "execve,execveat,%file,%network,exit_group"


class Build(NamedTuple):
    """What is run, and where its sources come from."""

    name: str
    files: dict[str, str]
    before: list[str]
    run: str
    jobs: int


class Cost(NamedTuple):
    """Seconds."""

    cpu: float
    wall: float


def builds() -> Iterator[Build]:
    """Yield the builds, once for each number of jobs."""
    for one in tomllib.loads((HERE / "builds.toml").read_text("utf-8"))["build"]:
        for jobs in one["jobs"]:
            yield Build(one["name"], one["files"], one["before"], one["run"].replace("{jobs}", str(jobs)), jobs)


def ways(work: Path) -> dict[str, list[str]]:
    """Return what stands before the command, by the name of the way."""
    us = [sys.executable, "-m", "builtby"]
    found = {
        "bare": [],
        "record, cold": [*us, "record", "-q", "--force", "-o", str(work / "kept"), "--"],
        "record, warm": [*us, "record", "-q", "--force", "-o", str(work / "kept"), "--"],
        "guard": [*us, "guard", "-q", "--best-effort", "--force", "-o", str(work / "guarded"), "--"],
    }
    if shutil.which("strace"):
        found |= {"strace -f": ["strace", "-f", "-o", str(work / "trace")],
                  "strace --seccomp-bpf": ["strace", "-f", "--seccomp-bpf", "-e", f"trace={_SEEN}", "-o",
                                           str(work / "trace")]}
    return found


def prepared(build: Build, folder: Path) -> Path:
    """Return a folder with the sources, made at the first call."""
    if not folder.exists():
        for name, text in build.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        folder.mkdir(parents=True, exist_ok=True)
        for step in build.before:
            subprocess.run(["sh", "-c", step], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


def timed(words: list[str], build: Build, sources: Path, work: Path) -> Cost | None:
    """Run a build in a copy of its sources, always at the same place; return what it took, None when it failed."""
    place = work / "place"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(sources, place, symlinks=True)
    began = time.monotonic()
    with (work / "log").open("wb") as log:
        started = subprocess.Popen([*words, "sh", "-c", build.run], cwd=place, stdout=log, stderr=log,
                                   env={**os.environ, "BUILTBY_STATE": str(work / "state")})
        _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    took = Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began)
    return took if started.returncode == 0 else None


def rounds(build: Build, work: Path, count: int) -> dict[str, list[Cost]]:
    """Time a build in all ways, which take turns."""
    sources = prepared(build, work / f"sources-{build.name.partition(':')[0]}")
    costs: dict[str, list[Cost]] = {name: [] for name in ways(work)}
    for _ in range(count):
        for name, words in ways(work).items():
            if name == "record, cold":
                shutil.rmtree(work / "state", ignore_errors=True)
            cost = timed(words, build, sources, work)
            if cost is None:
                print(f"{build.name}, {name}: failed:", (work / "log").read_text("utf-8", "replace")[-2000:])
            else:
                costs[name].append(cost)
    return costs


def show(build: Build, costs: dict[str, list[Cost]]) -> float:
    """Print a build's figures; return the CPU ratio of recording it."""
    print(f"\n{build.name} -j{build.jobs}\n\n| way | CPU s | CPU ratio | wall s | wall ratio |\n|---|---|---|---|---|")
    bare, ratios = Cost(*map(min, zip(*costs["bare"], strict=True))), {}
    for name, found in costs.items():
        if found:
            best = Cost(*map(min, zip(*found, strict=True)))
            ratios[name] = best.cpu / bare.cpu
            print(f"| {name} | {best.cpu:.2f} | {best.cpu / bare.cpu:.2f} | {best.wall:.2f} | "
                  f"{best.wall / bare.wall:.2f} |", flush=True)
    return ratios.get("record, warm", float("inf"))


def main() -> int:
    """Time what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--work", type=Path, default=Path("build/bench-record"))
    given = parser.parse_args()
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    failed = False
    for build in builds():
        if given.only not in build.name:
            continue
        costs = rounds(build, work, given.rounds)
        ratio = show(build, costs)
        failed |= any(len(found) < given.rounds for found in costs.values())
        failed |= build.jobs == 2 and "make" in build.run and "configure" not in build.run and ratio > MOST
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
