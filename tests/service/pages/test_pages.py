"""The pages as a browser without scripts meets them."""

import html
import re
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import QueryParams
from starlette.requests import Request

from geo.types import Amenity, PlaceKind, SpaceKind
from matching.query.query import Preset
from matching.terms import TERMS
from service.accounts.api_keys import create_key
from service.app import create_app
from service.communities.community import Colours
from service.container import Services
from service.localisation.catalogue import MESSAGES, Translator, catalogue
from service.localisation.formats import Formats
from service.localisation.negotiation import same_page_in
from service.pages.layout.brand import brand_css, initials
from service.pages.layout.rendering import TEMPLATES
from service.pages.search.search_form import REACHES, SearchForm, next_working_day
from service.settings import Settings

NANTES = "/?where=gare+de+Nantes&date=2026-11-24&from=09:00&to=12:00"
PAGES = (
    *("/", NANTES, "/importer", "/a-propos", "/accessibilite", "/confidentialite", "/territoires"),
    *("/se-retrouver", "/nulle-part"),
)
HOSTILE = "<img src=x onerror=alert(1)>"
ROOMS = f"""Nom;Adresse;CP;Ville;Latitude;Longitude;Horaires;Nombre de places;Tarif demi-journée
Salle {HOSTILE} & Cie;1 rue du Port;44400;Rezé;47.1833;-1.5497;Mo-Fr 08:00-18:00;6;5 €
Maison de Rezé;2 rue du Port;44400;Rezé;47.1840;-1.5490;Mo-Fr 08:00-18:00;4;3 €
;3 rue Sans Nom;44400;Rezé;;;;;
""".encode()


@pytest.fixture(scope="module")
def pages(small_product_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A reader of the small product's pages; French, as most are. Nothing here changes the product."""
    folder = shutil.copytree(small_product_template, tmp_path_factory.mktemp("pages") / "product")
    settings = Settings(
        store=f"sqlite:///{folder / 'store.db'}",
        index=folder / "index",
        uploads=folder / "up",
        mappings=folder / "mappings",
        basemap="offline",
        routing="",
    )
    from datetime import datetime
    from zoneinfo import ZoneInfo

    now = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("Europe/Paris"))
    with TestClient(create_app(settings, Services(settings, lambda: now)), headers={"Accept-Language": "fr"}) as one:
        yield one


def text_of(page: str) -> str:
    """What is read of a page: tags out, entities decoded, blanks made one."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


# --- words ------------------------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_words() -> None:
    assert catalogue("fr").keys() == catalogue("en").keys()


def test_both_languages_fill_the_same_blanks() -> None:
    blanks = re.compile(r"{(\w+)}")
    for key, french in catalogue("fr").items():
        assert set(blanks.findall(french)) == set(blanks.findall(catalogue("en")[key])), key


def test_every_word_of_the_vocabulary_has_a_name() -> None:
    for language in ("fr", "en"):
        t = Translator(language)
        wanted = [f"kind.{kind}" for kind in PlaceKind] + [f"space.{kind}" for kind in SpaceKind]
        wanted += [f"{group}.{name}" for group in ("amenity", "amenity_the") for name in Amenity]
        wanted += [f"term.{term.name}" for term in TERMS] + [f"preset.{preset}" for preset in Preset]
        wanted += [f"reach.{reach}" for reach in REACHES]
        assert [key for key in wanted if not t.has(key)] == []


def test_templates_hold_no_words() -> None:
    for template in sorted(TEMPLATES.glob("*.html")):
        source = re.sub(r"{% block \w+_class %}.*?{% endblock %}\n", "", template.read_text(encoding="utf-8"))
        source = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL)
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", "", source))
        assert set(words) <= {"PlaceLibre"}, template.name


def test_message_files_are_valid_and_flat_in_texts() -> None:
    for file in sorted(MESSAGES.glob("*.toml")):
        assert all(isinstance(table, dict) for table in tomllib.loads(file.read_text(encoding="utf-8")).values())


@pytest.mark.parametrize(
    ("french", "english", "made"),
    [
        ("650 m", "650 m", lambda f: f.distance(652.0)),
        ("1,1 km", "1.1 km", lambda f: f.distance(1_120.0)),
        ("12 km", "12 km", lambda f: f.distance(12_345.0)),
        ("6 €", "€6", lambda f: f.price(600)),
        ("6,50 €", "€6.50", lambda f: f.price(650)),
        ("9 h – 12 h 30", "09:00–12:30", lambda f: f.span(time(9), time(12, 30))),
        ("mar. 24 nov.", "Tue 24 Nov", lambda f: f.day(date(2026, 11, 24))),
        ("mar. 1er déc.", "Tue 1 Dec", lambda f: f.day(date(2026, 12, 1))),
        ("mardi 24 novembre 2026", "Tuesday 24 November 2026", lambda f: f.long_day(date(2026, 11, 24))),
        ("0,83", "0.83", lambda f: f.score(0.83)),
        ("67 406 310", "67,406,310", lambda f: f.number(67_406_310)),
    ],
)
def test_quantities_are_written_as_each_language_does(french: str, english: str, made: object) -> None:
    assert callable(made)
    assert made(Formats("fr")).replace("\u00a0", " ") == french
    assert made(Formats("en")).replace("\u00a0", " ") == english


def test_a_quantity_never_breaks_across_lines() -> None:
    fmt = Formats("fr")
    for text in (fmt.distance(1100), fmt.price(650), fmt.span(time(9), time(12)), fmt.day(date(2026, 11, 24))):
        assert " " not in text


# --- every page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_exists_in_both_languages(pages: TestClient, address: str, language: str) -> None:
    answer = pages.get(address, headers={"Accept-Language": language})
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.count("<h1") == 1


@pytest.mark.parametrize("address", PAGES)
def test_no_page_asks_another_host_for_anything(pages: TestClient, address: str) -> None:
    page = pages.get(address).text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert "<style" not in page
    assert " style=" not in page
    assert not re.findall(r"<script(?![^>]*\bsrc=)", page)


def test_pages_forbid_what_they_do_not_use(pages: TestClient) -> None:
    policy = pages.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy


def test_the_language_chosen_is_kept(pages: TestClient) -> None:
    with TestClient(pages.app, headers={"Accept-Language": "fr"}) as reader:
        assert '<html lang="en">' in reader.get("/?lang=en").text
        assert '<html lang="en">' in reader.get("/a-propos").text
        assert '<html lang="fr">' in reader.get("/a-propos?lang=fr").text


def test_the_other_language_is_the_same_page(pages: TestClient) -> None:
    page = html.unescape(pages.get(NANTES).text)
    assert "where=gare+de+Nantes" in re.findall(r'hreflang="en" href="([^"]+)"', page)[0]


def test_a_language_link_keeps_repeated_fields() -> None:
    scope = {"type": "http", "path": "/", "query_string": b"need=wifi&need=quiet&lang=fr", "headers": []}
    assert same_page_in(Request(scope), "en") == "/?need=wifi&need=quiet&lang=en"


@pytest.mark.parametrize(
    ("header", "language"),
    [("en-GB,en;q=0.9,fr;q=0.8", "en"), ("fr;q=0.3,en;q=0.7", "en"), ("de", "fr"), ("", "fr"), ("en;q=oops", "en")],
)
def test_the_browser_says_which_language(pages: TestClient, header: str, language: str) -> None:
    assert f'<html lang="{language}">' in pages.get("/", headers={"Accept-Language": header}).text


def test_an_unknown_address_leads_back(pages: TestClient) -> None:
    answer = pages.get("/nulle-part")
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.text
    assert 'href="/"' in answer.text


# --- search -----------------------------------------------------------------------------------------------------------


def test_the_first_page_asks_one_question_and_shows_no_map(pages: TestClient) -> None:
    page = pages.get("/").text
    assert 'name="where"' in page
    assert 'id="map"' not in page
    assert "Demain, mar. 24 nov." in page.replace("\u00a0", " ")


def test_a_result_comes_with_its_reasons(pages: TestClient) -> None:
    page = pages.get(NANTES + "&need=wifi&wish=screen").text
    cards = re.findall(r"<article.*?</article>", page, flags=re.DOTALL)
    assert 5 <= len(cards) <= 20
    for card in cards:
        assert 'class="score-bar"' in card
        assert re.search(r'aria-label="Score 0,\d\d : proximité', card)
        assert "Wifi" in card
        assert re.search(r'href="/lieux/\d+\?', card)
        assert "Libre" in card
        assert "Offre de démonstration" in card


def test_the_score_bar_is_as_wide_as_the_score(pages: TestClient) -> None:
    for card in re.findall(r"<article.*?</article>", pages.get(NANTES).text, flags=re.DOTALL):
        shown = float(re.findall(r"<b>([01],\d\d)</b>", card)[0].replace(",", "."))
        wide = sum(float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', card))
        assert wide == pytest.approx(100 * shown, abs=0.6)


def test_unknown_is_said_and_no_is_struck_through(pages: TestClient) -> None:
    page = pages.get(NANTES + "&wish=quiet&wish=screen&wish=parking").text
    assert re.search(r'<li class="tag unknown">(Calme|Écran|Parking) : non renseigné</li>', page)
    assert '<li class="tag no"><span class="visually-hidden">Sans : </span>' in page


def test_the_form_comes_back_as_it_was_sent(pages: TestClient) -> None:
    page = pages.get(NANTES + "&need=wifi&seats=3&preset=closest&reach=10km&max_price=12").text
    assert 'value="gare de Nantes"' in page
    assert re.search(r'name="need" value="wifi" checked', page)
    assert re.search(r'name="preset" value="closest" checked', page)
    assert '<option value="10km" selected' in page
    assert '<option value="2026-11-24" selected' in page
    assert 'name="max_price" inputmode="decimal" size="5" maxlength="10" value="12"' in page


def test_more_results_are_one_link_away(pages: TestClient) -> None:
    page = pages.get("/?where=Nantes&date=").text
    more = html.unescape(re.findall(r'class="button quiet" href="([^"]+)"', page)[0])
    assert len(re.findall(r"<article", pages.get(more).text)) > len(re.findall(r"<article", page))


def test_the_places_to_confirm_are_listed_exactly(pages: TestClient) -> None:
    page = pages.get("/?where=Nantes&date=2026-11-24&need=screen&need=step_free&reach=10km").text
    announced = int(re.findall(r"(\d+) autres? à confirmer", page)[0])
    link = html.unescape(re.findall(r'class="to-confirm">[^<]*<a href="([^"]+)"', page)[0])
    cards = re.findall(r"<article.*?</article>", pages.get(link + "&show=100").text, flags=re.DOTALL)
    assert 0 < announced == len(cards) < 100
    for card in cards:
        assert 'class="tag no"' not in card
        assert re.search(r'class="tag unknown">(Écran|Plain-pied) : non renseigné', card)


def test_other_searches_that_find_more_do_find_more(pages: TestClient) -> None:
    page = pages.get("/?where=Mende&date=2026-11-24&from=09:00&to=12:00&need=wifi&reach=5km").text
    total = int(re.findall(r"<b>(\d+) lieu", page)[0])
    links = re.findall(r'<li><a href="([^"]+)">[^<]+</a> <span class="gain">(\d+) de plus', page)
    assert 1 <= len(links) <= 3
    for address, gain in links:
        assert f"<b>{total + int(gain)} lieux" in pages.get(html.unescape(address)).text


NOTHING = "/?where=Mende&date=2026-11-24&need=wifi&need=video&seats=30&reach=20min-walk&max_price=1"


@pytest.mark.parametrize(("language", "none", "noun"), [("fr", "Aucun lieu libre", "lieu"), ("en", "No free", "place")])
def test_nothing_found_is_never_a_dead_end(pages: TestClient, language: str, none: str, noun: str) -> None:
    page = pages.get(NOTHING, headers={"Accept-Language": language}).text
    assert none in page
    links = re.findall(rf'<li><a href="([^"]+)">[^<]+</a> <span class="gain">(\d+) {noun}', page)
    assert links
    for address, found in links:
        other = pages.get(html.unescape(address), headers={"Accept-Language": language}).text
        assert re.search(rf"<b>{found} (free )?{noun}", other)


@pytest.mark.parametrize(
    ("reach", "words"),
    [("12.5km", "Jusqu’à 12,5\xa0km"), ("1.5km-walk", "Jusqu’à 1,5\xa0km, à pied"), ("somewhere", ">somewhere<")],
)
def test_a_reach_proposed_has_words_in_the_form(pages: TestClient, reach: str, words: str) -> None:
    assert words in pages.get(f"/?where=Mende&date=&reach={reach}").text


def test_an_ambiguous_place_offers_its_choices(pages: TestClient) -> None:
    answer = pages.get("/?where=Saint-Denis&date=2026-11-24&need=wifi")
    assert answer.status_code == 409
    choices = re.findall(r'<li><a href="(/\?[^"]+)">(Saint-Denis[^<]*)</a>', answer.text)
    assert len(choices) >= 2
    chosen = next(address for address, name in choices if "974" in name)
    followed = pages.get(html.unescape(chosen))
    assert followed.status_code == 200
    assert "need=wifi" in chosen


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("where=Trifouilly-les-Oies", ""),
        ("where=Nantes&date=2026-11-20", "déjà passé"),
        ("where=Nantes&date=2026-11-24&from=12:00&to=09:00", "précède son début"),
        ("where=Nantes&date=hier", "n’est pas une date"),
        ("where=Nantes&from=matin", "n’est pas une heure"),
        ("where=Nantes&seats=deux", "n’est pas un nombre de places"),
        ("where=Nantes&seats=0", "nombre de places"),
        ("where=Nantes&max_price=cher", "n’est pas un prix"),
        ("where=Nantes&reach=loin", "n'est pas une distance"),
        ("where=Nantes&need=piscine", "n'existe pas ici"),
        ("where=Nantes&preset=hasard", "n'existe pas ici"),
        ("where=95,200", ""),
    ],
)
def test_a_mistake_gets_one_sentence_and_keeps_the_form(pages: TestClient, asked: str, said: str) -> None:
    answer = pages.get(f"/?{asked}")
    assert 400 <= answer.status_code < 500
    problem = text_of(re.findall(r'id="problem".*?</div>', answer.text, flags=re.DOTALL)[0])
    assert said in problem
    assert "Traceback" not in answer.text
    assert 'id="search"' in answer.text


def test_what_is_typed_never_becomes_markup(pages: TestClient) -> None:
    for field in ("where", "near", "date", "from", "seats", "need", "kind", "reach", "community", "lang", "max_price"):
        page = pages.get("/", params={"where": "Nantes", field: f'"><script>{HOSTILE}'}).text
        assert HOSTILE not in page
        assert '"><script>' not in page


def test_a_community_lends_its_brand(pages: TestClient) -> None:
    page = pages.get(NANTES + "&community=ruraconnect").text
    assert '<link rel="stylesheet" href="/brand/ruraconnect.css">' in page
    assert '<span class="initials" aria-hidden="true">RC</span>' in page
    assert re.search(r"--brand: #[0-9a-f]{6};", pages.get("/brand/ruraconnect.css").text)
    assert "--brand" not in pages.get("/brand/unknown.css").text


def test_an_unknown_community_changes_nothing(pages: TestClient) -> None:
    page = pages.get("/?community=personne").text
    assert "/brand/" not in page


@pytest.mark.parametrize(
    ("name", "letters"), [("RuraConnect", "RC"), ("HUB Generali", "HG"), ("base10", "BA"), ("É", "É"), ("—", "·")]
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_brand_only_sets_colours() -> None:
    assert brand_css(Colours()).count("--") == 3
    hostile = object.__new__(Colours)
    for name, value in (("brand", "red;} body{display:none"), ("brand_ink", "#fff"), ("brand_wash", "url(//x)")):
        object.__setattr__(hostile, name, value)
    assert brand_css(hostile) == ":root {\n  --brand-ink: #fff;\n}\n"


# --- the form ---------------------------------------------------------------------------------------------------------


def test_a_form_and_its_address_say_the_same() -> None:
    asked = "where=Nantes&date=2026-11-25&from=14%3A00&to=17%3A30&seats=4&need=wifi&need=quiet&wish=screen"
    form = SearchForm.read(QueryParams(asked + "&reach=20min-bike&preset=closest&candidates=1"), date(2026, 11, 23))
    again = SearchForm.read(QueryParams(form.url().removeprefix("/?")), date(2026, 11, 23))
    assert again == form
    request = form.to_request()
    assert request.at == ("2026-11-25T14:00/17:30",)
    assert (request.within, request.mode) == ("20min", "bike")
    assert request.need == ("wifi", "quiet")
    assert request.candidates


def test_the_words_of_the_api_work_in_the_page_too() -> None:
    form = SearchForm.read(QueryParams("where=Nantes&need=wifi,quiet&within=20min&mode=walk"), date(2026, 11, 23))
    assert form.reach == "20min-walk"
    assert form.words("need") == ("wifi", "quiet")


def test_an_empty_day_means_any_time() -> None:
    assert SearchForm.read(QueryParams("where=Nantes&date="), date(2026, 11, 23)).to_request().at == ()


@pytest.mark.parametrize(("today", "proposed"), [(23, 24), (26, 27), (27, 30), (28, 30), (29, 30)])
def test_the_day_proposed_is_a_working_day(today: int, proposed: int) -> None:
    assert next_working_day(date(2026, 11, today)) == date(2026, 11, proposed)


def test_around_me_gives_way_to_what_is_typed_next() -> None:
    near = "47.21,-1.55"
    around = SearchForm(where="Autour de moi", near=near)
    assert around.place_text == near
    assert SearchForm(where="Rennes", near=near).place_text == "Rennes"


# --- a place ----------------------------------------------------------------------------------------------------------


def first_place(pages: TestClient, address: str = NANTES) -> str:
    return html.unescape(re.findall(r'href="(/lieux/\d+\?[^"]*)"', pages.get(address).text)[0])


def test_a_place_says_what_it_knows_and_what_it_does_not(pages: TestClient) -> None:
    page = text_of(pages.get(first_place(pages)).text)
    for said in ("Espaces et tarifs", "Équipements", "Non renseigné", "Horaires", "lundi", "Sources", "demi-journée"):
        assert said in page
    assert re.search(r"Licence Ouverte 2\.0|ODbL", page)
    assert "Offre de démonstration" in page


def test_a_place_leads_back_to_the_results(pages: TestClient) -> None:
    page = pages.get(first_place(pages)).text
    back = html.unescape(re.findall(r'class="back"><a href="([^"]+)"', page)[0])
    assert "where=gare+de+Nantes" in back
    assert pages.get(back).status_code == 200


def test_a_candidate_says_that_nobody_agreed(pages: TestClient) -> None:
    address = "/?where=Mende&date=2026-11-24&candidates=1&kind=library"
    found = re.findall(r"<article.*?</article>", pages.get(address).text, flags=re.DOTALL)
    candidates = [card for card in found if "Non confirmé" in card]
    assert candidates
    place = html.unescape(re.findall(r'href="(/lieux/\d+\?[^"]*)"', candidates[0])[0])
    assert "Personne n’a encore confirmé" in pages.get(place).text


@pytest.mark.parametrize("address", ["/lieux/999999999", "/lieux/0", "/lieux/abc", "/lieux/99999999999999999999"])
def test_a_place_that_is_not_there(pages: TestClient, address: str) -> None:
    answer = pages.get(address)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"].startswith("text/html")


# --- a list -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def key(small_services: Services) -> str:
    return create_key(small_services.engine, "ruraconnect", small_services.now())


def drop(client: TestClient, key: str, content: bytes = ROOMS, name: str = "salles.csv") -> str:
    sent = {"key": key, "offered": "1"}
    return client.post("/importer", data=sent, files={"file": (name, content)}, headers={"Accept-Language": "fr"}).text


def hidden(page: str, name: str) -> str:
    return re.findall(rf'name="{name}" value="([^"]*)"', page)[0]


def test_a_list_is_read_published_found_and_taken_back(client: TestClient, key: str) -> None:
    page = drop(client, key)
    assert "Ce qui a été compris" in page
    assert "3 lignes lues" in page
    assert "n&#39;a pas de nom" in page or "n’a pas de nom" in page
    assert HOSTILE not in page
    assert html.escape(HOSTILE, quote=False) in page.replace("&#34;", '"')
    assert key not in page
    asked = "/?where=Rez%C3%A9+44400&date=2026-11-24&reach=5km"
    assert "Maison de Rezé" not in client.get(asked).text

    french = {"Accept-Language": "fr"}
    published = client.post("/importer/publier", data={"key": key, "token": hidden(page, "token")}, headers=french).text
    assert "Votre liste est publiée" in published
    assert key not in published
    results = client.get(asked).text
    assert "Maison de Rezé" in results
    assert HOSTILE not in results

    past = client.post("/importer/historique", data={"key": key}, headers=french).text
    assert "ruraconnect:salles" in past
    undone = client.post(
        "/importer/annuler", data={"key": key, "import_id": hidden(published, "import_id")}, headers=french
    ).text
    assert "L’import est annulé" in undone
    assert "Maison de Rezé" not in client.get(asked).text


def test_the_place_of_a_hostile_list_is_only_text(client: TestClient, key: str) -> None:
    page = drop(client, key)
    client.post("/importer/publier", data={"key": key, "token": hidden(page, "token")})
    results = client.get("/?where=Rez%C3%A9+44400&date=2026-11-24&reach=5km").text
    for address in re.findall(r'href="(/lieux/\d+)\?', results):
        assert HOSTILE not in client.get(address).text
    assert "onerror=alert(1)&gt;" in results


@pytest.mark.parametrize(
    ("wrong", "status"),
    [("nothing", 422), ("empty", 422), ("key", 401), ("format", 422), ("token", 404)],
)
def test_a_list_that_cannot_be_taken_gets_one_sentence(client: TestClient, key: str, wrong: str, status: int) -> None:
    french = {"Accept-Language": "fr"}
    if wrong == "token":
        answer = client.post("/importer/publier", data={"key": key, "token": "x"}, headers=french)
    elif wrong == "nothing":
        answer = client.post("/importer", data={"key": key}, headers=french)
    else:
        name, content = ("a.exe", ROOMS) if wrong == "format" else ("a.csv", b"" if wrong == "empty" else ROOMS)
        sent = {"key": "not-a-key" if wrong == "key" else key}
        answer = client.post("/importer", data=sent, files={"file": (name, content)}, headers=french)
    assert answer.status_code == status
    problem = re.findall(r'id="problem"><p>(.*?)</p>', answer.text, flags=re.DOTALL)
    assert len(problem) == 1
    assert len(text_of(problem[0])) > 20
    assert "Traceback" not in answer.text


def test_a_key_in_an_address_opens_nothing(client: TestClient, key: str) -> None:
    answer = client.post(f"/importer/historique?key={key}", data={})
    assert answer.status_code == 401
