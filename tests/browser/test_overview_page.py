"""The overview in a real browser: on a desk, on a phone, on paper, and without scripts."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

WIDTHS = {"desk": 1280, "tablet": 768, "phone": 360}


@pytest.fixture
def page(browser: Any, warehouse: Any, address: str) -> Any:
    """The page over one fresh and one late stream; it fails on any error or foreign request."""
    with warehouse.connect() as owner:
        owner.execute(
            "INSERT INTO sync.stream (name, source, dataset, as_of, freshness, row_count,"
            " contract_hash) SELECT source || '.' || dataset, source, dataset, now() - age,"
            " '26 hours', 1234567, 'c' FROM (VALUES ('population', 'person', interval '1 hour'),"
            " ('social_insurance', 'participation', '2 days'))"
            " AS t (source, dataset, age)"
        )
        owner.execute(
            "INSERT INTO sync.batch (stream, batch_key, predecessor, state, fence, mode,"
            " contract_hash, landed_url, read, accepted, key_digest, content_digest, source_as_of,"
            " published_at, reason) VALUES ('population.person', 'k', '', 'published', 1,"
            " 'snapshot', 'c', 'x', 1234567, 1234567, 'd', 'd', now(), now(), NULL),"
            " ('social_insurance.participation', 'k', '', 'parked', 1, 'snapshot', 'c', 'x', 9, 0,"
            " 'd', 'd', now(), NULL, 'a-reason-in-one-very-long-word-' || repeat('x', 200))"
        )
        owner.execute(
            "INSERT INTO quality.rule_result SELECT 1, 'population.person', 'R' || n, c, 'warning',"
            " 1, 100, p, now() FROM (VALUES (1, 'dung', 99), (2, 'du', 80), (3, 'sach', 40))"
            " AS t (n, c, p)"
        )
        owner.execute(
            "INSERT INTO quality.batch_quality VALUES (1, 'population.person', 100, 40, now())"
        )
    opened = browser.new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("request", lambda sent: sent.url.startswith(address) or trouble.append(sent.url))
    opened.goto(address)
    yield opened
    assert trouble == []


@pytest.mark.parametrize("name", WIDTHS)
def test_nothing_runs_off_the_page(page: Any, name: str) -> None:
    page.set_viewport_size({"width": WIDTHS[name], "height": 800})
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    clipped = page.evaluate(
        "[...document.querySelectorAll('tbody th, td, .tag, caption, li')]"
        ".filter(e => e.offsetWidth > 1"
        " && e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.trim())"
    )
    assert clipped == []


def test_bands_differ_in_shape_and_word_not_only_in_colour(page: Any) -> None:
    shapes = page.evaluate(
        "['good', 'fair', 'poor'].map(b => { const s = getComputedStyle("
        "document.querySelector('.mark.' + b)); return s.borderRadius + s.clipPath })"
    )
    assert len(set(shapes)) == 3
    assert page.locator(".score .word").all_text_contents()[:3] == ["tốt", "cần chú ý", "yếu"]


def test_small_text_has_contrast(page: Any) -> None:
    weakest = page.evaluate(
        """() => {
        const linear = v => v <= 10 ? v / 3295 : ((v / 255 + .055) / 1.055) ** 2.4;
        const light = c => c.map(linear)
            .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
        const parse = s => s.match(/[\\d.]+/g).map(Number);
        const ground = e => { for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c.slice(0, 3) } return [255, 255, 255] };
        return Math.min(...[...document.querySelectorAll('p, th, td, span, a, strong, li, time')]
            .filter(e => e.innerText && e.offsetWidth > 1).map(e => {
                const [a, b] = [light(parse(getComputedStyle(e).color).slice(0, 3)),
                                light(ground(e))];
                return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) }));
        }"""
    )
    assert weakest >= 4.5


def test_the_keyboard_reaches_the_content_first(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_url("**/#main")


def test_it_works_without_scripts_and_switches_language(page: Any) -> None:
    assert page.locator("script").count() == 0
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").text_content() == "Data quality overview"
    page.get_by_role("link", name="Tiếng Việt").click()
    assert page.locator("html").get_attribute("lang") == "vi"


def test_it_prints_on_paper(page: Any) -> None:
    page.emulate_media(media="print")
    assert page.locator(".language").is_hidden()
    assert page.pdf(format="A4", landscape=True).startswith(b"%PDF")
