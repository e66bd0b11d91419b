"""`csv-exposures`: one row for each exposure, and for each advisory that is none."""

import csv
import io

from builtby.reports.csv_exposures import COLUMNS
from tests.reports.exposures import exposed
from tests.reports.hostile import hostile
from tests.reports.records import render


def rows(gathered: object = None) -> list[dict[str, str]]:
    raw = render("csv-exposures", gathered or exposed()).decode()  # type: ignore[arg-type]  # a test's shorthand
    return list(csv.DictReader(io.StringIO(raw, newline="")))


def test_one_row_for_each_and_the_exposed_can_be_told_from_the_others() -> None:
    found = rows()
    assert tuple(found[0]) == COLUMNS
    assert len(found) == 11 + 6
    assert {row["status"] for row in found} == {
        "affected", "unverified", "not-linked", "not-affected", "fixed-by-vendor"}


def test_a_row_says_everything() -> None:
    row = next(row for row in rows() if row["id"] == "CVE-2023-44487" and row["status"] == "affected")
    assert (row["path"], row["tool"], row["version"], row["class"], row["severity"], row["kev"], row["fixed_in"]) == (
        "usr/bin/server", "go", "1.19.8", "artifact-linked", "7.5", "yes", "1.20.10 1.21.3")
    assert row["what_to_do"].startswith("Update go to 1.20.10 or 1.21.3, then rebuild")
    assert next(row for row in rows() if row["path"] == "usr/bin/node")["relation"] == "present"


def test_formulas_are_disarmed() -> None:
    assert not any(value.startswith(("=", "+", "-", "@", "\t")) for row in rows(hostile()) for value in row.values())
