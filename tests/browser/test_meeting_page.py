"""The page of several people who meet, as they use it: mouse, keyboard, phone, no script."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

NANTES = "/se-retrouver?person=Nantes&person=Rezé:bike&person=gare+de+Nantes:walk&date=2026-11-24"


def test_two_people_find_where_to_meet(desktop: Any) -> None:
    page = desktop.open()
    page.get_by_role("link", name="Se retrouver", exact=True).click()
    page.get_by_label("Personne 1", exact=True).fill("Nantes")
    page.get_by_label("Personne 2", exact=True).fill("Rezé")
    page.get_by_label("Personne 2", exact=True).press("Escape")
    page.get_by_label("Comment se déplace la personne 2").select_option("bike")
    page.get_by_role("button", name="Trouver").last.click()
    expect(page.locator("#count")).to_contain_text("entre Nantes (44) et Rezé (44)")
    expect(page).to_have_url(re.compile("person=Nantes"))
    first = page.locator("article.card").first
    expect(first.get_by_role("list", name="Trajets").get_by_role("listitem")).to_have_count(2)
    expect(first.get_by_role("list", name="Trajets")).to_contain_text("à vélo")
    expect(page.locator(".start-mark")).to_have_count(2)


def test_enter_asks_and_does_not_remove_anybody(desktop: Any) -> None:
    page = desktop.open(NANTES)
    page.get_by_label("Personne 3", exact=True).press("Enter")
    expect(page.locator("#count")).to_contain_text("Gare de Nantes")
    expect(page.locator("input[name=person]")).to_have_count(3)


def test_list_and_map_light_each_other_up(desktop: Any) -> None:
    page = desktop.open(NANTES)
    page.locator("li#r2").hover()
    expect(page.locator(".pin.lit")).to_have_text("2")


def test_suggestions_stand_under_their_line(desktop: Any) -> None:
    page = desktop.open("/se-retrouver")
    second = page.get_by_label("Personne 2", exact=True)
    second.press_sequentially("Nantes", delay=20)
    expect(page.locator("#suggestions-person-2 [role=option]").first).to_contain_text("Nantes")
    second.press("ArrowDown")
    second.press("Enter")
    expect(second).to_have_value(re.compile("^Nantes"))


def test_an_empty_answer_leads_on(desktop: Any) -> None:
    page = desktop.open("/se-retrouver?person=Nantes:15min&person=Mende:15min&date=2026-11-24")
    page.get_by_role("button", name="Accepter jusqu’à").click()
    expect(page.locator("article.card").first).to_be_visible()


def test_the_same_hours_are_asked_for_several_weeks(desktop: Any) -> None:
    page = desktop.open(NANTES)
    page.get_by_text("Plus de critères").click()
    page.get_by_label("Le même jour, aux mêmes heures").select_option("3")
    page.get_by_label("Libre au plus grand nombre de ces dates").check()
    page.get_by_role("button", name="Trouver").last.click()
    expect(page.locator("#count")).to_contain_text("3 semaines de suite")
    expect(page).to_have_url(re.compile("weeks=3&dates=most"))
    expect(page.locator("article.card").first).to_contain_text("fois sur 3")


def fill_and_find(page: Page) -> None:
    page.locator("#person-1").fill("Nantes")
    page.locator("button[value=add]").click()
    page.locator("#person-3").fill("12 rue de Strasbourg, Nantes")
    page.locator("button[value=find]").last.click()


def test_without_scripts_people_are_added_and_find_a_place(plain: Any) -> None:
    page = plain.context.new_page()
    page.goto(plain.base_url + "/se-retrouver")
    fill_and_find(page)
    assert page.locator("article.card").count() > 0
    assert "Strasbourg" not in page.url


def test_on_a_phone_nothing_overflows(phone: Any) -> None:
    page = phone.open(NANTES)
    assert page.evaluate("document.documentElement.scrollWidth") <= 412
    assert page.locator("#map").bounding_box()["y"] > page.locator("li#r1").bounding_box()["y"]


def test_targets_are_large_enough(desktop: Any) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 CSS pixels."""
    page = desktop.open(NANTES)
    small = page.evaluate(
        """() => [...document.querySelectorAll('#meet :is(button, select, input, summary)')]
        .filter(e => !e.matches('.visually-hidden, details > :not(summary) *'))
        .map(e => [e.outerHTML.slice(0, 60), e.getBoundingClientRect()])
        .filter(([, box]) => box.height < 24 || box.width < 24).map(([text, box]) => text + ' ' + box.height)"""
    )
    assert small == []
