"""The page of a build in a real browser: that it works, and that it does nothing that it must not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from builtby.builds.documents.registry import all_documents
from builtby.builds.model import Record
from tests.browser.test_html_report import DARK, LIGHT, opened
from tests.builds.documents.builds import EMPTY, build
from tests.builds.documents.large import hostile, large

MAKERS: dict[str, Callable[[], Record]] = {
    "build": build, "many": lambda: large(400, 2000), "hostile": hostile, "empty": lambda: EMPTY}


def put(folder: Path, name: str, record: Record) -> str:
    file = folder / f"record-{name}.html"
    file.write_bytes(b"".join(all_documents()["html"].write(record)))
    return file.as_uri()


@pytest.fixture(scope="session")
def built(folder: Path) -> dict[str, str]:
    """The pages, by name, as addresses."""
    return {name: put(folder, name, make()) for name, make in MAKERS.items()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", MAKERS)
def test_accessible(browser: Browser, built: dict[str, str], name: str, scheme: str) -> None:
    with opened(browser, built[name], color_scheme=scheme, bypass_csp=True) as page:
        page.evaluate("for (const one of [...document.querySelectorAll('details')].slice(0, 5)) one.open = true")
        if name != "empty":
            page.get_by_role("button", name="Next program").click()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 700, 1280])
@pytest.mark.parametrize("name", MAKERS)
def test_nothing_sticks_out(browser: Browser, built: dict[str, str], name: str, width: int) -> None:
    with opened(browser, built[name], width=width) as page:
        if name != "empty":
            page.get_by_role("button", name="Next program").click()
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def said(page: Page) -> str:
    return str(page.locator("#time-said").inner_text())


def test_search_finds_programs_and_tells_of_each_with_the_keyboard_alone(
        browser: Browser, built: dict[str, str]) -> None:
    with opened(browser, built["many"]) as page:
        box = page.get_by_role("search", name="Programs over time").get_by_role("searchbox")
        box.focus()
        page.keyboard.type("unit77.c")
        assert page.locator("#time-chart svg:not(.faint)").count() == 1
        page.keyboard.press("Enter")
        assert "unit77.c" in said(page)
        assert "started by" in said(page)
        assert "make" in said(page)
        inside = """() => {
            const bar = document.querySelector("#time-chart .chosen").getBoundingClientRect();
            const view = document.getElementById("time-view").getBoundingClientRect();
            return bar.left >= view.left && bar.right <= view.right && bar.width > 20;
        }"""
        assert page.evaluate(inside)
        box.fill("no such program")
        page.keyboard.press("Enter")
        assert page.get_by_role("search", name="Programs over time").get_by_role("status").first.inner_text() == \
            "0 of 402"


def test_zoom_by_button_and_key_and_a_bar_tells_of_itself(browser: Browser, built: dict[str, str]) -> None:
    width = "document.getElementById('time-chart').getBoundingClientRect().width"
    with opened(browser, built["build"]) as page:
        before = page.evaluate(width)
        page.get_by_role("button", name="Look closer").click()
        assert page.evaluate(width) == pytest.approx(2 * before, rel=0.01)
        page.locator("#time-view").focus()
        page.keyboard.press("-")
        assert page.evaluate(width) == pytest.approx(before, rel=0.01)
        page.locator("#time-chart svg.p-compiler").click()
        assert "NOT as it shipped it" in said(page)
        assert "cc1 is not what its package shipped" in said(page)


def test_colours_follow_the_reader(browser: Browser, built: dict[str, str]) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    for scheme, wanted in (("light", LIGHT), ("dark", DARK)):
        with opened(browser, built["build"], color_scheme=scheme) as page:
            assert page.evaluate(colour) == wanted


def test_without_scripts_the_picture_and_the_lists_are_there(browser: Browser, built: dict[str, str]) -> None:
    with opened(browser, built["build"], java_script_enabled=False) as page:
        assert page.locator("#time-chart svg").count() == 6
        assert page.locator(".flow rect").count() >= 4
        assert page.locator("table").count() >= 5
        assert page.get_by_role("button").count() == 0


def test_names_of_strangers_do_nothing(browser: Browser, built: dict[str, str]) -> None:
    with opened(browser, built["hostile"]) as page:
        for _ in range(8):
            page.get_by_role("button", name="Next program").click()
        assert page.evaluate("window.struck") is None
        assert page.locator("img, iframe, base, form, object, main a:not([href^='#'])").count() == 0
        assert page.locator("script").count() == 2
        assert not set("\u202e\u2066\x07") & set(page.locator("body").inner_text())


def test_thousands_of_programs_and_files_stay_usable(browser: Browser, folder: Path) -> None:
    address = put(folder, "large", large())
    with opened(browser, address) as page:
        taken = page.evaluate("""() => {
            const before = performance.now(), box = document.querySelector("#time-tools input");
            box.value = "unit5";
            box.dispatchEvent(new Event("input"));
            document.querySelector("[aria-label='Look closer']").click();
            document.getElementById("time-view").getBoundingClientRect();
            return performance.now() - before;
        }""")
        assert taken < 2000
