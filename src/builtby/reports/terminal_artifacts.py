"""The terminal's list of artifacts: what made each, and on request every mark with its bytes and offset."""

import re
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from builtby.model import Artifact, BuiltBy, Claim, Mark
from builtby.reports import terminal_exposures
from builtby.reports.results import Results
from builtby.reports.terminal_style import CLAIMS, ROLES, clean, human_size

_BYTES_A_LINE = 16
_MOST_BYTES = 128
_BATCH = 500
_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def show(console: Console, results: Results, *, explain: bool) -> None:
    """Print every artifact, in order, many at a time: a print costs more than its lines."""
    lines: list[Text] = []
    width = console.width
    for line in _lines(results, explain=explain):
        line.truncate(width, overflow="ellipsis")
        lines.append(line)
        if len(lines) >= _BATCH:
            _print(console, lines)
            lines = []
    _print(console, lines)


def _print(console: Console, lines: list[Text]) -> None:
    if lines:
        console.print(Text("\n").join(lines), no_wrap=True, overflow="ignore", crop=False)


def _lines(results: Results, *, explain: bool) -> Iterator[Text]:
    target = -1
    for artifact in results.artifacts:
        ref = clean(results.targets[artifact.target].ref)
        if artifact.target != target and len(results.targets) > 1:
            target = artifact.target
            yield Text()
            yield Text(ref, "bold cyan underline")
        yield from _artifact(artifact, ref, explain=explain)


def _artifact(artifact: Artifact, ref: str, *, explain: bool) -> Iterator[Text]:
    yield Text()
    line = Text.assemble((clean(artifact.path) or ref, "bold"), (f"  {clean(artifact.format)}", "dim"),
                         (f"  {human_size(artifact.size)}", "dim"))
    for extra in (artifact.package, artifact.layer and artifact.layer[:19]):
        if extra:
            line.append(f"  {clean(extra)}", "dim")
    yield line
    if all(made.claim is Claim.INFERRED for made in artifact.built_by):
        yield Text("  not marked", "dim italic")
    for made in artifact.built_by:
        yield _tool(made, with_mark=not explain)
        if explain:
            for mark in made.marks:
                yield from _mark(mark)
    yield from terminal_exposures.of_artifact(artifact, explain=explain)


def _tool(made: BuiltBy, *, with_mark: bool) -> Text:
    line = Text("  ")
    line.append(f"{made.role.value:<14}", ROLES[made.role]).append(clean(made.tool), "bold").append(" ")
    line.append(clean(made.version or made.version_range or "unknown version"), "cyan" if made.version else "dim")
    line.append(f"  {made.claim.value} {made.confidence:.0%}", CLAIMS[made.claim])
    if made.share is not None:
        line.append(f"  {made.share:.0%} of units")
    for extra in (made.language, made.vendor, made.detail):
        if extra:
            line.append(f"  {clean(extra)}", "dim")
    if with_mark and made.marks:
        line.append(f"  {made.marks[0].surface}", "dim")
    return line


def _mark(mark: Mark) -> Iterator[Text]:
    where = f" at {mark.offset:#x} ({mark.offset:,})" if mark.offset is not None else ""
    inside = f" in {clean(mark.path)}" if mark.path else ""
    times = f", {mark.count:,} times" if mark.count > 1 else ""
    rule = f"  rule {mark.rule}" if mark.rule else ""
    yield Text.assemble("    ", (mark.surface, "underline"), f"{where}{inside}{times}", (rule, "dim"))
    raw = raw_bytes(mark.value)
    for start in range(0, min(len(raw), _MOST_BYTES), _BYTES_A_LINE):
        yield _dump(raw[start : start + _BYTES_A_LINE], (mark.offset or 0) + start)
    if len(raw) > _MOST_BYTES:
        yield Text(f"      … {len(raw) - _MOST_BYTES:,} bytes more", "dim")


def _dump(piece: bytes, offset: int) -> Text:
    hexadecimal = " ".join(f"{byte:02x}" for byte in piece)
    shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
    return Text.assemble((f"      {offset:08x}  ", "dim"), f"{hexadecimal:<{_BYTES_A_LINE * 3}} ", (shown, "green"))


def raw_bytes(value: str) -> bytes:
    r"""Return the bytes that a mark's text stands for: `\xNN` is what undecodable bytes were written as."""
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), value.encode())
