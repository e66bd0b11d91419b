"""Accepted exposures: what a file may say, and what it does."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from builtby.advisories.ignore import IgnoreError, Ignores, load
from builtby.model import Artifact, ExposureStatus, Skipped
from tests.reports.exposures import BUILD_HOST, GO, LINKED, NODE, OLD
from tests.reports.records import artifact

TODAY = date(2026, 11, 22)
SERVER = artifact(1, "usr/bin/server", GO, exposures=(LINKED, BUILD_HOST, OLD))


def ignores(tmp_path: Path, text: str) -> Ignores:
    file = tmp_path / "ignore.toml"
    file.write_text(text)
    return load(file, TODAY)


def entry(name: str, more: str = "", day: str = "2027-01-31") -> str:
    return f'[[ignore]]\nid = "{name}"\nreason = "Nobody else runs code there."\nexpires = {day}\n{more}\n'


def apply(found: Ignores, record: Artifact = SERVER) -> tuple[list[str], list[str]]:
    done = found.apply(record)
    assert isinstance(done, Artifact)
    return [e.id for e in done.exposures], [e.id for e in done.not_exposed]


def test_accepted_is_set_aside_with_reason_and_day_and_not_lost(tmp_path: Path) -> None:
    done = ignores(tmp_path, entry(BUILD_HOST.id)).apply(SERVER)
    assert isinstance(done, Artifact)
    assert done.exposures == (LINKED, OLD)
    assert done.not_exposed == (replace(BUILD_HOST, status=ExposureStatus.IGNORED,
                                        reason="accepted until 2027-01-31: Nobody else runs code there."),)


@pytest.mark.parametrize(("text", "left"), [
    (entry("ghsa-3FVH-w9rf-2m6w"), [LINKED.id, OLD.id]),
    (entry("EOL-go-1.19"), [LINKED.id, BUILD_HOST.id]),
    (entry(BUILD_HOST.id, 'tool = "gcc"'), [LINKED.id, BUILD_HOST.id, OLD.id]),
    (entry(BUILD_HOST.id, 'tool = "go"\npath = "usr/*"'), [LINKED.id, OLD.id]),
    (entry(BUILD_HOST.id, 'path = "usr/sbin/*"'), [LINKED.id, BUILD_HOST.id, OLD.id]),
    (entry(BUILD_HOST.id, 'path = "opt/*"') + entry(BUILD_HOST.id, 'path = "*/server"'), [LINKED.id, OLD.id]),
    ("", [LINKED.id, BUILD_HOST.id, OLD.id]),
])
def test_what_an_entry_covers(tmp_path: Path, text: str, left: list[str]) -> None:
    assert apply(ignores(tmp_path, text))[0] == left


def test_an_entry_counts_on_its_last_day_and_not_after(tmp_path: Path) -> None:
    found = ignores(tmp_path, entry(LINKED.id, day="2026-11-22") + entry(BUILD_HOST.id, day="2026-11-21"))
    assert apply(found) == ([BUILD_HOST.id, OLD.id], [LINKED.id])
    assert [one.id for one in found.expired] == [BUILD_HOST.id]


def test_entries_that_matched_nothing_are_known(tmp_path: Path) -> None:
    found = ignores(tmp_path, entry(LINKED.id) + entry("CVE-1999-1", 'tool = "go"'))
    apply(found)
    assert [one.words for one in found.unused] == ["CVE-1999-1 (tool go)"]


def test_installed_tools_too_and_nothing_else_changes(tmp_path: Path) -> None:
    found = ignores(tmp_path, entry("CVE-2024-22019"))
    done = found.apply(NODE)
    assert done != NODE
    assert replace(done, exposures=NODE.exposures, not_exposed=()) == NODE
    assert found.apply(skipped := Skipped(0, "x", "why")) is skipped
    assert found.apply(SERVER) is SERVER


@pytest.mark.parametrize(("text", "told"), [
    ('[[ignore]]\nid = "CVE-1"\nexpires = 2027-01-01', "entry 1: Object missing required field `reason`"),
    (entry("A") + '[[ignore]]\nid = "CVE-1"\nreason = "x"', "entry 2: Object missing required field `expires`"),
    (entry("A", 'until = "never"'), "entry 1: Object contains unknown field `until`"),
    (entry("A", day='"soon"'), "entry 1, 'expires': Expected `date`, got `str`"),
    ('[[ignore]]\nid = "CVE-1"\nreason = " "\nexpires = 2027-01-01', "entry 1: 'reason' is empty"),
    (entry(""), "entry 1: 'id' is empty"), ("[ignores]", "unknown field `ignores`"), ("no toml", "at line 1"),
])
def test_what_is_wrong_is_said(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(IgnoreError) as error:
        ignores(tmp_path, text)
    assert told in str(error.value)
    assert str(error.value).count("ignore.toml") == 1


def test_files_that_cannot_be_read_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IgnoreError, match="No such file"):
        load(tmp_path / "none.toml", TODAY)
    monkeypatch.setattr("builtby.advisories.ignore.MOST", 10)
    with pytest.raises(IgnoreError, match="larger than"):
        ignores(tmp_path, entry("A"))
    monkeypatch.undo()
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(IgnoreError, match=r"bad\.toml"):
        load(tmp_path / "bad.toml", TODAY)
