"""The report page in Chromium: no complaint, no request; it draws, sorts, searches, and can be read.

Skipped where no Chromium is installed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jinja2")
pytest.importorskip("plotly")
pytest.importorskip("playwright.sync_api")

from playwright.sync_api import sync_playwright

import finopt
from finopt.problem.instance import Instance
from finopt.reporting.page import report
from tests.reporting.pages import MARKUP, PAPER, fleet, named, small

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

if CHROMIUM is None:
    pytest.skip("no Chromium is installed", allow_module_level=True)

pytestmark = pytest.mark.slow

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

PATIENCE = 60_000
"""Milliseconds after which a page that does nothing is given up."""

CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.getClientRects().length || element.closest("button:disabled")) continue;
    const style = getComputedStyle(element);
    const ink = parse(element instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(element))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), element.tagName + ": " + element.textContent.trim().slice(0, 40)]);
  }
  return found.sort((x, y) => x[0] - y[0]).slice(0, 3);
}"""


@dataclass
class Opened:
    """A page in the browser, and everything that it should not have done."""

    page: Any
    wrong: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        """What the elements say."""
        found: list[str] = self.page.locator(selector).all_text_contents()
        return found

    def until(self, truth: str) -> None:
        """Wait for something; playwright's own way evaluates a text in the page, which the page forbids."""
        for _ in range(PATIENCE // 100):
            if self.page.evaluate(truth):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"never came true: {truth}")

    def column(self, number: int) -> list[str]:
        """The cells of a column of the table of applications, on the page that is shown."""
        return self.texts(f"#applications tbody td:nth-child({number + 1})")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of every kind."""
    where = tmp_path_factory.mktemp("pages")
    paper = finopt.load(PAPER)
    assert isinstance(paper, Instance)
    places = {"edge": (10.0, 50.0), "cloud": (9.0, 48.0), "device": (11.0, 51.0)}
    report(paper, finopt.solve(paper), where / "one.html", fronts=finopt.pareto(paper), positions=places)
    late = small(applications=[{**small().model_dump()["applications"][0], "max_latency": 1e-3}])
    report(late, finopt.solve(late), where / "none.html")
    report(named(MARKUP, 3), finopt.solve(named(MARKUP, 3)), where / "markup.html")
    several = finopt.generate_fleet(120, 12, 4, 2, seed=3)
    report(several, finopt.solve(several, time_limit=3), where / "several.html")
    many, placed = fleet(10_000)
    report(many, placed, where / "many.html", time_limit=1.0)
    return where


@pytest.fixture
def opened(browser: Any, folder: Path) -> Iterator[Any]:
    """Opens a page; at the end of the test nothing may have gone wrong."""
    contexts, pages = [], []

    def open_page(name: str, width: int = 1200, **look: Any) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, **look)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        found = Opened(context.new_page())
        pages.append(found)
        found.page.on(
            "console", lambda m: found.wrong.append(m.text) if m.type in ("error", "warning") else None
        )
        found.page.on("pageerror", lambda error: found.wrong.append(str(error)))
        found.page.on("dialog", lambda dialog: (found.wrong.append("a dialog"), dialog.dismiss()))
        found.page.on(
            "request",
            lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else found.wrong.append(r.url),
        )
        found.page.goto((folder / f"{name}.html").as_uri())
        return found

    yield open_page
    for context in contexts:
        context.close()
    assert [found.wrong for found in pages if found.wrong] == []


EVERY = ("one", "none", "markup", "several", "many")


@pytest.mark.parametrize("name", EVERY)
def test_it_loads_draws_every_picture_and_can_be_read(name: str, opened: Any) -> None:
    found = opened(name)
    count = len(found.page.evaluate("JSON.parse(document.getElementById('specs').textContent)"))
    assert found.page.locator(".chart").count() == count
    assert found.page.locator(".chart .main-svg .xaxislayer-above").count() >= count
    assert (count == 0) == (name == "none")
    for box in found.page.locator(".chart").all():
        assert box.get_attribute("role") == "img" and box.get_attribute("aria-label")
    for details in found.page.locator("summary").all():
        details.click()
    for width, scheme in ((1200, "light"), (400, "dark")):
        found.page.set_viewport_size({"width": width, "height": 900})
        found.page.emulate_media(color_scheme=scheme)
        found.until(f"Array.from(document.querySelectorAll('.chart')).every((c) => c.scrollWidth <= {width})")
        assert found.page.evaluate("document.scrollingElement.scrollWidth") <= width
        paper = found.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
        worst = found.page.evaluate(CONTRAST)
        assert worst[0][0] >= 4.5, worst


def test_the_bars_of_one_plan(opened: Any) -> None:
    found = opened("one")
    assert found.page.locator("#latency .bars .point path").count() == 3
    ticks = [text.strip("\u2068\u2069") for text in found.texts("#energy-node .yaxislayer-above text")]
    assert ticks == ["edge", "device"]
    assert found.page.locator("#front .scatterlayer .trace").count() == 4


def test_the_table_sorts_and_turns_its_pages(opened: Any) -> None:
    found = opened("several")
    titles = found.texts("#applications th")
    energy = next(k for k, title in enumerate(titles) if title.startswith("energy"))
    assert found.column(0)[:3] == ["app0", "app1", "app2"]
    button = found.page.get_by_role("button", name=titles[energy])
    button.click()
    falling = list(map(float, found.column(energy)))
    assert falling == sorted(falling, reverse=True) and len(falling) == 50
    assert found.page.locator("#applications th").nth(energy).get_attribute("aria-sort") == "descending"
    button.press("Enter")
    rising = list(map(float, found.column(energy)))
    assert rising == sorted(rising) and rising[0] <= falling[-1]
    found.page.locator("#after").click()
    found.page.locator("#after").click()
    assert found.texts("#page") == ["page 3 of 3"]
    last = list(map(float, found.column(energy)))
    assert len(last) == 20 and last[-1] == falling[0]
    assert found.page.locator("#after").is_disabled()


def test_names_are_sorted_by_the_numbers_in_them(opened: Any) -> None:
    found = opened("several")
    found.page.get_by_role("button", name="application", exact=True).click()
    assert found.column(0)[:12] == [f"app{k}" for k in range(12)]


def test_the_table_is_searched(opened: Any) -> None:
    found = opened("several")
    found.page.locator("#search").fill("app11")
    assert found.column(0) == ["app11", *(f"app{k}" for k in range(110, 120))]
    assert found.texts("#found") == ["11 of 120"]
    found.page.locator("#search").fill("APP11 app119")
    assert found.column(0) == ["app119"]
    found.page.locator("#search").fill("nothing like it")
    assert found.column(0) == []
    found.page.locator("#search").fill("")
    assert found.texts("#found") == ["120 applications"]


def test_ten_thousand_rows_are_shown_fifty_at_a_time(opened: Any) -> None:
    found = opened("many")
    assert found.texts("#found") == ["10000 applications"]
    assert len(found.column(0)) == 50
    titles = found.texts("#applications th")
    found.page.get_by_role("button", name=next(t for t in titles if t.startswith("power"))).click()
    found.page.locator("#search").fill("app9999")
    assert found.column(0) == ["app9999"]


def test_names_with_markup_stay_text(opened: Any) -> None:
    found = opened("markup")
    assert found.page.locator("b, [onclick]").count() == 0
    harmless = opened("several")
    assert found.page.locator("script").count() == harmless.page.locator("script").count()
    visible = " ".join(found.page.locator("h1").inner_text().split())
    assert visible.startswith("</script><script>alert('1')</script><b onclick=\"x\">&amp;")
    assert found.column(0)[0].startswith("</script><script>")
    ticks = found.page.locator("#latency .yaxislayer-above text").first.text_content()
    assert ticks.strip("\u2068\u2069").startswith("</script><script>")
    assert "svg" not in found.page.evaluate("document.body.innerText").lower()


def test_pictures_follow_the_window(opened: Any) -> None:
    found = opened("one")
    before = found.page.locator("#latency .main-svg").first.bounding_box()["width"]
    found.page.set_viewport_size({"width": 400, "height": 900})
    found.until("document.querySelector('#latency .main-svg').getBoundingClientRect().width < 400")
    assert before > 900


def test_on_paper_it_is_light_and_pictures_fit(opened: Any) -> None:
    found = opened("one", color_scheme="dark")
    found.page.emulate_media(media="print")
    assert found.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    found.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert found.page.locator("#latency .main-svg").first.bounding_box()["width"] == pytest.approx(640, abs=1)
    found.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    found.until("document.querySelector('#latency .main-svg').getBoundingClientRect().width > 900")
    assert found.page.pdf().startswith(b"%PDF")


def test_without_scripts_the_text_and_the_first_rows_are_there(opened: Any) -> None:
    found = opened("several", java_script_enabled=False)
    assert found.page.locator("#applications tbody tr").count() == 50
    assert found.page.get_by_text("The first 50 of 120: the others need the page's script.").is_visible()
    assert not opened("several").page.locator("#unscripted").is_visible()
    assert not found.page.locator("#search").is_visible()
    assert np.isfinite(float(found.texts("#applications tbody tr:first-child td.figure")[0]))
