"""Times real builds bare, recorded, guarded and under strace, and prints ratios of CPU and of wall time.

    python bench/record/record.py [--rounds 3] [--only TEXT] [--work DIR]

CPU is user and system time of all processes, the recorder's among them. All ways of running a build take turns, round
by round. Ratios are those of the best rounds, for what else the machine does only adds, and of the medians. `record,
cold` starts without what earlier builds taught and is run once, `record` with what the build before taught. Exit code
1: a build failed, or recording one that says `promised` takes more than 1.15 times the CPU.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).parent
MOST = 1.15
"""What recording a C build with two jobs may cost in CPU, as the project promises: one that takes more than seconds."""
OURS = ("bare", "record", "guard")
COLD = "record, cold"
_SEEN = "execve,execveat,%file,%network,exit_group"


class Build(NamedTuple):
    """What is run, and where its sources come from."""

    name: str
    files: dict[str, str]
    before: list[str]
    run: str
    jobs: int
    ways: tuple[str, ...] | None
    """Those in which it is run, None for all."""
    promised: bool
    """Whether recording it may take no more than MOST."""


class Cost(NamedTuple):
    """Seconds."""

    cpu: float
    wall: float


def builds() -> Iterator[Build]:
    """Yield the builds, once for each number of jobs."""
    for one in tomllib.loads((HERE / "builds.toml").read_text("utf-8"))["build"]:
        for jobs in one["jobs"]:
            run, few = one["run"].replace("{jobs}", str(jobs)), jobs != one["jobs"][0]
            yield Build(one["name"], one["files"], one["before"], run, jobs, OURS if few else None,
                        one.get("promised", False))


def ways(work: Path) -> dict[str, list[str]]:
    """Return what stands before the command, by the name of the way."""
    us = [sys.executable, "-m", "builtby"]
    record = [*us, "record", "-q", "--force", "-o", str(work / "kept"), "--"]
    found = {
        "bare": [], COLD: record, "record": record,
        "guard": [*us, "guard", "-q", "--best-effort", "--force", "-o", str(work / "guarded"), "--"],
    }
    if shutil.which("strace"):
        strace = ["-o", os.devnull, "-e", f"trace={_SEEN}"]
        found |= {"strace -f": ["strace", "-f", *strace],
                  "strace --seccomp-bpf": ["strace", "-f", "--seccomp-bpf", *strace]}
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
    """Time a build in all its ways, which take turns."""
    sources = prepared(build, work / f"sources-{build.name.partition(':')[0]}")
    wanted = {name: words for name, words in ways(work).items() if build.ways is None or name in build.ways}
    costs: dict[str, list[Cost]] = {name: [] for name in wanted}
    for number in range(count):
        for name, words in wanted.items():
            if name == COLD and number:
                continue
            if name == COLD:
                shutil.rmtree(work / "state", ignore_errors=True)
            cost = timed(words, build, sources, work)
            if cost is None:
                print(f"{build.name}, {name}: failed:", (work / "log").read_text("utf-8", "replace")[-2000:])
            else:
                costs[name].append(cost)
                print(f"{build.name} -j{build.jobs}, {name}: {cost.cpu:.2f} s of CPU", file=sys.stderr, flush=True)
    return costs


def show(build: Build, costs: dict[str, list[Cost]]) -> float:
    """Print a build's figures; return the CPU ratio of recording it, in the best rounds."""
    print(f"\n{build.name} -j{build.jobs}\n")
    print("| way | CPU s | CPU ratio | of medians | wall s | wall ratio | of medians |\n|---|---|---|---|---|---|---|")
    best = {name: of(min, found) for name, found in costs.items() if found}
    middle = {name: of(median, found) for name, found in costs.items() if found}
    for name, cost in best.items():
        cells = [f"{one:.2f}" for one in (
            cost.cpu, cost.cpu / best["bare"].cpu, middle[name].cpu / middle["bare"].cpu,
            cost.wall, cost.wall / best["bare"].wall, middle[name].wall / middle["bare"].wall)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    return best["record"].cpu / best["bare"].cpu if "record" in best else float("inf")


def of(choose: Callable[[list[float]], float], costs: list[Cost]) -> Cost:
    """Return what stands for several rounds: the least of each, or the one in the middle."""
    return Cost(choose([one.cpu for one in costs]), choose([one.wall for one in costs]))


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
        failed |= any(len(found) < (1 if name == COLD else given.rounds) for name, found in costs.items())
        failed |= build.promised and ratio > MOST
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
