"""The page of a build, as text: what is on it, that it stays small, and that it says what it leaves out."""

import re

from builtby.builds.documents.parts import Parts
from builtby.builds.documents.registry import all_documents
from builtby.builds.model import Record
from builtby.builds.picture.flow import flow
from builtby.builds.picture.lanes import MOST_BARS, bars
from tests.builds.documents.builds import EMPTY, build
from tests.builds.documents.large import hostile, large


def page(record: Record) -> str:
    return b"".join(all_documents()["html"].write(record)).decode()


def test_findings_come_first_the_worst_of_them_at_the_top() -> None:
    text = page(build())
    assert text.index("compiler-differs") < text.index(">egress<") < text.index("Programs over time")
    assert "confidence low" in text
    assert "blocked" in text


def test_what_was_not_observed_and_what_differs_is_said() -> None:
    text = page(build())
    assert "what daemons do" in text
    assert "Not as packaged:</strong> <bdi>cc1 (gcc 12.2.0)" in text
    assert "no: it differs" in text


def test_an_empty_record_has_a_page() -> None:
    text = page(EMPTY)
    assert "Incomplete" in text
    assert "No program was seen." in text


def test_a_large_build_stays_below_five_megabytes_and_says_what_is_left_out() -> None:
    text = page(large())
    assert len(text) < 5_000_000
    assert re.search(r"3,00\d programs are not drawn", text)
    assert "4,002 more are not listed" in text
    assert len(re.findall(r"more are not listed", text)) == 2


def test_programs_that_run_at_the_same_time_have_lanes_of_their_own() -> None:
    for record in (build(), large(500, 2000)):
        drawn, left_out = bars(record)
        assert left_out == 0
        assert len(drawn) == len(record.processes)
        by_lane: dict[int, float] = {}
        for bar in drawn:
            assert by_lane.get(bar.lane, 0.0) <= bar.start + 1e-9, bar
            by_lane[bar.lane] = bar.end
        lanes = {bar.process.id: bar.lane for bar in drawn}
        assert all(lanes[bar.process.parent] < bar.lane for bar in drawn if bar.process.parent)


def test_what_is_drawn_has_all_that_it_comes_from() -> None:
    drawn, left_out = bars(large(MOST_BARS + 500, 10_000))
    ids = {bar.process.id for bar in drawn}
    assert left_out > 0
    assert all(bar.process.parent in ids | {0} for bar in drawn)


def test_the_flow_goes_from_source_to_artifact() -> None:
    found = flow(Parts(large(50, 400)))
    groups = {group.name: (group.kind, len(paths)) for group, paths in found.files.items()}
    assert groups["*.c"] == ("source", 50)
    assert groups["*.o"] == ("between", 50)
    assert groups["app"] == ("artifact", 1)
    assert groups["system headers"][0] == "system"
    writes = {(tool, group.name) for tool, group in found.writes}
    assert writes == {("cc1 (gcc 12.2.0)", "*.o"), ("ld 2.40", "app")}
    assert ("*.o", "ld 2.40") in {(group.name, tool) for group, tool in found.reads}


def test_names_of_strangers_stay_text() -> None:
    text = page(hostile())
    assert text.count("<script") == 2
    assert "<img" not in text
    assert "onload=struck()>" not in text.replace("&gt;", "")
    assert "\x1b" not in text
    assert "\u202e" not in text
