"""What a step says when it is done: a few lines of Markdown, and the numbers that later steps may ask for."""

import json
from collections.abc import Iterator
from typing import Any

from builtby.builds.audit.markdown import escaped
from builtby.builds.audit.model import SEVERITIES
from builtby.ci.inputs import BUILDS, Inputs

_ROWS = 50
_LARGEST = 512 << 20


def findings(inputs: Inputs) -> list[dict[str, Any]]:
    """Return the findings of a record, or of an audit the findings and unsafe settings, worst first."""
    document = _document(inputs)
    found = [one for one in document.get("findings", []) if isinstance(one, dict)]
    found += [one for one in document.get("settings", []) if isinstance(one, dict) and not one.get("safe")]
    return sorted(found, key=_rank)


def worse(found: list[dict[str, Any]], limit: str) -> list[dict[str, Any]]:
    """Return those that are at least as severe as the limit, a severity."""
    return [one for one in found if _rank(one) <= SEVERITIES.index(limit)]


def _rank(one: dict[str, Any]) -> int:
    severity = one.get("severity")
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def markdown(inputs: Inputs, code: int) -> str:
    """Return the summary of a step that ended with an exit code."""
    if inputs.mode == "audit":
        file = inputs.folder / "audit.md"
        return file.read_text("utf-8") if file.exists() else f"## builtby audit\n\nIt ended with exit code {code}.\n"
    lines = _build(inputs, code) if inputs.mode in BUILDS else _scan(inputs, code)
    return "\n".join(lines) + "\n"


def _build(inputs: Inputs, code: int) -> Iterator[str]:
    record = _document(inputs)
    yield f"## builtby {inputs.mode}: the build ended with exit code {code}"
    yield ""
    if not record:
        yield "There is no record: the build was not run, or the record could not be written."
        return
    numbers = {name: len(record.get(name) or ()) for name in ("processes", "files", "network")}
    yield (f"{numbers['processes']:,} programs, {numbers['files']:,} uses of files, {numbers['network']:,} endpoints, "
           f"{float(record.get('seconds') or 0):,.0f} s, back end {escaped(str(record.get('backend')))}.")
    yield ""
    for reason in (record.get("unobserved") or [])[:_ROWS]:
        yield f"- not observed: {escaped(str(reason))}"
    yield ""
    yield from _table(findings(inputs))
    hosts = sorted({str(one.get("host") or one.get("address")) for one in record.get("network") or []})
    if hosts:
        yield f"<details><summary>{len(hosts):,} hosts</summary>"
        yield ""
        yield from (f"- {escaped(host)}" for host in hosts[:_ROWS])
        yield ""
        yield "</details>"


def _table(found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield "No findings."
        yield ""
        return
    yield "| severity | rule | what | of whom |"
    yield "|---|---|---|---|"
    for one in found[:_ROWS]:
        yield (f"| {escaped(str(one.get('severity')))} | {escaped(str(one.get('rule')))} | "
               f"{escaped(str(one.get('message') or ''))} | {escaped(str(one.get('owner') or ''))} |")
    if len(found) > _ROWS:
        yield f"| | | and {len(found) - _ROWS:,} more | |"
    yield ""


def _scan(inputs: Inputs, code: int) -> Iterator[str]:
    document = _document(inputs)
    yield f"## builtby scan: exit code {code}"
    yield ""
    tools: dict[str, int] = {}
    for artifact in document.get("artifacts") or []:
        for built in (artifact.get("built_by") or [])[:1]:
            name = f"{built.get('tool')} {built.get('version') or ''}".strip()
            tools[name] = tools.get(name, 0) + 1
    yield "| built by | artifacts |"
    yield "|---|---:|"
    for name, count in sorted(tools.items(), key=lambda item: (-item[1], item[0]))[:_ROWS]:
        yield f"| {escaped(name)} | {count:,} |"
    yield ""
    yield f"{len(document.get('exposures') or []):,} exposures."


def _document(inputs: Inputs) -> dict[str, Any]:
    """Return what the command wrote as JSON; nothing when it wrote none."""
    file = inputs.record / "record.json" if inputs.mode in BUILDS else inputs.folder / f"{inputs.mode}.json"
    try:
        if file.stat().st_size > _LARGEST:
            return {}
        document = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
