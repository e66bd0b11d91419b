"""The terminal's part about exposures: the worst, what to do about each tool, what nobody patches, the data used."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from builtby.advisories import words
from builtby.advisories.rank import ranked
from builtby.model import AdvisoryData, Artifact, Exposure, ExposureStatus
from builtby.reports.base import ReportOptions
from builtby.reports.exposed import is_vulnerability
from builtby.reports.exposure_summary import Exposures, Holder, Todo, fixed_by
from builtby.reports.results import Results
from builtby.reports.summary import counted
from builtby.reports.terminal_style import RATINGS, clean

_WORST = 3
_HOLDERS = 40
_UNSUPPORTED = 12
_ARTIFACT = 5
_EXPLAINED = 200
_NO_DATA = 12
_SENTENCE = 4
_OLD_DAYS = 7
_COLUMNS = (("critical", 9), ("high", 6), ("medium", 8), ("low", 5), ("other", 7))
_ACTION_WIDTH = 19


def show(console: Console, results: Results, options: ReportOptions) -> None:
    """Print the exposures of a scan; nothing when no advisory data was asked and there are none."""
    summary = Exposures(results)
    holders, old = summary.holders(), summary.holders(end_of_life=True)
    if not (holders or old or results.advisories):
        return
    for line in _lines(summary, holders, old, results.advisories, options, console.width):
        line.truncate(console.width, overflow="ellipsis")
        console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _lines(summary: Exposures, holders: list[Holder], old: list[Holder], data: AdvisoryData | None,
           options: ReportOptions, width: int) -> Iterator[Text]:
    if holders:
        yield from _worst(summary, width)
        yield from _table(summary, holders, width)
    if old:
        yield from _unsupported(old)
    if not holders:
        yield Text()
        yield Text.assemble(("Exposures", "bold"), "  no known vulnerability in the tools that there is data for")
    yield from _not_exposed(summary)
    if data is not None:
        yield from _data(data, options, width)


def _worst(summary: Exposures, width: int) -> Iterator[Text]:
    yield Text()
    yield Text("Do this first", "bold")
    for number, (exposure, touched, alike) in enumerate(summary.worst(_WORST), 1):
        line = Text.assemble(f"{number}  ", _id(exposure), "  ", _severity(exposure))
        line.append(f"  {clean(words.named(exposure))}")
        if exposure.status is ExposureStatus.UNVERIFIED:
            line.append("  unverified", "magenta")
        yield line
        for part in wrap(clean(words.action_sentence(exposure)), width - 3)[:_SENTENCE]:
            yield Text(f"   {part}")
        if len(alike) > 1:
            fix, rest = fixed_by(alike)[0], len(alike) - 1
            line = Text(f"   {rest:,} more of this version {'asks' if rest == 1 else 'ask'} the same")
            yield line.append(f"; {clean(fix)} fixes all that has a fix" if fix else "", "green")
        yield Text(f"   {words.class_words(exposure)}", "dim")
        more = touched.artifacts + touched.installed - 1
        yield Text(f"   {clean(touched.sample)}{f' and {more:,} more' if more else ''}", "dim")


def _artifacts(number: int) -> str:
    return counted(number, "artifact") if number else ""


def _installed(number: int) -> str:
    return counted(number, "installed tool") if number else ""


def _table(summary: Exposures, holders: list[Holder], width: int) -> Iterator[Text]:
    kev = f" · {len(summary.kev):,} KEV" if summary.kev else ""
    where = ", ".join(part for part in (_artifacts(summary.artifacts), _installed(summary.installed)) if part)
    yield Text()
    yield Text.assemble(("Exposures", "bold"), f"  {_advisories(len(summary.ids))} in {where}", (kev, "bold red"))
    yield _heading()
    for holder in holders[:_HOLDERS]:
        yield _holder(holder)
        for todo in holder.ordered():
            yield _todo(todo)
            yield _ids(todo.exposures, width)
    if len(holders) > _HOLDERS:
        yield Text(f"and {len(holders) - _HOLDERS:,} more versions of tools: -f csv-exposures lists them all", "dim")


def _advisories(number: int) -> str:
    return "1 advisory" if number == 1 else f"{number:,} advisories"


def _heading() -> Text:
    cells = "".join(f"{name:>{width}}" for name, width in _COLUMNS)
    return Text(f"{'':{_ACTION_WIDTH + 2}}{cells}{'KEV':>5}{'artifacts':>10}{'inst.':>7}", "dim")


def _holder(holder: Holder) -> Text:
    every = list({exposure.id: exposure for exposure in holder.all()}.values())
    version, unfixed = fixed_by(every)
    line = Text.assemble((clean(holder.tool), "bold"), " ", (clean(holder.version or "unknown version"), "cyan"))
    line.append(f"  {_advisories(len(every))}", "dim")
    if version:
        which = "them all" if not unfixed else f"all but {unfixed:,}" if unfixed < len(every) else ""
        line.append("  ").append(f"{clean(version)} fixes {which if len(every) > 1 else 'it'}", "green")
    else:
        line.append("  no fixed version is known", "magenta")
    return line


def _todo(todo: Todo) -> Text:
    ratings = todo.ratings()
    counts = [ratings.pop(name, 0) for name, _ in _COLUMNS[:-1]]
    line = Text.assemble("  ", f"{words.ACTIONS[todo.action]:<{_ACTION_WIDTH}}")
    for (name, width), count in zip(_COLUMNS, [*counts, ratings.total()], strict=True):
        line.append(f"{count:>{width},}" if count else f"{'·':>{width}}", RATINGS.get(name, "") if count else "dim")
    kev = sum(exposure.kev for exposure in todo.exposures)
    line.append(f"{kev:>5,}" if kev else f"{'·':>5}", "bold red" if kev else "dim")
    line.append(f"{todo.artifacts or '·':>10}").append(f"{todo.installed or '·':>7}")
    return line


def _ids(exposures: list[Exposure], width: int) -> Text:
    """Return as many names as one line holds, worst first, and how many more there are."""
    unverified = sum(exposure.status is ExposureStatus.UNVERIFIED for exposure in exposures)
    tail = f" ({'all' if unverified == len(exposures) else f'{unverified:,}'} unverified)" if unverified else ""
    line, shown = Text("    "), 0
    for exposure in exposures:
        more = f" and {len(exposures) - shown:,} more{tail}"
        if shown and len(line) + len(exposure.id) + len(more) + 1 > width:
            break
        line.append(" " if shown else "").append_text(_id(exposure))
        shown += 1
    rest = f" and {len(exposures) - shown:,} more" if shown < len(exposures) else ""
    return line.append(rest + tail, "dim")


def _unsupported(old: list[Holder]) -> Iterator[Text]:
    yield Text()
    yield Text.assemble(("No longer supported", "bold"), ("  nobody patches these versions any more", "dim"))
    for holder in old[:_UNSUPPORTED]:
        todo = holder.ordered()[0]
        exposure = todo.exposures[0]
        to = f"  move to {clean(words.fixes(exposure.fixed_in))}" if exposure.fixed_in else ""
        where = ", ".join(part for part in (_artifacts(todo.artifacts), _installed(todo.installed)) if part)
        line = Text.assemble("  ", (clean(holder.tool), "bold"), " ")
        line.append(clean(holder.version or "unknown version"), "cyan")
        yield line.append(f"  {where}").append(to, "green").append(f"  {clean(exposure.reason or '')}", "dim")
    if len(old) > _UNSUPPORTED:
        yield Text(f"  and {len(old) - _UNSUPPORTED:,} more", "dim")


def _not_exposed(summary: Exposures) -> Iterator[Text]:
    if summary.none:
        yield Text()
        yield Text.assemble(("Not exposed", "bold"), ("  the version is in the range, and yet", "dim"))
        for status, count in sorted(summary.none.items()):
            yield Text(f"  {_advisories(count)}: {words.status_words(status)}")


def _data(data: AdvisoryData, options: ReportOptions, width: int) -> Iterator[Text]:
    now = datetime.now(UTC) if options.timestamp is None else datetime.fromtimestamp(options.timestamp, UTC)
    days = age(data.dated, now.date())
    old = days is not None and days > _OLD_DAYS
    line = Text.assemble(("Advisory data", "bold"), f"  {data.kind}, {data.records:,} records, of {clean(data.dated)}")
    if days is not None:
        line.append(f", {counted(days, 'day')} old", "yellow" if old else "")
    yield Text()
    yield line
    if old:
        yield Text("               newer data: builtby advisories update", "dim")
    if data.no_data:
        yield from _wrapped("No data", [clean(tool) for tool in data.no_data], width)
        yield Text("         for these nothing is known, which does not mean that they are safe", "dim")
    if data.undecided:
        told = [f"{clean(tool)} ({_advisories(len(ids))})" for tool, ids in sorted(data.undecided.items())]
        yield from _wrapped("Undecided", told, width)
        yield Text("           these advisories name no versions that could be compared", "dim")


def _wrapped(title: str, items: list[str], width: int) -> Iterator[Text]:
    rest = f" and {len(items) - _NO_DATA:,} more" if len(items) > _NO_DATA else ""
    for index, line in enumerate(wrap(", ".join(items[:_NO_DATA]) + rest, width - len(title) - 2)):
        yield Text.assemble((title if index == 0 else " " * len(title), "bold"), "  ", line)


def age(dated: str, today: date) -> int | None:
    """Return how many days ago a day such as `2026-08-23` was; None when it is no day."""
    try:
        return max(0, (today - date.fromisoformat(dated)).days)
    except ValueError:
        return None


def _id(exposure: Exposure) -> Text:
    return Text(clean(exposure.id), "bold red" if exposure.kev else RATINGS.get(exposure.rating, ""))


def _severity(exposure: Exposure) -> Text:
    return Text(clean(words.severity_words(exposure)), "bold red" if exposure.kev else RATINGS.get(exposure.rating, ""))


def of_artifact(artifact: Artifact, *, explain: bool) -> Iterator[Text]:
    """Yield the exposures of one artifact, below it; with `explain`, what decided each, and what is none."""
    shown = ranked(artifact.exposures)
    for exposure in shown[: _EXPLAINED if explain else _ARTIFACT]:
        yield _exposure(exposure)
        if explain:
            yield from _why(exposure)
    rest = len(shown) - (_EXPLAINED if explain else _ARTIFACT)
    if rest > 0:
        yield Text(f"  and {rest:,} more exposures", "dim")
    for exposure in artifact.not_exposed[:_EXPLAINED] if explain else ():
        yield Text.assemble("  ", (clean(exposure.id), "dim"), f"  {words.status_words(exposure.status)}")
        yield from _why(exposure)


def _exposure(exposure: Exposure) -> Text:
    if not is_vulnerability(exposure):
        to = f"  move to {clean(words.fixes(exposure.fixed_in))}" if exposure.fixed_in else ""
        return Text.assemble("  ", clean(words.named(exposure)), ("  no longer supported", "yellow"), (to, "dim"))
    unverified = "  unverified" if exposure.status is ExposureStatus.UNVERIFIED else ""
    fixed = f"  fixed in {clean(words.fixes(exposure.fixed_in))}" if exposure.fixed_in else ""
    return Text.assemble("  ", _id(exposure), "  ", _severity(exposure), f"  {clean(exposure.tool)}",
                         f"  {words.ACTIONS[exposure.action]}", (unverified, "magenta"), (fixed, "dim"))


def _why(exposure: Exposure) -> Iterator[Text]:
    yield Text(f"      rule: {clean(exposure.rule)}", "dim")
    if exposure.reason:
        yield Text(f"      reason: {clean(exposure.reason)}", "dim")
