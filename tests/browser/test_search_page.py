"""The search page as people use it: search, refine, open, switch language; mouse, keyboard, phone, no script."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

NANTES = "/?where=gare+de+Nantes&date=2026-11-24&from=09:00&to=12:00&need=wifi"


def found(page: Page) -> int:
    """How many places the page says it found."""
    return int(re.findall(r"\d+", page.locator("#count b").inner_text())[0])


def test_search_refine_and_open_a_place(desktop: Any) -> None:
    page = desktop.open()
    page.get_by_label("Où", exact=True).fill("gare de Nantes")
    page.get_by_role("button", name="Trouver").click()
    expect(page.locator("#count")).to_contain_text("près de Gare de Nantes")
    expect(page.locator("article.card").first).to_be_visible()
    before = found(page)

    page.locator("summary", has_text="Il me faut").click()
    page.get_by_role("checkbox", name="Wifi").first.check()
    expect(page).to_have_url(re.compile("need=wifi"))
    expect(page.locator("[data-need] .value")).to_have_text("Wifi")
    expect(page.locator("#answer")).not_to_have_attribute("aria-busy", "true")
    assert found(page) <= before
    page.get_by_role("radio", name="Au plus près").check()
    expect(page).to_have_url(re.compile("preset=closest"))

    name = page.locator("article.card h2").first.inner_text()
    page.locator("article.card h2 a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("link", name="Retour aux résultats").click()
    expect(page).to_have_url(re.compile("need=wifi"))


def test_suggestions_follow_what_is_typed(desktop: Any) -> None:
    page = desktop.open()
    where = page.get_by_role("combobox", name="Où", exact=True)
    where.press_sequentially("Nant", delay=20)
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    expect(where).to_have_attribute("aria-expanded", "true")
    where.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert where.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    where.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    where.fill("")
    where.press_sequentially("Nantes", delay=20)
    expect(options.first).to_contain_text("Nantes")
    where.press("ArrowDown")
    where.press("Enter")
    expect(where).to_have_value(re.compile("^Nantes"))
    where.press("Enter")
    expect(page.locator("#count")).to_contain_text("près de Nantes")


def test_enter_closes_the_suggestions(desktop: Any) -> None:
    page = desktop.open()
    where = page.get_by_role("combobox", name="Où", exact=True)
    where.press_sequentially("Saint-Denis", delay=20)
    expect(page.get_by_role("option").first).to_be_visible()
    where.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("plusieurs lieux")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(where).to_have_attribute("aria-expanded", "false")
    page.locator(".choices a", has_text="974").first.click()
    expect(page.locator("#count")).to_contain_text("Saint-Denis")


@pytest.mark.parametrize("pause_ms", [0, 300])
def test_late_suggestions_do_not_open_over_the_answer(desktop: Any, pause_ms: int) -> None:
    page = desktop.open()
    page.route("**/api/v1/suggest?*", lambda route: (time.sleep(0.8), route.continue_()))
    where = page.get_by_role("combobox", name="Où", exact=True)
    where.fill("Nantes")
    page.wait_for_timeout(pause_ms)  # 0: nothing was looked up yet; 300: the answer is on its way
    where.press("Enter")
    expect(page.locator("#count")).to_contain_text("près de Nantes")
    page.wait_for_timeout(1500)
    expect(page.locator("#suggestions")).to_be_hidden()


def test_the_address_tells_the_search_and_back_goes_back(desktop: Any) -> None:
    page = desktop.open(NANTES)
    page.get_by_role("checkbox", name="Calme souhaité").check()
    expect(page).to_have_url(re.compile("wish=quiet"))
    page.go_back()
    expect(page).not_to_have_url(re.compile("wish=quiet"))
    expect(page.get_by_role("checkbox", name="Calme souhaité")).not_to_be_checked()


def test_the_result_count_is_announced(desktop: Any) -> None:
    page = desktop.open(NANTES)
    page.get_by_role("radio", name="Le moins cher").check()
    expect(page.get_by_role("status")).to_contain_text("libres près de Gare de Nantes")


def test_the_style_of_maps_comes_with_a_map_only(desktop: Any) -> None:
    page = desktop.open()
    style = page.locator('link[href*="/static/map-"]')
    expect(style).to_have_count(0)
    page.goto(desktop.base_url + NANTES)
    expect(style).to_have_count(1)


def test_list_and_map_light_each_other_up(desktop: Any) -> None:
    page = desktop.open(NANTES)
    page.locator("li#r2").hover()
    expect(page.locator(".pin.lit")).to_have_text("2")
    page.locator(".pin", has_text=re.compile("^3$")).dispatch_event("pointerenter")
    expect(page.locator("li.lit .rank")).to_have_text("3")
    page.mouse.move(700, 5)
    page.locator("li#r4 h2 a").focus()
    expect(page.locator(".pin.lit")).to_have_text("4")


def test_moving_the_map_offers_to_search_there(desktop: Any) -> None:
    page = desktop.open(NANTES)
    here = page.get_by_role("link", name="Chercher ici")
    expect(here).to_be_hidden()
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 200, steps=6)
    page.mouse.up()
    expect(here).to_be_visible()
    here.click()
    expect(page.locator("#count")).to_contain_text("Zone de la carte")
    expect(page).to_have_url(re.compile(r"near=47\.\d{3}(%2C|,)-?\d\.\d{3}(&|$)"))


def test_around_me_searches_where_one_is(desktop: Any) -> None:
    desktop.context.grant_permissions(["geolocation"])
    desktop.context.set_geolocation({"latitude": 44.5181, "longitude": 3.5006})
    page = desktop.open()
    page.get_by_role("button", name="Autour de moi").click()
    expect(page.locator("#count")).to_contain_text("près de Autour de moi")
    assert found(page) > 0


def test_around_me_keeps_the_position_to_a_hundred_metres(desktop: Any) -> None:
    desktop.context.grant_permissions(["geolocation"])
    desktop.context.set_geolocation({"latitude": 44.5181234, "longitude": 3.5006789})
    page = desktop.open()
    page.get_by_role("button", name="Autour de moi").click()
    expect(page.locator("#count")).to_contain_text("près de Autour de moi")
    expect(page).to_have_url(re.compile(r"near=44\.518(%2C|,)3\.501(&|$)"))


def test_a_refused_position_says_what_to_do(desktop: Any) -> None:
    page = desktop.open()
    page.get_by_role("button", name="Autour de moi").click()
    expect(page.get_by_role("status")).to_contain_text("écrivez une commune")


def test_switching_language_keeps_the_search(desktop: Any) -> None:
    page = desktop.open(NANTES)
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#count")).to_contain_text("near Gare de Nantes, tomorrow")
    page.get_by_role("link", name="About").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_an_ambiguous_name_is_one_click_away(desktop: Any) -> None:
    page = desktop.open()
    page.get_by_label("Où", exact=True).fill("Saint-Denis")
    page.get_by_role("button", name="Trouver").click()
    expect(page.get_by_role("alert")).to_contain_text("plusieurs lieux")
    page.locator(".choices a", has_text="974").first.click()
    expect(page.locator("#count")).to_contain_text("Saint-Denis")


def test_a_community_changes_colours_and_words_only(desktop: Any) -> None:
    page = desktop.open(NANTES)
    colour = "getComputedStyle(document.querySelector('.go')).backgroundColor"
    before = page.evaluate(colour)
    page.locator("select[name=community]").select_option("ruraconnect")
    expect(page.locator(".logo")).to_contain_text("RuraConnect")
    assert page.evaluate(colour) != before


def test_keyboard_only(desktop: Any) -> None:
    page = desktop.open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#where")).to_be_focused()
    page.keyboard.type("Nantes 44000")
    page.keyboard.press("Enter")
    expect(page.locator("#count")).to_contain_text("Nantes")
    wait = page.locator("#map[data-ready]")
    expect(wait).to_have_count(1, timeout=20_000)

    stops = []
    for _ in range(120):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.closest('#map,footer,article,form')?.tagName ?? ''"))
        visible = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            " return e === document.body || s.outlineStyle !== 'none' || !!e.closest('.chip, .maplibregl-map') })()"
        )
        assert visible, page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
        if stops[-1] == "FOOTER":
            break
    assert stops[-1] == "FOOTER", "the keyboard never gets past the map"
    assert "ARTICLE" in stops


def test_a_result_opens_from_the_keyboard(desktop: Any) -> None:
    page = desktop.open(NANTES)
    page.locator("li#r1 h2 a").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/lieux/"))


def test_targets_are_large_enough(desktop: Any) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 CSS pixels, links within a sentence apart."""
    page = desktop.open(NANTES)
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, summary, nav a, .languages a, .bottom a, .chip')]
        .filter(e => e.getClientRects().length && !e.closest('.maplibregl-ctrl'))
        .map(e => [e.textContent.trim().slice(0, 30), e.getBoundingClientRect()])
        .filter(([, box]) => box.height < 22 || box.width < 24).map(([text, box]) => text + ' ' + box.height)"""
    )
    assert small == []


def test_on_a_phone_the_list_comes_first_and_nothing_overflows(phone: Any) -> None:
    page = phone.open(NANTES)
    assert page.evaluate("document.documentElement.scrollWidth") <= 412
    assert page.locator("#map").bounding_box()["y"] > page.locator("li#r1").bounding_box()["y"]
    page.get_by_role("link", name="Voir la carte").click()
    expect(page.locator("#map")).to_be_in_viewport()


def test_on_a_phone_one_can_search(phone: Any) -> None:
    page = phone.open()
    page.get_by_label("Où", exact=True).fill("Mende")
    page.get_by_role("button", name="Trouver").tap()
    expect(page.locator("#count")).to_contain_text("Mende")


@pytest.mark.parametrize("address", ["/", "/importer", "/a-propos", "/accessibilite", "/territoires", "/se-retrouver"])
def test_no_page_overflows_on_a_phone(phone: Any, address: str) -> None:
    page = phone.open(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 412


def test_without_scripts_everything_but_the_map_works(plain: Any) -> None:
    page = plain.context.new_page()
    page.goto(plain.base_url)
    page.locator("#where").fill("gare de Nantes")
    page.locator("summary", has_text="Il me faut").click()
    page.locator("input[name=need][value=wifi]").check()
    page.locator("input[name=preset][value=closest]").check()
    page.locator("button.go").click()
    assert "need=wifi" in page.url
    assert "preset=closest" in page.url
    assert page.locator("article.card").count() > 0
    assert page.locator("#around").is_hidden()
    page.locator("article.card h2 a").first.click()
    assert page.locator("h1").count() == 1
