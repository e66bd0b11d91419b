"""`terminal`: what a person sees."""

import msgspec
import pytest

from builtby.model import Skipped
from builtby.reports.base import ReportOptions
from builtby.reports.registry import UnknownReport, all_reports, find
from builtby.reports.terminal_artifacts import raw_bytes
from builtby.reports.terminal_style import clean, human_size
from tests.reports.records import GCC, LD, artifact, render, results


def screen(**options: object) -> str:
    return render("terminal", options=ReportOptions(**options)).decode()  # type: ignore[arg-type]  # a test's shorthand


def test_tools_come_first_then_what_is_installed_unmarked_and_skipped() -> None:
    text = screen()
    places = [text.index(title) for title in ("Built by", "Installed in the target", "Not marked", "Skipped")]
    assert places == sorted(places)
    assert "6 artifacts · 5 marked by 4 tools · 1 not marked · 2 skipped" in text


def test_versions_of_a_tool_stand_together_and_claims_apart() -> None:
    lines = screen().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("gcc"))
    assert lines[first].split()[1:5] == ["12.2.0", "compiler", "observed", "1"]
    assert lines[first + 1].split() == ["12.2.0", "declared", "1"]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("view", [{}, {"by_artifact": True}, {"explain": True}])
def test_no_line_is_wider_than_the_terminal(width: int, view: dict[str, bool]) -> None:
    assert max(len(line) for line in screen(width=width, **view).splitlines()) <= width


def test_colour_only_when_asked_for() -> None:
    assert "\x1b" not in screen(by_artifact=True)
    assert "\x1b[" in screen(colour=True)


def test_paths_and_marks_cannot_steer_the_terminal() -> None:
    evil = msgspec.structs.replace(GCC, vendor="\x1b]0;owned\x07[red]x[/red]")
    records = (artifact(1, "a\x1b[2Jb\nc", evil), Skipped(0, "\x1b[31m", "bad\rreason"))
    for view in ({}, {"explain": True}):
        text = render("terminal", results(records), ReportOptions(width=150, **view)).decode()
        assert not {"\x1b", "\x07", "\r"} & set(text)
    assert "a\\x1b[2Jb\\x0ac" in text
    assert "[red]x[/red]" in text


def test_by_artifact_lists_every_artifact() -> None:
    text = screen(by_artifact=True)
    assert "usr/bin/app  elf" in text
    assert "not marked" in text
    assert "97% of units" in text


def test_explain_shows_offset_and_bytes() -> None:
    text = screen(explain=True)
    assert "elf.comment at 0x3039 (12,345)" in text
    assert "00003039  47 43 43 3a 20 28 44 65 62 69 61 6e 20 31 32 2e  GCC: (Debian 12." in text
    assert "wheel.generator in x.dist-info/WHEEL" in text


def test_many_versions_are_summed_up() -> None:
    records = tuple(artifact(i, f"f{i}", msgspec.structs.replace(GCC, version=f"{i}.1.0")) for i in range(1, 31))
    text = render("terminal", results(records)).decode()
    assert "22 more versions" in text


def test_an_empty_scan_says_so() -> None:
    assert "0 artifacts · 0 marked by 0 tools" in render("terminal", results((), ())).decode()


def test_escaped_bytes_are_bytes_again() -> None:
    assert raw_bytes("caf\\xe9 é") == b"caf\xe9 \xc3\xa9"


def test_small_helpers() -> None:
    assert clean("plain") == "plain"
    assert [human_size(n) for n in (0, 999, 1000, 1_400_000_000, 250_000_000)] == [
        "0 B", "999 B", "1.0 kB", "1.4 GB", "250 MB"]


def test_outputs_are_found_by_themselves() -> None:
    assert [report.name for report in all_reports()] == [
        "csv", "csv-exposures", "cyclonedx-json", "cyclonedx-json@1.7", "cyclonedx-vex-json", "html", "json", "openvex",
        "openvex-local", "sarif", "spdx-json", "terminal"]
    assert find("cyclonedx-json@1.6") is find("cyclonedx-json")
    with pytest.raises(UnknownReport, match="there are: csv"):
        find("xml")


def test_what_is_only_inferred_is_no_mark() -> None:
    text = render("terminal", results((artifact(1, "usr/bin/stripped", LD),)), ReportOptions(width=150)).decode()
    assert "1 artifact · 0 marked by 0 tools · 1 not marked" in text
    assert "For 1 of them something is inferred." in text
