"""Explanations for people, on standard output."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from difflib import get_close_matches

from rich.markdown import Markdown
from rich.text import Text

from builtby.advisories.rank import Rank, rank
from builtby.advisories.store import Store
from builtby.advisories.words import ACTIONS, CLASSES, action_sentence, class_words, named, severity_words, status_words
from builtby.builds.detect.load import rule as rule_of
from builtby.builds.detect.load import rules as build_rules
from builtby.builds.detect.pages import page
from builtby.cli.advisories_view import show_records
from builtby.cli.catalogue_view import console, show_tool
from builtby.cli.last import Item, Last, Tool
from builtby.marks.load import Catalogue
from builtby.model import Action, Exposure, ExposureClass, ExposureStatus
from builtby.reports.summary import counted
from builtby.reports.terminal_style import clean

SHOWN = 8
_VERSIONS = 20
_STATUS_OPEN = (ExposureStatus.AFFECTED, ExposureStatus.UNVERIFIED)


class Known:
    """What there is to explain with: advisory data, the catalogue, and a scan, if one is kept."""

    def __init__(self, store: Store, catalogue: Catalogue, scan: Last | None, *, everything: bool) -> None:
        self.store, self.catalogue, self.scan = store, catalogue, scan
        self.out = console(sys.stdout)
        self._most = sys.maxsize if everything else SHOWN

    def explain(self, what: str) -> bool:
        """Print all that goes by a name; say whether there was anything."""
        ways: tuple[Callable[[str], bool], ...] = (self._word, self._finding, self._rule, self._tool, self._advisory)
        told = [way(what.strip()) for way in ways]  # all of them: `unknown` may be several things
        return any(told)

    def near(self, what: str) -> list[str]:
        """Return names that look like it."""
        names = {tool.tool for tool in self.catalogue.tools} | {rule.id for rule in self.catalogue.marks}
        names |= {one.id for one in build_rules()}
        names |= {word.value for kind in (ExposureClass, Action, ExposureStatus) for word in kind}
        return get_close_matches(what.lower(), sorted(names), 2, 0.75)

    def _word(self, what: str) -> bool:
        word = what.lower()
        told = [(f"{word}, a class of exposures", CLASSES[one]) for one in ExposureClass if one.value == word]
        told += [(f"{word}, what to do", ACTIONS[one]) for one in Action if one.value == word]
        told += [(f"{word}, how sure an exposure is", status_words(one)) for one in ExposureStatus if one.value == word]
        for name, meaning in told:
            self.out.print(Text.assemble((name, "bold cyan"), f": {meaning}"))
        if told:
            self._exposed(lambda exposure: word in (exposure.class_, exposure.action, exposure.status))
        return bool(told)

    def _finding(self, what: str) -> bool:
        """Print what a rule of recorded builds is about: the page of that rule."""
        found = rule_of(what.lower())
        if found is not None:
            self.out.print(Markdown(page(found)))
        return found is not None

    def _rule(self, what: str) -> bool:
        rules = [rule for rule in (*self.catalogue.marks, *self.catalogue.present) if rule.id == what.lower()]
        for rule in rules:
            show_tool(self.out, rule.tool, only=rule.mark)
        if rules:
            self._seen(lambda tool: what.lower() in tool.rules)
        return bool(rules)

    def _tool(self, what: str) -> bool:
        name = what.lower()
        files = [tool for tool in self.catalogue.tools if tool.tool == name]
        if not files and name not in self.store.products.entries:
            return False
        for file in files:
            show_tool(self.out, file)
            self.out.print()
        self._data(name)
        self._seen(lambda tool: tool.tool == name)
        self._exposed(lambda exposure: exposure.tool == name)
        return True

    def _data(self, tool: str) -> None:
        """Print how many advisories there are of a tool."""
        classes: dict[ExposureClass, set[str]] = {}
        for way in self.store.products.of(tool):
            for record in self.store.of_product(way.product):
                if not record.withdrawn:
                    classes.setdefault(record.class_, set()).add(record.name)
        self.out.print(Text("Advisories", "bold"))
        for class_, names in sorted(classes.items(), key=lambda item: -len(item[1])):
            self.out.print(f"  {len(names):>5} {class_.value}: {CLASSES[class_]}")
        if not classes:
            known = self.store.knows(tool)
            self.out.print("  none is known" if known else "  no data, which is no statement that it is safe")

    def _advisory(self, what: str) -> bool:
        name = what.upper()
        records = self.store.by_id(name)
        if records:
            show_records(records, self.store)
        met = [exposure for exposure in (self.scan.exposures if self.scan else ()) if name in _names(exposure)]
        if not records and not met:
            return False
        if not records:
            self._from_scan(met[0])
        for class_ in dict.fromkeys(record.class_ for record in records):
            self.out.print(Text.assemble((f"  {'means':<15} ", "dim"), f"{class_.value}: {CLASSES[class_]}"))
        names = {name, *(other.upper() for record in records for other in record.names)}
        self._exposed(lambda exposure: not names.isdisjoint(_names(exposure)))
        return True

    def _from_scan(self, exposure: Exposure) -> None:
        """Print what only the scan knows: an end of support, or an advisory of other data than is here now."""
        rated = "" if exposure.class_ is ExposureClass.END_OF_LIFE else f"  {severity_words(exposure)}"
        self.out.print(Text.assemble((clean(exposure.id), "bold cyan"), f"{rated}  {class_words(exposure)}"))
        self.out.print(f"  {clean(exposure.rule)}", soft_wrap=True)

    def _seen(self, wanted: Callable[[Tool], bool]) -> None:
        """Print which artifacts of the scan bear marks of the tools that are wanted."""
        if not self._titled():
            return
        assert self.scan is not None
        places = {place for place, tool in enumerate(self.scan.tools) if wanted(tool)}
        items = [item for item in self.scan.items if not places.isdisjoint(item.tools)]
        versions = Counter(self.scan.tools[tool].version or "of unknown version"
                           for item in items for tool in set(item.tools) & places)
        if not items:
            self.out.print("  nothing that was scanned bears it")
        for version, count in sorted(versions.items(), key=lambda pair: (-pair[1], pair[0]))[:_VERSIONS]:
            self.out.print(Text.assemble("  ", (clean(version), "cyan"), f"  {count:,}"))
        self._places(items)

    def _exposed(self, wanted: Callable[[Exposure], bool]) -> None:
        """Print what of the scan the exposures touch, and what to do about each."""
        if not self._titled():
            return
        assert self.scan is not None
        groups: dict[tuple[str, str], list[Item]] = {}
        ranks: dict[tuple[str, str], Rank] = {}
        chosen = {place: exposure for place, exposure in enumerate(self.scan.exposures) if wanted(exposure)}
        for item in self.scan.items:
            for place in chosen.keys() & item.exposures:
                said = _said(chosen[place])
                groups.setdefault(said, []).append(item)
                ranks.setdefault(said, rank(chosen[place]))
        self._groups([(said, groups[said]) for said in sorted(groups, key=lambda said: (ranks[said], said))])

    def _groups(self, groups: list[tuple[tuple[str, str], list[Item]]]) -> None:
        """Print exposures with their places, what is to be done first at the front."""
        if not groups:
            self.out.print("  nothing that was scanned is touched")
        for (head, advice), items in groups[: self._most]:
            line = Text.assemble("  ", (clean(head), "bold"), f"  {counted(len(items), 'place')}")
            self.out.print(line, soft_wrap=True)
            if advice:
                self.out.print(f"    {clean(advice)}", soft_wrap=True)
            self._places(items)
        if len(groups) > self._most:
            self.out.print(f"  and {len(groups) - self._most:,} more exposures: --all lists them")

    def _titled(self) -> bool:
        self.out.print()
        if self.scan is None:
            self.out.print("No scan is kept: run `builtby scan`, or give a result with --from.")
            return False
        targets = ", ".join(clean(target.ref) for target in self.scan.targets[:3])
        more = f" and {len(self.scan.targets) - 3} more" if len(self.scan.targets) > 3 else ""
        self.out.print(Text.assemble(("In the scan of ", "bold"), f"{targets}{more}"), soft_wrap=True)
        if self.scan.dropped:
            self.out.print(f"  it was too large to be kept whole: {self.scan.dropped:,} artifacts are not looked at")
        return True

    def _places(self, items: Iterable[Item]) -> None:
        paths = sorted({self._place(item) for item in items})
        for path in paths[: self._most]:
            self.out.print(f"    {clean(path)}", soft_wrap=True, style="dim")
        if len(paths) > self._most:
            self.out.print(f"    and {len(paths) - self._most:,} more: --all lists them", style="dim")

    def _place(self, item: Item) -> str:
        assert self.scan is not None
        path = item.path or self.scan.targets[item.target].ref
        name = path if len(self.scan.targets) == 1 else f"{self.scan.targets[item.target].ref}:{path}"
        return f"{name} (installed)" if item.installed else name


def _names(exposure: Exposure) -> set[str]:
    return {exposure.id.upper(), *map(str.upper, exposure.aliases)}


def _said(exposure: Exposure) -> tuple[str, str]:
    """Return an exposure in a line, and what to do about it; for what is none, why it is none."""
    head = f"{exposure.id}  {named(exposure)}  {exposure.class_.value}, {exposure.status.value}"
    if exposure.status in _STATUS_OPEN:
        doubt = f" ({exposure.reason})" if exposure.reason else ""
        return head, f"{action_sentence(exposure)}{doubt}"
    return head, f"{status_words(exposure.status)}{f': {exposure.reason}' if exposure.reason else ''}"
