"""The HTML report as bytes: whole, alone, harmless, bounded. What a browser makes of it: tests/browser."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import pytest

from builtby.model import Target
from builtby.reports import html, html_lists
from builtby.reports.base import ReportOptions
from builtby.reports.html_figures import Figures, State, state_of
from builtby.reports.html_overview import age
from builtby.reports.html_text import esc
from builtby.reports.results import Results
from tests.reports.exposures import BUILD_HOST, CODEGEN, DATA, GO, LINKED, OLD, RUNTIME, UNSCORED, exposed
from tests.reports.fleet import fleet
from tests.reports.hostile import hostile
from tests.reports.records import DEBIAN, GCC, LD, artifact, render, results

VOID = {"meta", "br", "rect", "link", "input"}


class Page(HTMLParser):
    """A page taken apart: its tags, their attributes, its text, and whether everything that opens closes."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.inline: dict[str, str] = {}
        self.feed(raw.decode())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.inline[self.open[-1]] = data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def rows(self) -> int:
        return sum(tag == "tr" for tag, _ in self.tags)


def page(found: Results, timestamp: int | None = None) -> Page:
    return Page(render("html", found, ReportOptions(timestamp=timestamp)))


@pytest.mark.parametrize("make", [
    exposed, hostile, results, lambda: fleet(200), lambda: Results((Target("/x", "directory"),)), Results,
])
def test_every_page_is_whole_and_alone(make: "type[Results]") -> None:
    with make() as found:
        shown = page(found)
    policy = next(attrs["content"] for _, attrs in shown.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(shown.inline[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    loads = {"src", "srcset", "data", "action", "background", "poster", "style", "formaction"}
    for tag, attrs in shown.tags:
        assert not loads & attrs.keys(), tag
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form"), tag
        assert not any(name.startswith("on") for name in attrs), tag
        if tag == "a":
            assert (attrs["href"] or "").startswith(("https://", "http://", "#"))
    assert "url(" not in shown.inline["style"]
    assert "@import" not in shown.inline["style"]
    assert not re.search(r"fetch|XMLHttp|import\(|eval|innerHTML|localStorage", shown.inline["script"])


def test_headings_tables_and_charts_say_what_they_are() -> None:
    shown = page(exposed())
    tags = [tag for tag, _ in shown.tags]
    assert [tags.count(name) for name in ("main", "header", "footer", "h1")] == [1, 1, 1, 1]
    assert tags.count("table") == tags.count("caption")
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in shown.tags if tag == "th")
    assert all(attrs["role"] == "img" and attrs["aria-label"] for tag, attrs in shown.tags if tag == "svg")
    names = [attrs["id"] for _, attrs in shown.tags if "id" in attrs]
    assert len(set(names)) == len(names)
    assert {attrs["aria-labelledby"] for _, attrs in shown.tags if "aria-labelledby" in attrs} <= set(names)


def test_the_summary_says_what_matters_in_words() -> None:
    text = page(exposed()).text
    assert "builtby looked at 6 artifacts (6.0 kB). All bear marks of 2 tools." in text
    assert "1 artifact must be rebuilt because" in text
    assert "for 1 more that is to be checked" in text
    assert "6 vulnerabilities concern what was found: 5 what built the artifacts, 1 only installed tools. 1 is" in text
    assert "embedded advisory data of 2026-08-23 (2,836 records). There is no data for ld and maturin" in text
    assert "go 1.19.8: CVE-2023-44487 high 7.5 exploited in 1 artifact" in text
    assert "support of 1.19 ended on 2023-09-06. 2 artifacts. Supported: 1.26." in text


def test_what_could_not_be_decided_is_said() -> None:
    from msgspec.structs import replace

    data = replace(DATA, undecided={"gcc": ("CVE-1", "CVE-2"), "ld": ("CVE-3",)})
    assert "3 advisories of gcc and ld could not be decided: no versions are named" in page(exposed(data=data)).text


def test_what_was_not_judged_is_not_called_clean() -> None:
    text = page(results()).text
    assert "Nothing was judged" in text
    assert "No exposure is known" not in text
    assert "Vulnerabilities 0" not in text
    clean = page(exposed((artifact(1, "usr/bin/clean", GCC),))).text
    assert "No exposure is known for the tools of which there is advisory data" in clean


@pytest.mark.parametrize(("exposures", "made", "state"), [
    ((BUILD_HOST, LINKED, CODEGEN, RUNTIME, OLD), GO, State.REBUILD), ((BUILD_HOST, CODEGEN), GCC, State.CHECK),
    ((UNSCORED,), GO, State.CHECK), ((RUNTIME, BUILD_HOST), GO, State.RUNTIME), ((OLD, BUILD_HOST), GO, State.BUILDER),
    ((OLD,), GO, State.UNSUPPORTED), ((), GCC, State.NONE), ((), DEBIAN, State.NONE), ((), LD, State.UNMARKED),
])
def test_an_artifact_counts_once_by_the_most_pressing_thing(exposures: tuple[object, ...], made: object,
                                                            state: State) -> None:
    assert state_of(artifact(1, "x", made, exposures=exposures), DATA) is state  # type: ignore[arg-type]  # a tool


def test_no_data_is_not_none_known() -> None:
    from msgspec.structs import replace

    maturin = replace(GCC, tool="maturin")
    assert state_of(artifact(1, "x", maturin), DATA) is State.NO_DATA
    assert state_of(artifact(1, "x", maturin, GCC), DATA) is State.NONE
    assert state_of(artifact(1, "x", GCC), None) is State.NO_DATA
    assert state_of(artifact(1, "x"), DATA) is State.UNMARKED


def test_numbers_add_up() -> None:
    with fleet(1000) as found:
        figures = Figures(found)
        assert figures.states.total() == 1000
        rebuild = sum(state_of(one, found.advisories) is State.REBUILD for one in found.artifacts)
        assert figures.states[State.REBUILD] == rebuild == sum(one.artifacts for one in figures.rebuilt.values())
        touched = {one.id for made in found.artifacts for one in made.exposures if one.class_ != OLD.class_}
        assert {one.worst.id for one in figures.advised() if one.artifacts} == touched


def test_many_rows_are_summed_up_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_lists, "ROWS", 100)
    with fleet(1000) as found:
        shown = page(found)
        figures = Figures(found)
    listed = re.search(r"Not listed: (.*?)\. The whole list is in builtby scan -f json", shown.text)
    assert listed
    left = {words.split(" ", 1)[1]: int(words.split(" ", 1)[0]) for words in listed[1].split(", ")}
    assert sum(left.values()) == 900
    assert left["must be rebuilt"] == figures.states[State.REBUILD] - 100
    assert f"{len(figures.advised()) - 100} more are not listed" in shown.text


def test_size_is_bounded_and_what_needs_most_is_listed() -> None:
    with fleet(20_000) as found:
        assert len(Figures(found).advised()) >= 300
        raw = render("html", found)
        assert len(raw) < 6_000_000
        text = Page(raw).text
    assert "20,000 artifacts" in text
    assert "Not listed: " in text


def test_it_streams() -> None:
    pieces: list[int] = []

    class Stream(io.BytesIO):
        def write(self, data: object) -> int:
            pieces.append(len(data))  # type: ignore[arg-type]  # bytes
            return pieces[-1]

    with fleet(2000) as found:
        html.write(found, Stream(), ReportOptions())
    assert max(pieces) < 400_000
    assert len(pieces) > 5


def test_the_same_scan_gives_the_same_bytes() -> None:
    assert render("html", exposed()) == render("html", exposed())
    at = ReportOptions(timestamp=1_700_000_000)
    with exposed(buffer=200) as spilled:
        assert render("html", spilled, at) == render("html", exposed(), at)
    assert "2023-11-14 22:13 UTC" in page(exposed(), 1_700_000_000).text
    assert "UTC" not in page(exposed()).text


def test_text_of_strangers_is_harmless() -> None:
    assert esc("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
    assert esc("a\u202eb\nc\x00\x1b") == "a\\x202eb\\x0ac\\x00\\x1b"
    assert len(esc("x" * 4096)) == 241
    raw = render("html", hostile()).decode()
    assert raw.count("<script>") == 1
    assert raw.count("</script>") == 1
    assert "<img" not in raw
    assert "javascript:" not in re.sub(r"<(?:bdi|title|dim)[^>]*>[^<]*", "", raw).split("<body>")[1].split("href=")[0]
    assert not set("\u202e\u2066\u2069\x00\x1b\x07\r") & set(raw)


def test_new_and_accepted_are_shown() -> None:
    from msgspec.structs import replace

    from builtby.model import ExposureStatus

    accepted = replace(OLD, status=ExposureStatus.IGNORED, reason="accepted until 2027: so be it")
    record = artifact(1, "x", GO, exposures=(replace(LINKED, new=True), replace(BUILD_HOST, new=False)),
                      not_exposed=(accepted,))
    text = page(exposed((record,))).text
    assert "1 new" in text
    assert "1 exposure is new since the baseline" in text
    assert "accepted until 2027: so be it" in text


@pytest.mark.parametrize("ordered", [
    ["", "1.9", "1.10", "1.10.1"], ["12.2.0", "14.2.0"], ["17.0.9+9", "17.0.10+1"], ["8u191", "8u491", "11.0.1"],
])
def test_versions_by_age(ordered: list[str]) -> None:
    assert [age(one) for one in ordered] == sorted(map(age, ordered))
