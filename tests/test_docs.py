"""The documentation: generated parts are fresh, links resolve, commands that it shows exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"builtby scan [^\n|>`]*?(--[a-z-]+)")


def text_of(page: Path) -> str:
    """Return a page without its code."""
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as mkdocs and GitHub make them."""
    headings = HEADING.findall(text_of(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_generated_parts_are_fresh() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_resolves(page: Path) -> None:
    for groups in LINK.findall(text_of(page)):
        target, _, anchor = next(filter(None, groups)).partition("#")
        if "://" in target:
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name}: {target}#{anchor}"


def test_every_page_can_be_reached() -> None:
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    linked = {(page.parent / groups[0].partition("#")[0]).resolve()
              for page in PAGES for groups in LINK.findall(text_of(page)) if groups[0] and "://" not in groups[0]}
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs")) in config or page.resolve() in linked, page


def test_every_decision_says_what_it_costs_and_is_short() -> None:
    for page in (ROOT / "docs/decisions").glob("0*.md"):
        text = page.read_text("utf-8")
        assert all(word in text for word in ("**Chosen**", "**Price**")) or "**Exception**" in text, page.name
        assert len(text.splitlines()) <= 25, page.name


def test_options_that_the_pages_show_exist() -> None:
    known = (ROOT / "docs/reference/cli.md").read_text("utf-8")
    for page in PAGES:
        for option in COMMAND.findall(page.read_text("utf-8")):
            assert option in known, f"{page.name}: {option}"


def test_readme_shows_the_picture_of_a_real_run() -> None:
    picture = (ROOT / "docs/assets/scan.svg").read_text("utf-8")
    assert "Built&#160;by" in picture
    assert "http" not in picture.replace("http://www.w3.org/", "").replace("https://www.w3.org/", "").replace(
        "https://www.textualize.io", "").replace("http://www.textualize.io", "")


def test_make_lists_its_targets() -> None:
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("demo", "test", "lint", "types", "bench", "fuzz", "docs"):
        assert re.search(rf"^  {target} ", done.stdout, re.MULTILINE), target
