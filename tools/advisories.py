"""`make advisories DATA=FOLDER`: the snapshot that stands in the package, from the project's advisory data.

FOLDER is laid out as the README of that data says: `osv-toolchains/`, `debian/`, `rpm/`, `eol/`, `kev.json`,
`no-known.json`. Facts only: prose is not taken. Prints what it took, and stops at a record that cannot be one.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from builtby.advisories.records import Advisory, Json, from_osv
from builtby.advisories.snapshot import Cycle, DistroStatus, Meta, Snapshot, Source, pack

OUT = Path(__file__).parent.parent / "src/builtby/advisories/data/advisories.snapshot"
DEBIAN = {"bookworm": "debian-12"}


def main() -> int:
    """Write the snapshot."""
    folder = Path(sys.argv[1])
    advisories = tuple(sorted(records(folder), key=lambda one: (one.product, one.id)))
    distros = tuple(sorted({*debian(folder), *almalinux(folder), *azure(folder)}, key=repr))
    cycles = dict(sorted(support(folder)))
    kev = load(folder / "kev.json")
    dated = max(one.modified or "" for one in advisories)
    meta = Meta("embedded", dated, None, sources(advisories))
    known = tuple(sorted(item["product"] for item in load(folder / "no-known.json")))
    raw = pack(Snapshot(meta, advisories, distros, cycles, tuple(sorted(kev["all"])), known))
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(raw)
    print(f"{OUT.name}: {len(raw):,} bytes; {len(advisories)} advisories, dated {dated}; {len(distros)} statuses of "
          f"distributions; {len(cycles)} products with support dates; {len(kev['all'])} known exploited")
    return 0


def load(path: Path) -> Json:
    """Return a JSON file's content."""
    return json.loads(path.read_text("utf-8"))


def records(folder: Path) -> Iterator[Advisory]:
    """Yield the OSV records."""
    for path in sorted((folder / "osv-toolchains").glob("*.json")):
        yield from map(from_osv, load(path))


def sources(advisories: tuple[Advisory, ...]) -> dict[str, Source]:
    """Count each source's records, and keep its licence: some ask for attribution."""
    found: dict[str, list[Advisory]] = {}
    for advisory in advisories:
        found.setdefault(advisory.source, []).append(advisory)
    return {name: Source(records=len(one), licence=one[0].licence) for name, one in sorted(found.items())}


def debian(folder: Path) -> Iterator[DistroStatus]:
    """Yield Debian's statuses."""
    for row in load(folder / "debian/bookworm-toolchains.json"):
        yield DistroStatus(DEBIAN[row["release"]], row["source"], row["cve"], row["status"], row["fixed_version"])


def almalinux(folder: Path) -> Iterator[DistroStatus]:
    """Yield AlmaLinux's fixed packages, from its OSV records."""
    for record in load(folder / "rpm/almalinux.json"):
        for affected in record["affected"]:
            distro = affected["package"]["ecosystem"].lower().replace(":", "-")
            fixed = [event["fixed"] for one in affected["ranges"] for event in one["events"] if "fixed" in event]
            for cve in (name for name in record.get("related", ()) if name.startswith("CVE-")):
                yield DistroStatus(distro, affected["package"]["name"], cve, "fixed", fixed[0] if fixed else None)


def azure(folder: Path) -> Iterator[DistroStatus]:
    """Yield Azure Linux's fixed packages."""
    for row in load(folder / "rpm/azurelinux.json"):
        yield DistroStatus(row["release"], row["package"], row["cve"], "fixed", row["fixed"])


def support(folder: Path) -> Iterator[tuple[str, tuple[Cycle, ...]]]:
    """Yield each product's release lines."""
    for path in sorted((folder / "eol").glob("*.json")):
        rows = load(path)["releases"]
        yield path.stem, tuple(
            Cycle(row["releaseCycle"], row.get("releaseDate"), row.get("eol"), row.get("latest")) for row in rows
        )


if __name__ == "__main__":
    sys.exit(main())
