"""`csv`: rows that a spreadsheet shows and does not run."""

import csv
import io

from builtby.model import Skipped
from builtby.reports.table_csv import COLUMNS
from tests.reports.records import render, results


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render("csv").decode(), newline="")))


def test_one_row_for_each_artifact_and_tool() -> None:
    app = [row for row in rows() if row["path"] == "usr/bin/app"]
    assert [(row["relation"], row["tool"], row["version"], row["claim"]) for row in app] == [
        ("built-by", "gcc", "12.2.0", "observed"), ("built-by", "ld", "", "inferred")]


def test_nothing_is_dropped() -> None:
    assert {row["relation"] for row in rows()} == {"built-by", "not-marked", "present", "skipped"}
    assert tuple(rows()[0]) == COLUMNS


def test_formulas_are_disarmed() -> None:
    assert not any(value.startswith(("=", "+", "-", "@", "\t")) for row in rows() for value in row.values())
    assert any(row["path"] == "'=cmd|'/c calc'!A1" for row in rows())


def test_many_rows_come_out_whole() -> None:
    many = tuple(Skipped(0, f"f{number:06}", "permission denied") for number in range(5000))
    assert render("csv", results(many)).count(b"\r\n") == 5001
