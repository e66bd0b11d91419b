"""The tables of a build's page: toolchain, network, what steered it, files, programs."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from builtby.builds.documents.parts import Parts, Program
from builtby.builds.model import Endpoint, Process
from builtby.builds.picture.looks import KINDS, executable, kind, titled
from builtby.builds.picture.timeline import seconds
from builtby.reports.html_table import Column, Table, ordered, row, write
from builtby.reports.html_text import esc, own
from builtby.reports.terminal_style import human_size

ROWS = 2000
"""Rows of a table; what is beyond is said to be."""
_POINTER = "All are in <code>record.json</code>."
_DIM = '<span class="dim">{}</span>'
_SHORT = 16
_WORD = 160

TOOLCHAIN = Table(
    "toolchain", "Toolchain",
    (Column("tool"), Column("version"), Column("kind"), Column("as packaged"), Column("package"), Column("ran", True),
     Column("executable and sha256")),
    "Every executable that ran and that the build did not make itself, hashed before it ran.", "No program was seen.")
NETWORK = Table(
    "network", "Network",
    (Column("name"), Column("address"), Column("kind"), Column("by"), Column("times", True)),
    "What programs turned to. Whether anybody answered is not seen.", "No program turned to any address.")
STEERING = Table(
    "steering", "What steered the build", (Column("variable"), Column("values")),
    "Variables that compilers and build systems obey; values of others are not kept.", "None was kept.")
CHANGES = Table(
    "changes", "Changes by comparing before and after",
    (Column("path"), Column("place"), Column("what"), Column("seen by"), Column("program")),
    "Of sources, the toolchain and places of persistence.", "None was seen.")
FILES = Table(
    "files", "Files",
    (Column("path"), Column("use"), Column("size", True), Column("sha256"), Column("programs"), Column("times", True)),
    "Artifacts first, then the sources, then what else was read.", "No file was used.")
PROGRAMS = Table(
    "programs", "Programs",
    (Column("program"), Column("kind"), Column("command"), Column("started by"), Column("start", True),
     Column("took", True), Column("exit code", True)),
    "In order of start.", "No program was seen.")
TABLES = (TOOLCHAIN, NETWORK, STEERING, CHANGES, FILES, PROGRAMS)


def toolchain(parts: Parts) -> Iterator[str]:
    """Yield the table of what ran; known tools first."""
    programs = sorted(parts.programs, key=lambda one: (one.first.tool is None, executable(one.first), one.file))
    rows = (_program(one, parts) for one in programs[:ROWS])
    return write(TOOLCHAIN, len(programs), rows, _beyond(len(programs)))


def _program(one: Program, parts: Parts) -> str:
    process = one.first
    tool = process.tool
    packaged = {True: '<span class="key r-none">yes</span>', None: _DIM.format("no word of it"),
                False: '<span class="key r-critical">no: it differs</span>'}[process.as_packaged]
    return row(
        own(executable(process)), own(tool.version) if tool and tool.version else _DIM.format("unknown"),
        f'<span class="key p-{kind(process, parts.made)}">{esc(tool.role if tool else "program")}</span>', packaged,
        own(process.package) if process.package else _DIM.format("none"), f"{one.times:,}",
        f"{own(one.file.path)}<p class=dim>{_digest(one.file.sha256)}</p>", numbers=(5,))


def network(parts: Parts) -> Iterator[str]:
    """Yield the table of addresses, one row for a name, an address and a kind."""
    ran = {one.id: titled(one) for one in parts.record.processes}
    found: dict[tuple[str, str, str, str], tuple[Endpoint, set[str], int]] = {}
    for one in parts.record.network:
        key = (one.host or "", one.address, str(one.port), one.kind)
        first, programs, times = found.get(key, (one, set[str](), 0))
        found[key] = (first, programs | {ran.get(one.process, "")}, times + one.times)
    rows = (_endpoint(*entry) for _, entry in islice(sorted(found.items(), key=_outward), ROWS))
    return write(NETWORK, len(found), rows, _beyond(len(found)))


def _outward(item: tuple[tuple[str, str, str, str], object]) -> tuple[bool, tuple[str, str, str, str]]:
    """Local sockets come last."""
    return item[0][3] == "unix", item[0]


def _endpoint(one: Endpoint, programs: set[str], times: int) -> str:
    claim = f' <span class="dim">{esc(one.host_claim)}</span>' if one.host_claim else ""
    host = f"{own(one.host)}{claim}" if one.host else _DIM.format("no name seen")
    port = f":{one.port}" if one.port is not None and one.kind != "dns" else ""
    refused = "" if one.allowed else ' <span class="badge">refused</span>'
    words = {"dns": "name asked for", "unix": "local socket"}.get(one.kind, one.kind)
    return row(host, own(f"{one.address}{port}") if one.address else _DIM.format("none"), f"{esc(words)}{refused}",
               ", ".join(map(own, sorted(programs)[:4])), f"{times:,}", numbers=(4,))


def steering(parts: Parts) -> Iterator[str]:
    """Yield the table of variables, with every value that a program was given."""
    values: dict[str, dict[str, None]] = {}
    for environment in parts.record.environments:
        for name, value in environment.values.items():
            values.setdefault(name, {})[value] = None
    rows = (row(own(name), "<br>".join(map(own, islice(held, 6))) + (f"<br>and {len(held) - 6:,} more values"
                                                                      if len(held) > 6 else ""))
            for name, held in islice(sorted(values.items()), ROWS))
    return write(STEERING, len(values), rows, _beyond(len(values)))


def changes(parts: Parts) -> Iterator[str]:
    """Yield the table of changes."""
    found = parts.record.changes
    ran = {one.id: titled(one) for one in parts.record.processes}
    rows = (row(own(one.path), esc(one.kind or one.place), esc(one.what), esc(", ".join(one.seen_by)),
                own(ran[one.process]) if one.process in ran else _DIM.format("none of the build's"))
            for one in found[:ROWS])
    return write(CHANGES, len(found), rows, _beyond(len(found)))


class _File:
    """What became of one file, over all programs."""

    def __init__(self) -> None:
        self.uses: Counter[str] = Counter()
        self.digests: dict[str, None] = {}
        self.programs: dict[int, None] = {}
        self.size: int | None = None


def files(parts: Parts) -> Iterator[str]:
    """Yield the table of files: those that say most, each once."""
    found: dict[str, _File] = {}
    for use in parts.uses:
        file = found.setdefault(use.to if use.access == "rename" and use.to else use.path, _File())
        file.uses[use.access] += use.times
        file.programs[use.process] = None
        file.size = use.size if use.size is not None else file.size
        if use.sha256:
            file.digests[use.sha256] = None
    ran = {one.id: titled(one) for one in parts.record.processes}
    left = {path for path, _ in parts.products}
    here = parts.record.cwd.rstrip("/") + "/"
    order = sorted(found, key=lambda path: (
        path not in left, not path.startswith(here), path in parts.made, "read" not in found[path].uses, path))
    rows = (_file(parts.short(path) or path, found[path], ran, left=path in left) for path in order[:ROWS])
    return write(FILES, len(found), rows, _beyond(len(found)))


def _file(path: str, file: _File, ran: dict[int, str], *, left: bool) -> str:
    badge = ' <span class="badge kept">artifact</span>' if left else ""
    programs = sorted({ran.get(one, "") for one in file.programs})
    more = f" and {len(programs) - 4} more" if len(programs) > 4 else ""
    digests = "<br>".join(map(_digest, islice(file.digests, 4))) or _DIM.format("not known")
    more_digests = f"<br>and {len(file.digests) - 4} more" if len(file.digests) > 4 else ""
    size = ordered(file.size, human_size(file.size)) if file.size is not None else ordered(-1, "-")
    return row(f"{own(path)}{badge}", esc(", ".join(sorted(file.uses))), size, digests + more_digests,
               ", ".join(map(own, programs[:4])) + more, f"{file.uses.total():,}", numbers=(2, 5))


def programs(parts: Parts) -> Iterator[str]:
    """Yield the table of programs."""
    held = parts.record.processes
    names = {one.id: titled(one) for one in held}
    rows = (_ran(one, names, parts) for one in held[:ROWS])
    return write(PROGRAMS, len(held), rows, _beyond(len(held)))


def _ran(one: Process, names: dict[int, str], parts: Parts) -> str:
    command = " ".join(one.argv)
    shown = own(command) if len(command) <= _WORD else (
        f"<details><summary>{own(command[:_WORD])}…</summary><code>{own(command)}</code></details>")
    origin = one.replaces if one.replaces is not None else one.parent
    by = (f"<span>{own(names[origin])} <span class=dim>#{origin}</span></span>" if origin in names
          else _DIM.format("the recorder"))
    end = one.ended if one.ended is not None else parts.record.seconds
    took = max(end - one.started, 0.0)
    code = ordered(-1, "-") if one.exit_code is None else ordered(one.exit_code, str(one.exit_code))
    what = kind(one, parts.made)
    return row(f"{own(titled(one))} <span class=dim>#{one.id}</span>",
               f'<span class="key p-{what}">{KINDS[what]}</span>', shown, by,
               ordered(one.started, seconds(one.started)), ordered(took, seconds(took)), code, numbers=(4, 5, 6))


def _digest(digest: str) -> str:
    return f'<code title="{esc(digest)}">{esc(digest[:_SHORT])}…</code>'


def _beyond(count: int) -> str:
    return f"{count - ROWS:,} more are not listed. {_POINTER}" if count > ROWS else ""
