"""The terminal's part about exposures: what somebody sees at the end of a long day."""

import re
from datetime import date

import pytest
from msgspec.structs import replace

from builtby.model import Role
from builtby.reports.base import ReportOptions
from builtby.reports.exposed import concerned, version_of
from builtby.reports.exposure_summary import Exposures, fixed_by
from builtby.reports.terminal_exposures import age
from tests.reports.exposures import BUILD_HOST, DATA, EXPLOITED, GO, LINKED, RECORDS, TARGETS, exposed
from tests.reports.hostile import hostile
from tests.reports.records import GCC, artifact, render, results


def screen(gathered: object = None, **options: object) -> str:
    given = ReportOptions(**({"timestamp": 1_790_000_000} | options))  # type: ignore[arg-type]  # a test's shorthand
    return render("terminal", gathered or exposed(), given).decode()  # type: ignore[arg-type]


def test_the_worst_come_first_and_say_what_to_do() -> None:
    text = screen()
    part = text[text.index("Do this first"):].splitlines()
    assert part[1:5] == [
        "1  CVE-2023-44487  high 7.5, known to be exploited  go 1.19.8",
        "   Update go to 1.20.10 or 1.21.3, then rebuild and ship again what it made.",
        "   1 more of this version asks the same; 1.21.3 fixes all that has a fix",
        "   vulnerable library code of the tool is inside"]
    assert part[5] == "   /srv/app:usr/bin/server"
    assert [line[0] for line in part if re.match(r"\d  ", line)] == ["1", "2", "3"]


def test_one_version_with_one_remedy_stands_among_the_worst_once() -> None:
    many = tuple(replace(LINKED, id=f"CVE-2023-{number}") for number in range(8))
    (only,) = Exposures(exposed((artifact(1, "f", GO, exposures=many),))).worst(3)
    assert len(only.alike) == 8


def test_order_of_the_parts() -> None:
    text = screen()
    places = [text.index(title) for title in ("Built by", "Do this first", "Exposures", "No longer supported",
                                              "Not exposed", "Advisory data", "No data")]
    assert places == sorted(places)


def test_by_tool_then_by_what_to_do_and_the_numbers_add_up() -> None:
    lines = screen().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("go 1.19.8  4 advisories"))
    rows = [lines[start + 1], lines[start + 3], lines[start + 5]]
    assert [row[2:20].strip() for row in rows] == ["update and rebuild", "update the builder", "read the advisory"]
    counts = [[int(cell) if cell != "·" else 0 for cell in row[21:].split()] for row in rows]
    assert [row[:5] for row in counts] == [[1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]
    assert sum(sum(row[:5]) for row in counts) == 4
    assert [row[5:] for row in counts] == [[1, 1, 0], [0, 3, 0], [0, 1, 0]]


def test_the_version_that_fixes_them_all() -> None:
    assert "go 1.19.8  4 advisories  1.21.3 fixes all but 1" in screen()
    assert fixed_by([replace(LINKED, fixed_in=("1.9.9", "1.10.2")), LINKED]) == ("1.20.4", 0)
    assert fixed_by([replace(LINKED, fixed_in=("1.21.0-rc.2",)), replace(LINKED, fixed_in=("1.21.0",))])[0] == "1.21.0"
    assert fixed_by([replace(LINKED, fixed_in=("1.26.7", "1.27.0-rc.3")), LINKED]) == ("1.26.7", 0)
    assert fixed_by([replace(LINKED, fixed_in=())]) == (None, 1)


def test_many_names_are_cut_to_a_line_and_counted() -> None:
    many = tuple(replace(LINKED, id=f"CVE-2023-{number}") for number in range(10_000, 10_030))
    lines = screen(exposed((artifact(1, "f", GO, exposures=many),)), width=80).splitlines()
    line = next(line for line in lines if line.startswith("    CVE-"))
    shown = line.count("CVE-")
    assert line.endswith(f"and {30 - shown} more")
    assert len(line) <= 80


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("view", [{}, {"by_artifact": True}, {"explain": True}])
def test_no_line_is_wider_than_the_terminal(width: int, view: dict[str, bool]) -> None:
    assert max(len(line) for line in screen(width=width, **view).splitlines()) <= width


def test_at_80_columns_nothing_that_counts_is_cut() -> None:
    part = screen(width=80)
    part = part[part.index("Do this first"): part.index("--by-artifact")]
    assert "…" not in part


def test_by_artifact_lists_some_and_explain_all_with_the_rule() -> None:
    many = tuple(replace(LINKED, id=f"CVE-2023-{number}") for number in range(8))
    gathered = exposed((artifact(1, "f", GO, exposures=many),))
    assert "and 3 more exposures" in screen(gathered, by_artifact=True)
    told = screen(gathered, explain=True)
    assert "more exposures" not in told
    assert told.count("rule: 1.19.8 is before 1.19.9; html/template is linked") == 8
    assert "reason: none of its packages is linked: net/http" in screen(explain=True)


def test_the_data_its_age_and_its_gaps() -> None:
    text = screen()
    assert "Advisory data  embedded, 2,836 records, of 2026-08-23, 29 days old" in text
    assert "newer data: builtby advisories update" in text
    assert "No data  ld, maturin" in text
    assert "newer data" not in screen(exposed(data=replace(DATA, dated="2026-09-20")))
    assert age("2026-08-23", date(2026, 8, 24)) == 1
    assert age("unknown", date(2026, 8, 24)) is None


def test_undecided_advisories_are_told() -> None:
    assert "Undecided  node (2 advisories)" in screen(exposed(data=replace(DATA, undecided={"node": ("A", "B")})))


def test_no_exposure_is_not_the_same_as_no_data() -> None:
    assert "no known vulnerability in the tools that there is data for" in screen(exposed(RECORDS[5:6]))
    assert "Exposures" not in screen(results())


def test_no_support_is_a_block_of_its_own() -> None:
    text = screen()
    assert "go 1.19.8  2 artifacts  move to 1.26  support ended on 2023-09-06" in text
    assert "EOL-" not in text


def test_each_advisory_is_counted_once_and_each_artifact_once() -> None:
    spoken = exposed((artifact(1, "a", GO, exposures=(BUILD_HOST, EXPLOITED)),
                      artifact(2, "b", GO, exposures=(BUILD_HOST,))), TARGETS)
    summary = Exposures(spoken)
    assert (len(summary.ids), len(summary.kev), summary.artifacts, summary.installed) == (2, 1, 2, 0)
    assert [(worst.exposure.id, worst.touched.artifacts) for worst in summary.worst(3)] == [
        ("CVE-2023-44487", 1), ("CVE-2023-29402", 2)]


def test_hostile_words_cannot_steer_the_terminal() -> None:
    for view in ({}, {"explain": True}, {"by_artifact": True}):
        assert not {"\x1b", "\x07", "\r", "\u202e"} & set(screen(hostile(), **view))


def test_of_two_versions_of_one_tool_the_judged_one_is_named() -> None:
    old = replace(GCC, version="4.8.5", role=Role.RUNTIME)
    hole = replace(LINKED, id="CVE-2015-5276", tool="gcc", version="4.8.5-44.el7", product="gcc", fixed_in=("4.9.4",))
    one = artifact(1, "f", GCC, old, exposures=(hole,))
    assert version_of(one, hole) == "4.8.5"
    assert concerned(one, hole) == [old]
    assert "gcc 4.8.5  1 advisory  4.9.4 fixes it" in screen(exposed((one,)))
