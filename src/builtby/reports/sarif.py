"""`sarif`: SARIF 2.1.0, one rule an advisory, one result for each artifact or installed tool that it concerns.

GitHub code scanning takes 25,000 results and rules a run: beyond that the worst are kept, and a notification says so.
What is not exposed is left out: code scanning would show it as an alert. What somebody has accepted is suppressed.
"""

import heapq
from collections.abc import Iterator
from itertools import count
from typing import IO, Any, NamedTuple
from urllib.parse import quote

from builtby import __version__
from builtby.advisories import words
from builtby.advisories.rank import Rank, rank
from builtby.model import Artifact, Exposure, ExposureStatus, Present, Target
from builtby.reports import names
from builtby.reports.base import Report, ReportOptions
from builtby.reports.exposed import Found, found, is_vulnerability, link
from builtby.reports.results import Results
from builtby.reports.stream import JsonWriter, iso_time

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
HOME = "https://builtby.dev"
MOST_RESULTS = 25_000
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "none": "note", "unknown": "note"}
_MOST_TAGS = 20
_INSIDE = "!/"


class Hit(NamedTuple):
    """What a result is made of; ordered by what is to be done first, then by where it is."""

    accepted: bool
    rank: Rank
    target: int
    path: str
    layer: str
    sha256: str
    installed: bool
    package: str
    exposure: Exposure


def write(results: Results, stream: IO[bytes], options: ReportOptions, most: int = MOST_RESULTS) -> None:
    """Write at most `most` results, the worst ones."""
    number = count()
    hits = heapq.nsmallest(most, (_hit(one) for one, _ in zip(_told(results), number, strict=False)),
                           key=lambda hit: hit[:-1])
    total = next(number)
    rules: dict[str, list[Hit]] = {}
    for hit in hits:
        rules.setdefault(hit.exposure.id, []).append(hit)
    out = JsonWriter(stream)
    out.member("$schema", SCHEMA)
    out.member("version", "2.1.0")
    out.array("runs", [None], lambda _: _run(results, stream, options, hits, rules, total))
    out.end()
    stream.write(b"\n")


def _told(results: Results) -> Iterator[Found]:
    return (one for one in found(results, none_too=True)
            if one.exposure.status in (ExposureStatus.AFFECTED, ExposureStatus.UNVERIFIED, ExposureStatus.IGNORED))


def _hit(one: Found) -> Hit:
    record, exposure = one
    digest = record.sha256 if isinstance(record, Artifact) else ""
    return Hit(exposure.status is ExposureStatus.IGNORED, rank(exposure), record.target, record.path,
               record.layer or "", digest, isinstance(record, Present), record.package or "", exposure)


def _run(results: Results, stream: IO[bytes], options: ReportOptions, hits: list[Hit], rules: dict[str, list[Hit]],
         total: int) -> None:
    places = {name: place for place, name in enumerate(rules)}
    run = JsonWriter(stream)
    tool = run.open("tool")
    driver = tool.open("driver")
    for name, value in (("name", "builtby"), ("semanticVersion", __version__), ("informationUri", HOME)):
        driver.member(name, value)
    driver.array("rules", (_rule(held) for held in rules.values()))
    driver.end()
    tool.end()
    run.member("automationDetails", {"id": "builtby/exposures/"})
    run.member("columnKind", "unicodeCodePoints")
    run.member("originalUriBaseIds", {_base(number): {"description": {"text": f"{target.kind} {target.ref}"}}
                                      for number, target in enumerate(results.targets)})
    run.member("invocations", [_invocation(results, options, len(hits), total)])
    suppressing = any(hit.accepted for hit in hits)  # where one says it, SARIF wants to hear it of all
    run.array("results", (_result(results.targets, hit, places[hit.exposure.id])
                          | ({"suppressions": _suppressions(hit)} if suppressing else {}) for hit in hits))
    run.end()


def _rule(hits: list[Hit]) -> dict[str, Any]:
    """Return the rule of an advisory; the gravest of its exposures speaks for it."""
    exposure = hits[0].exposure
    todo = "\n".join(dict.fromkeys(words.action_sentence(hit.exposure) for hit in hits[:100]))
    classes = dict.fromkeys(hit.exposure.class_ for hit in hits)
    meaning = "\n".join(f"{kind.value}: {words.CLASSES[kind]}." for kind in classes)
    named = f", also {', '.join(exposure.aliases)}" if exposure.aliases else ""
    title = f"{exposure.tool}: {exposure.id}" if is_vulnerability(exposure) else f"{exposure.tool} has no support"
    properties: dict[str, Any] = {"tags": _tags(exposure, [kind.value for kind in classes]), "precision": _sure(hits)}
    if exposure.severity is not None:
        properties["security-severity"] = f"{exposure.severity:.1f}"
    return {
        "id": exposure.id, "name": "".join(part.capitalize() for part in exposure.class_.value.split("-")),
        "shortDescription": {"text": f"{title} ({words.severity_words(exposure)})"},
        "fullDescription": {"text": f"{words.severity_words(exposure)}{named}. {meaning}"},
        "help": {"text": f"What to do: {todo}\nWhat it means: {meaning}\nSee {link(exposure)}",
                 "markdown": f"**What to do.** {todo}\n\n**What it means.** {meaning}\n\n<{link(exposure)}>"},
        "helpUri": link(exposure), "defaultConfiguration": {"level": level(exposure)}, "properties": properties,
    }


def _tags(exposure: Exposure, classes: list[str]) -> list[str]:
    exploited = ["known-exploited"] if exposure.kev else []
    return ["security", "supply-chain", *exploited, *classes][:_MOST_TAGS]


def _sure(hits: list[Hit]) -> str:
    return "medium" if all(hit.exposure.status is ExposureStatus.UNVERIFIED for hit in hits) else "high"


def level(exposure: Exposure) -> str:
    """Return SARIF's level: by rating, but what is known to be exploited is an error whatever its rating."""
    if not is_vulnerability(exposure):
        return "warning"
    return "error" if exposure.kev else _LEVELS.get(exposure.rating, "note")


def _result(targets: tuple[Target, ...], hit: Hit, place: int) -> dict[str, Any]:
    exposure, where = hit.exposure, names.place(targets, hit.target, hit.path)
    relation = "present" if hit.installed else "built-by"
    fingerprint = names.short(exposure.id, exposure.tool, relation, hit.path, hit.target if len(targets) > 1 else "")
    properties = {
        "class": exposure.class_.value, "action": exposure.action.value, "status": exposure.status.value,
        "tool": exposure.tool, "toolVersion": exposure.version, "relation": relation, "kev": exposure.kev,
        "fixedIn": list(exposure.fixed_in), "rule": exposure.rule, "reason": exposure.reason, "cvss": exposure.cvss,
        "target": targets[hit.target].ref, "layer": hit.layer or None, "sha256": hit.sha256 or None,
        "package": hit.package or None,
    }
    return {
        "ruleId": exposure.id, "ruleIndex": place, "level": level(exposure),
        "message": {"text": words.message(exposure, installed=hit.installed)},
        "locations": [_location(hit, where)],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:1", "builtbyExposure/v1": fingerprint},
        "properties": {name: value for name, value in properties.items() if value is not None},
    }


def _suppressions(hit: Hit) -> list[dict[str, str]]:
    reason = hit.exposure.reason or ""
    return [{"kind": "external", "status": "accepted", "justification": reason}] if hit.accepted else []


def _location(hit: Hit, where: str) -> dict[str, Any]:
    """Return where it is: the file on disk, and within an archive the member by its own name."""
    outer, inside, member = hit.path.partition(_INSIDE)
    uri = quote((outer or where).lstrip("/"), safe="/!$&'()*+,;=@~") or "artifact"
    location: dict[str, Any] = {"physicalLocation": {
        "artifactLocation": {"uri": uri, "uriBaseId": _base(hit.target)}, "region": {"startLine": 1, "startColumn": 1}}}
    if inside:
        location["logicalLocations"] = [{"name": member.rpartition("/")[2], "fullyQualifiedName": where,
                                         "kind": "member"}]
    return location


def _base(target: int) -> str:
    return f"TARGET{target}"


def _invocation(results: Results, options: ReportOptions, shown: int, total: int) -> dict[str, Any]:
    notes = [_note("error", f"{total - shown:,} of {total:,} results were left out, the least pressing: code scanning "
                   f"takes {shown:,}.")] if total > shown else []
    if results.advisories is not None:
        data = results.advisories
        notes.append(_note("note", f"Advisory data: {data.kind}, {data.records} records, of {data.dated}."))
        if data.no_data:
            notes.append(_note("warning", "No advisory data, which does not mean that they are safe: "
                               + ", ".join(data.no_data)))
    skipped = sum(not item.expected for item in results.skipped)
    if skipped:
        notes.append(_note("warning", f"{skipped:,} files were not, or not wholly, looked at."))
    invocation: dict[str, Any] = {"executionSuccessful": True, "toolExecutionNotifications": notes}
    if options.timestamp is not None:
        invocation["endTimeUtc"] = iso_time(options.timestamp)
    return invocation


def _note(kind: str, text: str) -> dict[str, Any]:
    return {"level": kind, "message": {"text": text}}


REPORT = Report("sarif", "SARIF 2.1.0 for code scanning: one result for each exposure", write)
