"""The HTML report in a real browser: that it works, and that it does nothing that it must not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from builtby.model import Target
from builtby.reports.results import Results
from tests.reports.exposures import GO, exposed
from tests.reports.fleet import fleet
from tests.reports.hostile import NAMES, hostile
from tests.reports.records import artifact, render

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(20, 24, 31)"
MAKERS: dict[str, Callable[[], Results]] = {
    "few": exposed, "many": lambda: fleet(400), "hostile": hostile,
    "nothing": lambda: Results((Target("/empty", "directory"),)),
    "unjudged": lambda: exposed((artifact(1, "usr/bin/app", GO),), data=None),
}


@pytest.fixture(scope="session")
def pages(folder: Path) -> dict[str, str]:
    """The pages, by name, as addresses."""
    written = {}
    for name, make in MAKERS.items():
        with make() as results:
            (folder / f"{name}.html").write_bytes(render("html", results))
        written[name] = (folder / f"{name}.html").as_uri()
    return written


@contextmanager
def opened(browser: Browser, address: str, *, width: int = 1280, **more: Any) -> Iterator[Page]:  # noqa: ANN401
    """Open a page, and see that it is silent and alone: nothing on the console, nothing asked for but itself."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
    page.on("request", lambda request: said.append(request.url) if request.url != address else None)
    page.goto(address)
    yield page
    context.close()
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", sorted(MAKERS.keys() - {"many"}))
def test_accessible(browser: Browser, pages: dict[str, str], name: str, scheme: str) -> None:
    with opened(browser, pages[name], color_scheme=scheme, bypass_csp=True) as page:
        page.evaluate("for (const one of [...document.querySelectorAll('details')].slice(0, 5)) one.open = true")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 700, 1280])
@pytest.mark.parametrize("name", MAKERS)
def test_nothing_sticks_out(browser: Browser, pages: dict[str, str], name: str, width: int) -> None:
    with opened(browser, pages[name], width=width) as page:
        page.evaluate("for (const one of [...document.querySelectorAll('details')].slice(0, 20)) one.open = true")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def shown(page: Page, table: str) -> int:
    return int(page.locator(f"#{table} tbody tr:visible").count())


def test_search_filters_and_says_how_many(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["many"]) as page:
        box = page.get_by_role("search", name="Artifacts").get_by_role("searchbox")
        everything = shown(page, "artifacts")
        box.fill("GO 1.19.8 service")
        found = shown(page, "artifacts")
        assert 0 < found < everything
        assert all("1.19.8" in text for text in page.locator("#artifacts tbody tr:visible").all_inner_texts())
        assert page.get_by_role("search", name="Artifacts").get_by_role("status").inner_text() == \
            f"{found} of {everything} rows"
        box.fill("there is no such thing")
        assert shown(page, "artifacts") == 0
        box.fill("")
        assert shown(page, "artifacts") == everything


def column(page: Page, table: str, place: int) -> list[float]:
    cells = page.locator(f"#{table} tbody tr > :nth-child({place}) data")
    return [float(value) for value in cells.evaluate_all("all => all.map(one => one.value)")]


def test_sort_by_number_and_by_text_with_the_keyboard(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["many"]) as page:
        head = page.locator("#artifacts thead th", has_text="size")
        head.get_by_role("button").focus()
        for order, backwards in (("descending", True), ("ascending", False)):
            page.keyboard.press("Enter")
            assert head.get_attribute("aria-sort") == order
            sizes = column(page, "artifacts", 3)
            assert sizes == sorted(sizes, reverse=backwards)
        path = page.locator("#artifacts thead th", has_text="path")
        path.get_by_role("button").click()
        assert (path.get_attribute("aria-sort"), head.get_attribute("aria-sort")) == ("ascending", None)
        rating = page.locator("#advisories thead th", has_text="rating")
        rating.get_by_role("button").click()
        scores = column(page, "advisories", 2)
        assert scores == sorted(scores, reverse=True)
        assert scores[-1] == -1


def test_colours_follow_the_reader_and_the_button(browser: Browser, pages: dict[str, str]) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    for scheme, first, second in (("light", LIGHT, DARK), ("dark", DARK, LIGHT)):
        with opened(browser, pages["few"], color_scheme=scheme) as page:
            assert page.evaluate(colour) == first
            page.get_by_role("button", name="colours").click()
            assert page.evaluate(colour) == second
            page.emulate_media(media="print")
            assert page.evaluate(colour) == LIGHT


def test_everything_is_there_without_scripts(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["few"], java_script_enabled=False) as page:
        assert page.locator("table").count() >= 5
        assert page.get_by_role("button").count() == 0
        touched = page.locator("#advisories details").first
        assert not touched.locator("li").first.is_visible()
        touched.locator("summary").click()
        assert touched.locator("li").first.is_visible()


def test_the_keyboard_reaches_everything(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["few"]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the summary"
        reached = set()
        for _ in range(200):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.tagName")
            reached.add(name)
            assert name == "BODY" or page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            if name == "BODY":
                break
        assert {"A", "BUTTON", "INPUT", "SUMMARY"} <= reached


def test_names_of_strangers_do_nothing(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["hostile"]) as page:
        assert page.evaluate("window.struck") is None
        assert page.locator("img, iframe, base, form, object, main a:not([href^='http'])").count() == 0
        assert page.locator("script").count() == 1
        rows = page.locator("#artifacts tbody tr")
        assert rows.count() == len(NAMES)
        text = page.locator("body").inner_text()
        assert "<script>" in text
        assert not set("\u202e\u2066\x07") & set(text)


def test_printing_opens_what_is_folded(browser: Browser, pages: dict[str, str]) -> None:
    with opened(browser, pages["few"]) as page:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("#advisories details:not([open])").count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("#advisories details[open]").count() == 0


def test_twenty_thousand_artifacts_open_and_search_quickly(browser: Browser, folder: Path) -> None:
    page_file = folder / "large.html"
    with fleet(20_000) as results:
        page_file.write_bytes(render("html", results))
    with opened(browser, page_file.as_uri()) as page:
        assert shown(page, "advisories") > 250
        taken = page.evaluate("""() => {
            const box = document.querySelector("[aria-label=Artifacts] input"), before = performance.now();
            box.value = "service 1.19.8";
            box.dispatchEvent(new Event("input"));
            return performance.now() - before;
        }""")
        assert taken < 2000
