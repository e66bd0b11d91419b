"""Which feeds of advisory data there are, and what is taken of each: `feeds.toml`, read."""

import hashlib
import os
from functools import cache
from importlib import resources
from typing import Literal
from urllib.parse import quote

import msgspec

from builtby.model import ExposureClass

MIRROR = "BUILTBY_ADVISORIES_URL"
"""The environment variable that puts another address in the place of the feeds' own."""


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One source of data. `kind`: `osv` (a zip of records), `cycles` (support dates), `exploited` or `debian`."""

    name: str
    kind: Literal["osv", "cycles", "exploited", "debian"]
    title: str
    base: str
    path: str = ""
    ecosystem: str = ""
    match: str = ""
    """The first part of an ecosystem's name, which the bulk's own list then completes."""
    licence: str = ""
    scheme: str = "as upstream"
    schemes: dict[str, str] = {}
    numbering: dict[str, str] = {}
    packages: dict[str, str] = {}
    """OSV's name of a package, and our product."""
    wanted: tuple[str, ...] = ()
    releases: dict[str, str] = {}

    @property
    def fingerprint(self) -> str:
        """A word that changes when something else is taken of the feed: an unchanged file is then read again."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:12]


class ImportClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class that the affected packages of a library decide."""

    product: str
    imports: tuple[str, ...]
    class_: ExposureClass = msgspec.field(name="class")


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wrote records whose ids begin so."""

    begins: str
    source: str
    licence: str


class Skip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records that are passed over, by the beginnings of their ids."""

    begins: tuple[str, ...] = ()


class Feeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    bases: dict[str, str]
    feed: tuple[Feed, ...]
    classes: dict[ExposureClass, tuple[str, ...]] = {}
    import_class: tuple[ImportClass, ...] = ()
    origin: tuple[Origin, ...] = ()
    skip: Skip = Skip()

    def named(self, name: str) -> Feed | None:
        """Return the feed of that name."""
        return next((feed for feed in self.feed if feed.name == name), None)

    def class_of(self, product: str) -> ExposureClass:
        """Return what an advisory of a product means where nothing else decides."""
        return next((class_ for class_, names in self.classes.items() if product in names), ExposureClass.UNKNOWN)

    def origin_of(self, name: str) -> Origin:
        """Return who wrote a record, by its id."""
        return next((one for one in self.origin if name.startswith(one.begins)), Origin("", "OSV", ""))


class Addresses:
    """Where feeds are: their own places, or under a mirror, as MIRROR/BASE/PATH."""

    def __init__(self, bases: dict[str, str], mirror: str | None = None) -> None:
        given = mirror or os.environ.get(MIRROR)
        self._bases = {name: f"{given.rstrip('/')}/{name}" if given else url for name, url in bases.items()}

    def of(self, feed: Feed, ecosystem: str = "") -> str:
        """Return a feed's address; `ecosystem`: the whole name of the ecosystem, where only its first part is known."""
        path = feed.path or f"{quote(ecosystem or feed.ecosystem)}/all.zip"
        return f"{self._bases[feed.base]}/{path}"

    def listing(self, feed: Feed) -> str:
        """Return the address of the list of ecosystems."""
        return f"{self._bases[feed.base]}/ecosystems.txt"


def completed(match: str, listing: str) -> str | None:
    """Return the one name of a list of ecosystems that begins with `match` and a dot, or is `match`."""
    names = [name for name in map(str.strip, listing.splitlines()) if name == match or name.startswith(f"{match}.")]
    return names[0] if len(names) == 1 else None


@cache
def feeds() -> Feeds:
    """Return the built-in table."""
    text = resources.files("builtby.advisories").joinpath("feeds.toml").read_bytes()
    return msgspec.toml.decode(text, type=Feeds)
