"""An audit in Markdown, for the summary of a pipeline's job or a comment. Names of others cannot format anything."""

import re
from collections.abc import Iterator

from builtby.builds.audit.engine import strongest
from builtby.builds.audit.model import Audit, Certainty, Dependency, Finding, Setting
from builtby.reports.terminal_style import clean

_ROWS = 50
_LONGEST = 300
_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+|~!&@]|:(?=//))")


def document(audit: Audit) -> bytes:
    """Return the whole document: counts, what should not be, what is allowed, who runs code."""
    return ("\n".join(_lines(audit)) + "\n").encode("utf-8", "backslashreplace")


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, in one line."""
    return _MARKS.sub(r"\\\1", clean(text)[:_LONGEST])


def _lines(audit: Audit) -> Iterator[str]:
    yield "## Who gets to run code in this build"
    yield ""
    yield from _counts(audit)
    unsafe = [one for one in audit.settings if not one.safe]
    yield from _told([*audit.findings, *unsafe])
    running = [one for one in audit.dependencies if not one.project and strongest(one) is Certainty.CERTAIN]
    yield from _running(running, audit)
    if audit.skipped:
        yield f"**{len(audit.skipped):,} files could not be read:**"
        yield ""
        yield from (f"- {escaped(one.path)}: {escaped(one.reason)}" for one in audit.skipped[:_ROWS])
        yield ""


def _counts(audit: Audit) -> Iterator[str]:
    if not audit.counts:
        yield "No package of any known ecosystem was found."
        yield ""
        return
    yield "| ecosystem | packages | run code | may | seem to | unknown | prevented |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, count in sorted(audit.counts.items()):
        yield (f"| {escaped(name)} | {count.dependencies:,} | {count.certain:,} | {count.possible:,} | "
               f"{count.inferred:,} | {count.unknown:,} | {count.prevented:,} |")
    yield ""


def _told(hits: list[Finding | Setting]) -> Iterator[str]:
    if not hits:
        yield "Nothing to report."
        yield ""
        return
    yield "| severity | what | where | safer |"
    yield "|---|---|---|---|"
    for hit in hits[:_ROWS]:
        where = escaped(hit.path) + (f":{hit.line}" if hit.line else "")
        what = escaped(hit.title) + (f"<br>{escaped(hit.message)}" if isinstance(hit, Finding) else "")
        safer = hit.remedy if isinstance(hit, Finding) else hit.safer
        yield f"| {hit.severity} | {what} | {where} | {escaped(safer)} |"
    if len(hits) > _ROWS:
        yield f"| | and {len(hits) - _ROWS:,} more | | |"
    yield ""


def _running(running: list[Dependency], audit: Audit) -> Iterator[str]:
    if not running:
        return
    yield f"<details><summary>{len(running):,} packages run code</summary>"
    yield ""
    yield "| package | how | when | safer |"
    yield "|---|---|---|---|"
    for one in running[:_ROWS]:
        hook = next(hook for hook in one.hooks if hook.certainty is Certainty.CERTAIN)
        yield (f"| {escaped(one.name)} {escaped(one.version or '')} | {escaped(hook.how)} | {hook.when.value} | "
               f"{escaped(audit.kinds[hook.kind].safer)} |")
    if len(running) > _ROWS:
        yield f"| and {len(running) - _ROWS:,} more | | | |"
    yield ""
    yield "</details>"
    yield ""
