"""The `vulnerabilities` of a CycloneDX document: each affects what the hole is in, be it shipped or only a builder.

A hole in a tool that ran at build time affects the tool in the formulation, never the artifact.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import msgspec
from msgspec.structs import replace

from builtby.advisories import words
from builtby.advisories.rank import RATINGS
from builtby.model import Action, Artifact, Exposure, ExposureClass, ExposureStatus, Present, Role
from builtby.reports import names
from builtby.reports.exposed import BUILDER_ONLY, Found, advisory_link, concerned, found, is_vulnerability, link
from builtby.reports.libraries import libraries, of_tool
from builtby.reports.results import Results
from builtby.reports.spool import Spool
from builtby.reports.stream import JsonWriter

_METHODS = (("CVSS:4", "CVSSv4"), ("CVSS:3.1", "CVSSv31"), ("CVSS:3", "CVSSv3"), ("", "CVSSv2"))
_STATES = {
    ExposureStatus.AFFECTED: "exploitable", ExposureStatus.IGNORED: "exploitable",
    ExposureStatus.UNVERIFIED: "in_triage",
    ExposureStatus.FIXED_BY_VENDOR: "resolved", ExposureStatus.NOT_LINKED: "not_affected",
    ExposureStatus.NOT_AFFECTED: "not_affected",
}
_GRAVITY = ("not_affected", "resolved", "in_triage", "exploitable")
_JUSTIFICATIONS = {
    ExposureStatus.NOT_LINKED: "code_not_present", ExposureStatus.NOT_AFFECTED: "requires_environment",
}
_MOST_VECTOR = 300
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


_OUTSIDE = "the hole is in the tool itself, which ran where this was built and is not inside"


class _Key(NamedTuple):
    """What is one entry. Of one advisory the gravest comes last: trivy goes by the last that it reads.

    What is only of tools in the formulation, which no scanner looks at, comes first.
    """

    id: str
    gravity: int
    tool: str
    version: str
    class_: str
    status: str
    action: str


class _Row(msgspec.Struct, frozen=True):
    entry: int
    ref: str


Entry = tuple[int, Iterator[_Row]]


class Vulnerabilities:
    """The entries, with what each affects kept outside memory. True when there are any."""

    def __init__(self, results: Results, linked: Callable[[str], str] = str) -> None:
        """`linked` makes of a component's name what the entries are to say."""
        self._results = results
        self._rows = Spool(_Row, lambda row: (row.entry, row.ref))
        held: dict[_Key, Exposure] = {}
        for one in self._found():
            held.setdefault(_key(one.exposure), one.exposure)
        self._entries = sorted(held.items())
        places = {key: place for place, (key, _) in enumerate(self._entries)}
        for one in self._found():
            for ref in self._refs(one):
                self._rows.add(_Row(places[_key(one.exposure)], linked(ref)))

    def _found(self) -> Iterator[Found]:
        for one in found(self._results, none_too=True):
            if is_vulnerability(one.exposure):
                yield one
                yield from _library_is_whole(one)

    def _refs(self, one: Found) -> Iterable[str]:
        record, exposure = one
        if isinstance(record, Present):
            return (names.present_ref(self._results.targets, record),)
        found_in = concerned(record, exposure)
        tools = {names.tool_key(made).ref for made in found_in if made.role is not Role.RUNTIME}
        left = {names.tool_key(made).ref for made in found_in if made.role is Role.RUNTIME}
        left |= {library.ref for made in found_in if (library := of_tool(record, made))}
        if exposure.reason == _OUTSIDE:
            return left
        return tools if exposure.class_ in BUILDER_ONLY and tools else {names.artifact_ref(record), *left}

    def __bool__(self) -> bool:
        return bool(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return groupby(self._rows, key=lambda row: row.entry)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._rows.close()

    def writer(self, stream: IO[bytes]) -> Callable[[Entry], None]:
        """Return what writes one entry."""
        def write(entry: Entry) -> None:
            key, exposure = self._entries[entry[0]]
            out = JsonWriter(stream)
            for name, value in _fields(key, exposure).items():
                out.member(name, value)
            out.array("affects", ({"ref": row.ref} for row in entry[1]))
            out.end()
        return write


def _library_is_whole(one: Found) -> Iterator[Found]:
    """Yield, for a hole of a builder, that the library which it left inside does not have it."""
    record, exposure = one
    if isinstance(record, Artifact) and exposure.class_ in BUILDER_ONLY and exposure.tool in {
        library.tool for library in libraries(record)
    }:
        yield Found(record, replace(exposure, status=ExposureStatus.NOT_LINKED, action=Action.NONE, reason=_OUTSIDE))


def _state(exposure: Exposure) -> str:
    undecided = exposure.class_ is ExposureClass.UNKNOWN and exposure.status is ExposureStatus.AFFECTED
    return "in_triage" if undecided else _STATES[exposure.status]


def _key(exposure: Exposure) -> _Key:
    gravity = 0 if _of_builder(exposure) else 1 + _GRAVITY.index(_state(exposure))
    return _Key(exposure.id, gravity, exposure.tool, exposure.version or "",
                exposure.class_.value, exposure.status.value, exposure.action.value)


def _of_builder(exposure: Exposure) -> bool:
    return exposure.class_ in BUILDER_ONLY and exposure.reason != _OUTSIDE


def _fields(key: _Key, exposure: Exposure) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "bom-ref": f"vulnerability:{exposure.id}:{names.short(*key)}", "id": exposure.id,
        "source": {"url": link(exposure)},
    }
    if exposure.aliases:
        fields["references"] = [{"id": alias, "source": {"url": advisory_link(alias)}}
                                for alias in sorted(set(exposure.aliases))]
    fields["ratings"] = [_rating(exposure)]
    fields["recommendation"] = words.action_sentence(exposure)
    if exposure.published and _DAY.fullmatch(exposure.published):
        fields["published"] = f"{exposure.published}T00:00:00Z"
    fields["analysis"] = _analysis(exposure)
    fields["properties"] = [{"name": f"builtby:{name}", "value": value} for name, value in (
        ("tool", words.named(exposure)), ("class", exposure.class_.value), ("action", exposure.action.value),
        ("status", exposure.status.value), ("kev", "yes" if exposure.kev else "no"),
        *(("fixed-in", version) for version in exposure.fixed_in), ("product", exposure.product),
        ("rule", exposure.rule), ("reason", exposure.reason or ""),
    ) if value]
    return fields


def _rating(exposure: Exposure) -> dict[str, Any]:
    rating: dict[str, Any] = {"severity": exposure.rating if exposure.rating in RATINGS else "unknown"}
    if exposure.severity is not None:
        rating["score"] = exposure.severity
    if exposure.cvss and len(exposure.cvss) <= _MOST_VECTOR:
        method = next(name for start, name in _METHODS if exposure.cvss.startswith(start))
        return rating | {"method": method, "vector": exposure.cvss}
    return rating | {"method": "other"}


def _analysis(exposure: Exposure) -> dict[str, Any]:
    state = _state(exposure)
    analysis: dict[str, Any] = {"state": state}
    if exposure.status in _JUSTIFICATIONS:
        analysis["justification"] = _JUSTIFICATIONS[exposure.status]
    if exposure.status is ExposureStatus.IGNORED:
        analysis["response"] = ["will_not_fix"]
    elif state in ("exploitable", "in_triage") and exposure.fixed_in:
        analysis["response"] = ["update"]
    affected = exposure.status is ExposureStatus.AFFECTED
    about = words.class_words(exposure) if affected else words.status_words(exposure.status)
    return analysis | {"detail": f"{about}{f'; {exposure.reason}' if exposure.reason else ''}"}
