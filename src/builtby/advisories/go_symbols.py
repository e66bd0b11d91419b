"""Makes `go-symbols.json`: the packages and functions that Go's advisories name, which scans look for in programs.

Run as `python -m builtby.advisories.go_symbols go-stdlib.json go-toolchain.json`, with arrays of OSV records.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from builtby.advisories.records import Advisory, from_osv

SOURCE = "golang/vulndb (CC-BY-4.0): affected[].ecosystem_specific.imports[] of the modules stdlib and toolchain"


def symbols_of(advisories: Iterable[Advisory]) -> dict[str, list[str]]:
    """Return the named functions by package; a package of which all is affected has none."""
    found: dict[str, set[str]] = {}
    for advisory in advisories:
        for affected in advisory.affected:
            for item in affected.imports:
                found.setdefault(item.path, set()).update(item.symbols)
    return {path: sorted(symbols) for path, symbols in sorted(found.items())}


def main(paths: list[str]) -> None:
    """Write the list to the package's own file."""
    records = [record for path in paths for record in msgspec.json.decode(Path(path).read_bytes())]
    table = {"source": SOURCE, "packages": symbols_of(from_osv(record) for record in records)}
    text = msgspec.json.format(msgspec.json.encode(table), indent=1) + b"\n"
    Path(__file__).with_name("go-symbols.json").write_bytes(text)


if __name__ == "__main__":
    main(sys.argv[1:])
