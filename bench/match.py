"""How long advisories take to load, and 10,000 identifications of tools to be matched with them.

Identifications are what artifacts of a fleet give: versions that some advisory names, of all tools, in several roles,
for several machines and vendors, picked with a fixed seed. Prints a Markdown table; medians of five runs. Beside the
time is that of the processor: on a machine that does other things too, only the latter says what builtby takes.
"""

import random
import statistics
import sys
import time

from builtby.advisories.judge import Judge
from builtby.advisories.store import Store, open_store
from builtby.model import Artifact, BuiltBy, Role
from builtby.pipeline.workers import collect_seldom

COUNT, DIFFERENT, RUNS = 10_000, 500, 5
"""A fleet's artifacts are made by some hundred different versions of tools; 500 is many."""
VENDORS = {"gcc": "Debian 12.2.0-14", "clang": "Debian", "jdk": "Eclipse Adoptium"}


def main() -> int:
    """Measure and print."""
    loads, matches, loads_cpu, matches_cpu = [], [], [], []
    artifacts = identifications(open_store())
    for _ in range(RUNS):
        started, cpu = time.perf_counter(), time.process_time()
        store = open_store()
        loads.append(time.perf_counter() - started)
        loads_cpu.append(time.process_time() - cpu)
        judge = Judge(store)
        collect_seldom()
        started, cpu = time.perf_counter(), time.process_time()
        found = sum(len(judge.artifact(artifact).exposures) for artifact in artifacts)
        matches.append(time.perf_counter() - started)
        matches_cpu.append(time.process_time() - cpu)
    different = len({(a.built_by[0].tool, a.built_by[0].version, a.built_by[0].role) for a in artifacts})
    print("| | seconds | of the processor |\n|---|---:|---:|")
    print(f"| load {len(store.advisories):,} advisories | {statistics.median(loads):.3f} "
          f"| {statistics.median(loads_cpu):.3f} |")
    print(f"| match {COUNT:,} identifications, {different:,} of them different, {found:,} exposures "
          f"| {statistics.median(matches):.3f} | {statistics.median(matches_cpu):.3f} |")
    return 0


def identifications(store: Store) -> list[Artifact]:
    """Return artifacts with one tool each."""
    chance = random.Random(1)
    pairs = []
    for tool in sorted(store.products.entries):
        for way in store.products.of(tool):
            versions = {end for one in store.of_product(way.product) for part in one.affected
                        for interval in part.intervals for end in (interval.introduced, interval.fixed) if end}
            pairs += [(tool, version) for version in sorted(versions - {"0"})]
    used = chance.sample(pairs, DIFFERENT)
    picked = [used[chance.randrange(len(used))] for _ in range(COUNT)]
    return [artifact(number, *pair, chance) for number, pair in enumerate(picked)]


def artifact(number: int, tool: str, version: str, chance: random.Random) -> Artifact:
    """Return an artifact that a tool made."""
    built = BuiltBy(tool, version, chance.choice([Role.COMPILER, Role.RUNTIME]),
                    vendor=VENDORS.get(tool) if chance.random() < 0.5 else None)
    facts = {"machine": chance.choice(["x86-64", "aarch64"])}
    return Artifact(0, f"bin/{number}", None, f"{number:064x}", 1, "elf", None, (built,), facts)


if __name__ == "__main__":
    sys.exit(main())
