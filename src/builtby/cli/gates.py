"""`--fail-on`, `--ignore-file` and `--baseline`: what makes a scan fail, what is accepted, what is new."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from builtby.advisories.baseline import Baseline, BaselineError
from builtby.advisories.baseline import load as load_baseline
from builtby.advisories.ignore import Entry, IgnoreError, Ignores
from builtby.advisories.ignore import load as load_ignores
from builtby.advisories.rank import RATINGS, rank
from builtby.advisories.words import named, severity_words
from builtby.cli.say import Exit, fail
from builtby.model import AdvisoryData, Exposure, ExposureClass, ExposureStatus, Record, Target
from builtby.reports.exposed import found
from builtby.reports.results import Results, Scanned
from builtby.reports.summary import counted
from builtby.reports.terminal_style import clean

SEVERITIES = RATINGS[:4]
UNSCORED, KEV, EOL = "unscored", "kev", "eol"
CLASSES = {class_.value: class_ for class_ in ExposureClass if class_ is not ExposureClass.END_OF_LIFE} | {
    EOL: ExposureClass.END_OF_LIFE, ExposureClass.END_OF_LIFE.value: ExposureClass.END_OF_LIFE}
WORDS = (*SEVERITIES, UNSCORED, KEV, *CLASSES)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Threshold:
    """Which exposures make a scan fail: any that one of these is true of."""

    words: tuple[str, ...]
    ratings: frozenset[str]
    classes: frozenset[ExposureClass]
    kev: bool

    def met(self, exposure: Exposure) -> bool:
        """Say whether an exposure is one. What is known in a baseline never is."""
        if exposure.new is False:
            return False
        rated = exposure.class_ is not ExposureClass.END_OF_LIFE and exposure.rating in self.ratings
        return rated or exposure.class_ in self.classes or (self.kev and exposure.kev)

    def passes_unscored(self, exposure: Exposure) -> bool:
        """Say whether an exposure passes only because nobody has scored it."""
        unscored = exposure.rating == "unknown" and exposure.class_ is not ExposureClass.END_OF_LIFE
        return bool(self.ratings) and unscored and exposure.new is not False and not self.met(exposure)


def threshold(values: Iterable[str]) -> Threshold | None:
    """Return the threshold of `--fail-on` values, each a word or a list with commas; None when there are none."""
    words = tuple(dict.fromkeys(word.strip().lower() for value in values for word in value.split(",") if word.strip()))
    unknown = [word for word in words if word not in WORDS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is nothing to fail on; there are: {', '.join(WORDS)}")
    if not words:
        return None
    least = max((SEVERITIES.index(word) for word in words if word in SEVERITIES), default=-1)
    classes = frozenset(CLASSES[word] for word in words if word in CLASSES)
    unscored = ("unknown",) if UNSCORED in words else ()
    return Threshold(words, frozenset((*SEVERITIES[: least + 1], *unscored)), classes, KEV in words)


@dataclass(frozen=True, slots=True)
class Gates:
    """What was asked for of the three."""

    threshold: Threshold | None = None
    ignores: Ignores | None = None
    ignore_file: Path | None = None
    baseline: Baseline | None = None

    def through(self, scan: Scanned) -> Scanned:
        """Return the scan with what is accepted set aside, and what is new told from what is known."""
        return _Through(scan, self) if self.ignores or self.baseline else scan

    def apply(self, record: Record) -> Record:
        """Do the same to one record."""
        if self.ignores:
            record = self.ignores.apply(record)
        return self.baseline.apply(record) if self.baseline else record


class _Through:
    """A scan whose records go through the gates."""

    def __init__(self, scan: Scanned, gates: Gates) -> None:
        self._scan, self._gates = scan, gates

    @property
    def targets(self) -> Iterable[Target]:
        return self._scan.targets

    @property
    def advisories(self) -> AdvisoryData | None:
        return self._scan.advisories

    def __iter__(self) -> Iterator[Record]:
        return map(self._gates.apply, self._scan)


def gates(fail_on: list[str] | None, ignore_file: Path | None, baseline: Path | None, today: date) -> Gates:
    """Return the gates of a command line; leave with 2 when a value or a file is wrong."""
    limit = threshold(fail_on or [])
    try:
        ignores = load_ignores(ignore_file, today) if ignore_file else None
        return Gates(limit, ignores, ignore_file, load_baseline(baseline) if baseline else None)
    except IgnoreError as error:
        fail(Exit.USAGE, str(error), "Each [[ignore]] wants id, reason and expires; tool and path may narrow it.")
    except BaselineError as error:
        fail(Exit.USAGE, str(error), "Give --baseline what an earlier `builtby scan -f json` wrote.")


def verdict(asked: Gates, results: Results, *, quiet: bool) -> Exit:
    """Say on standard error what the gates did, and return OK, FINDINGS, or INCOMPLETE where nothing was judged.

    `quiet`: say only what somebody could be mistaken about, and why it failed.
    """
    for line in (*(() if quiet else _told(asked, results)), *_warned(asked, results)):
        print(f"builtby: {line}", file=sys.stderr)
    if asked.threshold is None:
        return Exit.OK
    if results.advisories is None:
        print("builtby: --fail-on cannot be decided: this scan was not judged by advisories", file=sys.stderr)
        return Exit.INCOMPLETE
    return _failed(asked.threshold, results)


def _unscored(limit: Threshold, results: Results) -> Iterator[str]:
    passed = [one.exposure.id for one in found(results) if limit.passes_unscored(one.exposure)]
    if passed:
        number = f"{counted(len(passed), 'exposure')} ({_advisories(len(set(passed)))})"
        yield f"{number} not scored by anybody and not counted; add {UNSCORED!r} to --fail-on to count them"


def _failed(limit: Threshold, results: Results) -> Exit:
    met = 0
    worst = None
    ids = set()
    for one in found(results):
        if limit.met(one.exposure):
            met += 1
            ids.add(one.exposure.id)
            if worst is None or rank(one.exposure) < rank(worst.exposure):
                worst = one
    if worst is None:
        return Exit.OK
    number = f"{counted(met, 'exposure')} ({_advisories(len(ids))})"
    kind = "" if worst.exposure.class_ is ExposureClass.END_OF_LIFE else f" ({severity_words(worst.exposure)})"
    print(f"builtby: {number} {'meets' if met == 1 else 'meet'} --fail-on {','.join(limit.words)}; the worst is "
          f"{clean(worst.exposure.id)}{kind} of {clean(named(worst.exposure))}, in {clean(worst.record.path)}",
          file=sys.stderr)
    return Exit.FINDINGS


def _told(asked: Gates, results: Results) -> Iterator[str]:
    if asked.ignores:
        accepted = sum(one.exposure.status is ExposureStatus.IGNORED for one in found(results, none_too=True))
        if accepted:
            yield f"{counted(accepted, 'exposure')} accepted by {asked.ignore_file}"
        if asked.ignores.unused:
            yield f"{_entries(asked.ignores.unused, asked)} matched nothing: {_named(asked.ignores.unused)}"
    if asked.baseline:
        counts = [one.exposure.new for one in found(results)]
        yield (f"beside the baseline: {counts.count(True):,} new, {asked.baseline.gone:,} gone, "
               f"{counts.count(False):,} the same")


def _warned(asked: Gates, results: Results) -> Iterator[str]:
    if asked.ignores and asked.ignores.expired:
        expired = asked.ignores.expired
        yield (f"{_entries(expired, asked)} expired and {'does' if len(expired) == 1 else 'do'} not count: "
               f"{_named(expired)}")
    if asked.baseline and not asked.baseline.judged:
        yield "the baseline was not judged by advisories, so every exposure is new"
    if asked.threshold and results.advisories is not None:
        yield from _unscored(asked.threshold, results)


def _advisories(number: int) -> str:
    return "1 advisory" if number == 1 else f"{number:,} advisories"


def _entries(entries: tuple[Entry, ...], asked: Gates) -> str:
    return f"{'1 entry' if len(entries) == 1 else f'{len(entries):,} entries'} of {asked.ignore_file}"


def _named(entries: tuple[Entry, ...]) -> str:
    names = ", ".join(f"{entry.words} until {entry.expires}" for entry in entries[:_SHOWN])
    return clean(names) + (f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else "")
