"""The advisory database: the newest snapshot on this machine, indexed."""

import os
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path

from builtby.advisories.products import Products, products
from builtby.advisories.records import Advisory
from builtby.advisories.snapshot import DistroStatus, Snapshot, Unusable, read, unpack
from builtby.model import AdvisoryData

FILE = "advisories.snapshot"


class Store:
    """A snapshot with its indexes. `problem`: why downloaded data was not taken, when it was not."""

    def __init__(self, snapshot: Snapshot, problem: str | None = None) -> None:
        self.snapshot, self.problem = snapshot, problem

    @property
    def info(self) -> AdvisoryData:
        """What this data is."""
        meta = self.snapshot.meta
        return AdvisoryData(meta.kind, meta.dated, len(self.snapshot.advisories))

    @property
    def advisories(self) -> Sequence[Advisory]:
        """Every record, withdrawn ones too."""
        return self.snapshot.advisories

    def of_product(self, product: str) -> Sequence[Advisory]:
        """Return the records of one product."""
        return self._by_product.get(product, ())

    def by_id(self, name: str) -> list[Advisory]:
        """Return the records that go by a name or alias, upper or lower case."""
        return self._by_name.get(name.upper(), [])

    def words_of(self, distro: str, cve: str) -> Sequence[DistroStatus]:
        """Return what a distribution's release (`debian-12`), or all of them (`debian`), say of a CVE in a package."""
        return self._by_distro.get((distro, cve), ())

    @cached_property
    def distros(self) -> frozenset[str]:
        """The releases of distributions of which anything is known."""
        return frozenset(status.distro for status in self.snapshot.distros)

    @cached_property
    def exploited(self) -> frozenset[str]:
        """CVEs known to be exploited."""
        return frozenset(self.snapshot.exploited)

    @cached_property
    def products(self) -> Products:
        """Which products a tool is judged by."""
        return products()

    def knows(self, tool: str) -> bool:
        """Whether there is advisory data for a tool, or it was searched for without an advisory being found."""
        ways = self.products.of(tool)
        return any(self.of_product(way.product) for way in ways) or tool in self.snapshot.none_known

    @cached_property
    def _by_product(self) -> dict[str, list[Advisory]]:
        found: dict[str, list[Advisory]] = {}
        for advisory in self.snapshot.advisories:
            found.setdefault(advisory.product, []).append(advisory)
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Advisory]]:
        found: dict[str, list[Advisory]] = {}
        for advisory in self.snapshot.advisories:
            for name in advisory.names:
                found.setdefault(name.upper(), []).append(advisory)
        return found

    @cached_property
    def _by_distro(self) -> dict[tuple[str, str], list[DistroStatus]]:
        found: dict[tuple[str, str], list[DistroStatus]] = {}
        for status in self.snapshot.distros:
            for name in (status.distro, status.distro.partition("-")[0]):
                found.setdefault((name, status.cve), []).append(status)
        return found


def data_dir() -> Path:
    """Return where downloaded and imported data stands: $BUILTBY_DATA, or this system's folder for users' data."""
    given = os.environ.get("BUILTBY_DATA")
    if given:
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "builtby"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/builtby"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "builtby"


def current() -> Path:
    """Return where the downloaded or imported snapshot stands, or would stand."""
    return data_dir() / FILE


def embedded() -> Snapshot:
    """Return the snapshot that is part of the package."""
    return unpack(resources.files("builtby.advisories").joinpath("data", FILE).read_bytes())


def open_store() -> Store:
    """Open the newest data on this machine: what was downloaded or imported, else what is part of the package."""
    try:
        snapshot = read(current())
    except FileNotFoundError:
        return Store(embedded())
    except (OSError, Unusable, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Store(embedded(), f"{current()} is not used: {reason}. Run `builtby advisories update` again.")
    own = embedded()
    return Store(own if own.meta.dated > snapshot.meta.dated else snapshot)
