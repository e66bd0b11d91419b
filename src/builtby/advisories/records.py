"""Advisories as builtby keeps them: OSV's facts in a compact shape, one record for each OSV record.

Source: the OSV schema, 1.7. Prose is not kept; the links lead to it.
"""

from typing import Any

import msgspec

from builtby.advisories.scoring import Score, score_of
from builtby.model import ExposureClass

Json = Any
"""What a feed says, of any shape: each part is looked at before it is used."""
MOST_TEXT = 256
MOST_ITEMS = 20_000
MOST_LINKS = 3
_LINKS = {"ADVISORY": 0, "WEB": 1, "FIX": 2, "REPORT": 3}


class BadRecord(ValueError):  # noqa: N818  # a statement about the data
    """An OSV record that cannot be one; the message says what is wrong with it."""


class Interval(msgspec.Struct, frozen=True, array_like=True):
    """Affected versions: from `introduced` (`0` is the beginning) to before `fixed`, or up to `last`."""

    introduced: str
    fixed: str | None = None
    last: str | None = None


class Import(msgspec.Struct, frozen=True, array_like=True):
    """A package of a library, and its functions that are vulnerable; none named means all of it."""

    path: str
    symbols: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    """Only in programs for one of these, in Go's words (GOOS); none named means any."""
    machines: tuple[str, ...] = ()
    """Only in programs for one of these, in Go's words (GOARCH); none named means any."""


class Affected(msgspec.Struct, frozen=True, array_like=True):
    """What an advisory affects. `commits`: the ranges are of commits, which no version tells."""

    ecosystem: str
    package: str
    intervals: tuple[Interval, ...] = ()
    versions: tuple[str, ...] = ()
    commits: bool = False
    components: tuple[str, ...] = ()
    """Programs and libraries of the product, such as `ld`; none named means all."""
    imports: tuple[Import, ...] = ()
    target: str | None = None
    """The only machine that code must be for."""
    flags: tuple[str, ...] = ()
    """Only when built with one of these options; `*` stands for anything."""
    platforms: tuple[str, ...] = ()
    numbering: str | None = None
    basis: str | None = None
    """Where the range comes from, when it is weaker than it looks."""


    @property
    def conditional(self) -> bool:
        """Whether more than the version decides."""
        return bool(self.target or self.flags or self.platforms or self.basis
                    or any(not item.path for item in self.imports))


class Advisory(msgspec.Struct, frozen=True, array_like=True):
    """One record."""

    id: str
    aliases: tuple[str, ...]
    product: str
    scheme: str
    class_: ExposureClass
    basis: str | None
    """The rule or reason that decided the class."""
    published: str | None
    modified: str | None
    score: float | None
    rating: str
    cvss: str | None
    disputed: bool
    withdrawn: bool
    source: str
    licence: str
    links: tuple[str, ...]
    cwes: tuple[str, ...]
    affected: tuple[Affected, ...]

    @property
    def name(self) -> str:
        """The name that people use: the CVE where there is one."""
        if self.id.startswith("CVE-"):
            return self.id
        return next((name for name in self.aliases if name.startswith("CVE-")), self.id)

    @property
    def names(self) -> frozenset[str]:
        """All names of it."""
        return frozenset((self.id, *self.aliases))


class Defaults(msgspec.Struct, frozen=True):
    """What is taken where a record of a public feed does not say it, as ours do."""

    product: str
    scheme: str = "as upstream"
    class_: ExposureClass = ExposureClass.UNKNOWN
    source: str = "OSV"
    licence: str = ""


def from_osv(raw: dict[str, Any], defaults: Defaults | None = None) -> Advisory:
    """Return the compact form of an OSV record. Raises BadRecord for one that has the wrong shape.

    `defaults`: for records that are not from the project's own data, which name product, scheme and class themselves.
    """
    try:
        return _advisory(raw, defaults)
    except (AttributeError, KeyError, TypeError, IndexError, ValueError) as error:
        name = raw.get("id") if isinstance(raw, dict) else None
        raise BadRecord(f"{_text(name) if isinstance(name, str) else 'a record without id'}: {error}") from error


def _advisory(raw: dict[str, Any], defaults: Defaults | None) -> Advisory:
    general = raw.get("database_specific") or {}
    ours = general.get("builtby") or {}
    product = ours.get("product") or (defaults and defaults.product)
    if not product:
        raise ValueError("names no product")
    class_ = ours.get("exposure") or (defaults.class_ if defaults else ExposureClass.UNKNOWN)
    score = score_of(raw.get("severity") or [], ours)
    return Advisory(
        id=_text(raw["id"]), aliases=_texts(raw.get("aliases")), product=_text(product),
        scheme=_text(ours.get("scheme") or (defaults.scheme if defaults else "as upstream")),
        class_=ExposureClass(class_), basis=_maybe(ours.get("exposure_basis")),
        published=_day(raw.get("published")), modified=_day(raw.get("modified")),
        score=score.value, rating=score.rating, cvss=score.vector,
        disputed=ours.get("disputed") is True, withdrawn=bool(raw.get("withdrawn")),
        source=_text(ours.get("source") or (defaults.source if defaults else "")),
        licence=_text(ours.get("licence") or (defaults.licence if defaults else "")),
        links=_links(raw.get("references")), cwes=_texts(general.get("cwe_ids")),
        affected=tuple(_affected(item, ours) for item in _items(raw.get("affected"))),
    )


def _affected(raw: dict[str, Any], ours: dict[str, Any]) -> Affected:
    package, specific = raw.get("package") or {}, raw.get("ecosystem_specific") or {}
    ranges = _items(raw.get("ranges"))
    versioned = [item for item in ranges if item["type"] != "GIT"]
    basis = specific.get("range_basis") if ours.get("quality") else None
    return Affected(
        ecosystem=_text(package.get("ecosystem") or ""), package=_text(package.get("name") or ""),
        intervals=tuple(part for item in versioned for part in _intervals(item["events"])),
        versions=_texts(raw.get("versions")), commits=bool(ranges) and not versioned,
        components=_texts(specific.get("components")),
        imports=tuple(_imports(specific)),
        target=_maybe(specific.get("target")), flags=_texts(specific.get("requires_flags")),
        platforms=_texts(specific.get("platforms")), numbering=_maybe(specific.get("numbering")), basis=_maybe(basis),
    )


def _imports(specific: dict[str, Any]) -> list[Import]:
    """Return Go's packages with their symbols, or the functions that RustSec names."""
    named = [one for one in _items(specific.get("imports")) if isinstance(one, dict) and "path" in one]
    functions = (specific.get("affected") or {}).get("functions") or {}
    return [
        *(Import(_text(one["path"]), _texts(one.get("symbols")), _texts(one.get("goos")), _texts(one.get("goarch")))
          for one in named),
        *([Import("", tuple(map(_text, functions)))] if functions else []),
    ]


def _intervals(events: list[dict[str, str]]) -> list[Interval]:
    """Pair the events of one range; a beginning that nothing ends goes on for ever."""
    found: list[Interval] = []
    begun: str | None = None
    for event in _items(events):
        ((kind, value),) = list(event.items())[:1]
        value = _version(value)
        if kind == "introduced":
            if begun is not None:
                found.append(Interval(begun))
            begun = value
        elif kind == "fixed":
            found.append(Interval(begun or "0", fixed=value))
            begun = None
        elif kind == "last_affected":
            found.append(Interval(begun or "0", last=value))
            begun = None
    return [*found, Interval(begun)] if begun is not None else found


def _items(value: Json) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    if len(value) > MOST_ITEMS:
        raise ValueError(f"a list of more than {MOST_ITEMS} items")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return "".join(c for c in value[:MOST_TEXT] if c.isprintable())


def _version(value: Json) -> str:
    """Return a version as it is: one that is cut short is another one."""
    text = _text(value)
    if not text or text != value:
        raise ValueError(f"no version: {text[:40]!r}")
    return text


def _maybe(value: Json) -> str | None:
    return _text(value) if value else None


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(_text(item) for item in _items(value))


def _day(value: Json) -> str | None:
    """Return the day of a time, as `2023-06-08`."""
    if not value:
        return None
    day = _text(value)[:10]
    if len(day) != 10 or not (day[:4].isdigit() and day[5:7].isdigit() and day[8:].isdigit()):
        raise ValueError(f"no date: {day!r}")
    return day


def _links(value: Json) -> tuple[str, ...]:
    links = [item for item in _items(value) if _text(item.get("url", "")).startswith(("https://", "http://"))]
    ranked = sorted(links, key=lambda item: _LINKS.get(item.get("type", ""), 9))
    return tuple(_text(item["url"]) for item in ranked[:MOST_LINKS])


__all__ = ["Advisory", "Affected", "BadRecord", "Defaults", "Import", "Interval", "Score", "from_osv"]
