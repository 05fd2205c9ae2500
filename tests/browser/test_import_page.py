"""A community brings its list, in a browser: drop, read, publish, find, undo."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ROOMS = """Nom;Adresse;CP;Ville;Latitude;Longitude;Horaires;Nombre de places;Tarif demi-journée;Commentaire
Atelier des Couëts;1 rue du Port;44340;Bouguenais;47.1920;-1.5900;Mo-Fr 08:00-18:00;6;5 €;au fond de la cour
Sans adresse;;;;;;;;;
""".encode()


def test_a_list_is_dropped_read_published_found_and_undone(desktop: Any, live_server: Any) -> None:
    page = desktop.open("/importer")
    page.get_by_label("Fichier").set_input_files({"name": "espaces.csv", "mimeType": "text/csv", "buffer": ROOMS})
    page.get_by_label("Clé de votre communauté").first.fill(live_server.key)
    page.get_by_label("Les hôtes de ces lieux ont donné leur accord").check()
    page.get_by_role("button", name="Lire la liste").click()

    expect(page.get_by_role("heading", name=re.compile("compris de « espaces.csv »"))).to_be_visible()
    expect(page.locator(".counters .accepted")).to_contain_text("1 nouveau lieu")
    expect(page.locator(".counters .rejected")).to_contain_text("1 rejetée")
    expect(page.get_by_role("region", name="Lignes rejetées")).to_contain_text("2")
    expect(page.get_by_role("region", name="Exemples")).to_contain_text("Atelier des Couëts")
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    assert live_server.key not in page.url

    page.get_by_label("Clé de votre communauté").fill(live_server.key)
    page.get_by_role("button", name="Publier").click()
    expect(page.get_by_role("heading", name="Votre liste est publiée")).to_be_visible()
    assert live_server.key not in page.content()
    found = desktop.open("/?where=Bouguenais+44340&date=2026-11-24&reach=5km")
    expect(found.locator(".cards")).to_contain_text("Atelier des Couëts")
    found.close()

    page.get_by_label("Clé de votre communauté").fill(live_server.key)
    page.get_by_role("button", name="Annuler l’import").click()
    expect(page.get_by_role("status")).to_contain_text("L’import est annulé")
    gone = desktop.open("/?where=Bouguenais+44340&date=2026-11-24&reach=5km")
    expect(gone.locator("#answer")).not_to_contain_text("Atelier des Couëts")


def test_a_wrong_key_is_said_and_nothing_is_lost(desktop: Any) -> None:
    page = desktop.open("/importer")
    page.get_by_label("Fichier").set_input_files({"name": "espaces.csv", "mimeType": "text/csv", "buffer": ROOMS})
    page.get_by_label("Clé de votre communauté").first.fill("plk_wrong")
    page.get_by_role("button", name="Lire la liste").click()
    expect(page.get_by_role("alert")).to_contain_text("clé de communauté")
