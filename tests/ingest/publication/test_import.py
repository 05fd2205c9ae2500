"""A list into the store and out again: every row accounted for, the same file twice changes nothing."""

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from geo.errors import Conflict, InvalidInput, NotFound, PlaceLibreError
from geo.reference.communes import Areas
from geo.store import seat_ledger
from geo.store.engine import writing
from geo.store.revisions import changed_since
from geo.store.schema import place, space, space_community
from ingest.history import list_imports, show_import, undo
from ingest.pipeline import import_file
from ingest.publication import publisher as publishing

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EXTRACTS = Path(__file__).resolve().parents[2] / "data" / "lists"
LAB = ["Le Lab", "3 rue Crébillon", "44000", "Nantes"]
CALE = ["La Cale", "1 quai de la Fosse", "44000", "Nantes"]
ROOMS = ("nom", "adresse", "code postal", "commune", "salle", "nombre de places", "tarif demi-journée", "horaires")
HOURS = "Lundi-Vendredi 9h-18h"
COUNCIL = ["Mairie", "1 place de la Mairie", "44110", "Châteaubriant", "Salle du conseil", "12", "5 €", HOURS]
OFFICE = [*COUNCIL[:4], "Bureau 2", "2", "gratuit", HOURS]


def test_rows_become_candidates_where_their_commune_is(seen: Any, bring: Any, areas: Areas) -> None:
    report = bring([LAB])
    (found,) = seen.places()
    nantes = areas.commune("44109")
    assert nantes is not None
    assert (report.rows, report.counts["accepted"]) == (1, 1)
    assert (found.name, found.status, found.insee, found.time_zone) == ("Le Lab", "candidate", "44109", "Europe/Paris")
    assert (found.precision, found.lon, found.lat) == ("commune", nantes.lon, nantes.lat)
    assert found.expected_m == pytest.approx(nantes.expected_m)


def test_the_same_file_twice_changes_nothing(seen: Any, bring: Any) -> None:
    first = bring([LAB, CALE, LAB])
    before = seen.dump()
    again = bring([LAB, CALE, LAB])
    assert first.counts == {"accepted": 2, "merged": 1, "updated": 0, "unchanged": 0, "rejected": 0}
    assert again.counts == {"accepted": 0, "merged": 0, "updated": 0, "unchanged": 3, "rejected": 0}
    assert again.import_id is None
    assert seen.dump() == before


def test_rows_in_another_order_change_nothing(seen: Any, bring: Any) -> None:
    other = [*LAB[:2], "44000", "NANTES"]
    bring([LAB, CALE, other])
    before = seen.dump()
    assert bring([other, LAB, CALE]).counts["unchanged"] == 3
    assert seen.dump() == before


def test_a_known_row_with_new_content_is_updated(seen: Any, bring: Any) -> None:
    header = ("id", "nom", "code postal", "commune", "telephone", "wifi")
    bring([["7", "Le Lab", "44000", "Nantes", "02 40 12 34 56", "oui"]], header=header)
    report = bring([["7", "Le Grand Lab", "44000", "Nantes", "", ""]], header=header)
    (found,) = seen.places()
    assert report.counts["updated"] == 1
    assert found.name == "Le Grand Lab"
    assert (found.phone, found.amenities) == ("02 40 12 34 56", {"wifi": "yes"}), "nothing never overwrites something"
    assert len(seen.listings()) == 1


def test_the_same_site_in_two_lists_is_one_place_with_two_listings(seen: Any, bring: Any) -> None:
    bring([["Le Lab", "3, rue Crébillon", "44000", "Nantes"]], name="a.csv")
    header = ("nom", "adresse", "lat", "lon", "telephone", "wifi")
    report = bring(
        [["LE LAB", "3 RUE CREBILLON", "47,2133", "-1,5617", "02 40 12 34 56", "oui"]], name="b.csv", header=header
    )
    (found,) = seen.places()
    assert report.counts["merged"] == 1
    assert found.name == "Le Lab"
    assert (found.phone, found.amenities["wifi"]) == ("02 40 12 34 56", "yes")
    assert (found.precision, found.lat, found.expected_m) == ("exact", 47.2133, 0.0), "the better position wins"
    assert {item.source for item in seen.listings()} == {"a", "b"}


def test_a_merge_fills_gaps_but_overwrites_nothing(seen: Any, bring: Any) -> None:
    header = ("nom", "adresse", "code postal", "commune", "telephone", "wifi", "parking")
    bring([[*LAB, "02 40 00 00 01", "non", ""]], name="a.csv", header=header)
    bring([[*LAB, "02 40 00 00 02", "oui", "oui"]], name="b.csv", header=header)
    (found,) = seen.places()
    assert found.phone == "02 40 00 00 01"
    assert found.amenities == {"wifi": "no", "parking": "yes"}


def test_two_hamlets_with_the_same_words_stay_two_places(bring: Any) -> None:
    header = ("nom", "adresse", "lat", "lon")
    report = bring(
        [["Mairie", "le Bourg", "47.2173", "-1.5534"], ["Mairie", "le bourg", "47.2400", "-1.5100"]], header=header
    )
    assert report.counts["accepted"] == 2


def test_town_halls_of_two_towns_in_one_commune_stay_two_when_their_points_say_nothing(bring: Any) -> None:
    header = ("nom", "adresse", "code postal", "commune")
    street, town = "Place de la Mairie", ("51130", "Blancs-Coteaux")
    rows = [[f"Mairie {name}", street, *town] for name in ("de Gionges", "d'Oger", "de GIONGES")]
    report = bring([*rows, ["Mairie", street, *town]], header=header, kind="mairie")
    assert (report.counts["accepted"], report.counts["merged"]) == (2, 2)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["", "1 rue A", "44000", "Nantes", "", ""], "no_name"),
        (["A", "1 rue A", "", "Atlantide", "", ""], "unknown_commune"),
        (["A", "1 rue A", "", "", "", ""], "no_location"),
        (["A", "1 rue A", "", "", "0", "0"], "no_location"),
        (["A", "1 rue A", "", "", "200", "500"], "coordinates_out_of_range"),
        (["A", "1 rue A", "", "", "52.52", "13.40"], "outside_france"),
    ],
)
def test_a_rejected_row_says_why_and_what_to_do(bring: Any, row: list[str], reason: str) -> None:
    header = ("nom", "adresse", "cp", "commune", "lat", "lon")
    report = bring([row, [*LAB, "", ""]], header=header)
    said = report.to_dict("fr")
    (rejection,) = said["rejections"]
    assert rejection["reason"] == reason
    assert (rejection["row"], rejection["line"]) == (1, 2)
    assert rejection["remedy"].endswith(".")
    assert report.to_dict("en")["rejections"][0]["remedy"] != rejection["remedy"]
    assert said["rows"] == sum(said[name] for name in ("accepted", "merged", "updated", "unchanged", "rejected"))


def test_swapped_axes_are_put_right_and_said(seen: Any, bring: Any) -> None:
    report = bring([["Le Lab", "-1,5536", "47,2184"]], header=("nom", "latitude", "longitude"))
    (found,) = seen.places()
    assert (found.lon, found.lat, found.insee) == (-1.5536, 47.2184, "44109")
    (note,) = report.to_dict("fr")["notes"]
    assert note["note"] == "axes_swapped"


def test_coordinates_that_contradict_the_commune_are_not_believed(seen: Any, bring: Any) -> None:
    header = ("nom", "commune", "code postal", "lat", "lon")
    report = bring(
        [["Le Lab", "Nantes", "44000", "43.2965", "5.3698"], ["La Cale", "Nantes", "44000", "200", "5"]], header=header
    )
    assert [item.insee for item in seen.places()] == ["44109", "44109"]
    assert [item.precision for item in seen.places()] == ["commune", "commune"]
    assert [note["note"] for note in report.to_dict("en")["notes"]] == ["coordinates_far", "coordinates_ignored"]


def test_an_unknown_commune_of_a_known_postcode_is_placed_there_and_said(seen: Any, bring: Any) -> None:
    report = bring([["Le Lab", "1 rue A", "44000", "Atlantide"]])
    (found,) = seen.places()
    assert found.commune == "Nantes"
    (note,) = report.to_dict("fr")["notes"]
    assert (note["note"], note["value"]) == ("commune_by_postcode", "Atlantide")


@pytest.mark.parametrize(
    ("postcode", "commune", "insee", "expected_m"),
    [
        ("06470", "VALBERG", "06094", 8_055),
        ("85340", "OLONNE-SUR-MER", "85194", 3_852),
        ("74370", "METZ-TESSY", "74112", 5_691),  # by its words, though Annecy has more people
        ("34420", "PORTIRAGNES - PLAGE", "34209", 2_532),
        ("35120", "", "35095", 5_467),
        ("97470", "SAINTE-ANNE", "97410", 5_699),
    ],
)
def test_a_town_that_no_table_knows_is_somewhere_in_its_postcode(
    seen: Any, bring: Any, postcode: str, commune: str, insee: str, expected_m: float
) -> None:
    report = bring([["Hôtel de la Plage", "", postcode, commune]])
    (found,) = seen.places()
    assert (found.insee, found.precision) == (insee, "commune")
    assert found.expected_m == pytest.approx(expected_m, abs=1.0)
    (note,) = report.to_dict("fr")["notes"]
    assert (note["note"], note["value"]) == ("commune_by_postcode", commune or postcode)


@pytest.mark.parametrize(
    ("postcode", "commune", "zone", "notes"),
    [
        ("98800", "NOUMÉA", "Pacific/Noumea", []),
        ("97133", "SAINT-BARTHÉLEMY", "America/St_Barthelemy", []),
        ("97500", "SAINT-PIERRE ET MIQUELON", "America/Miquelon", []),
        ("98890", "PAÏTA", "Pacific/Noumea", ["commune_by_postcode"]),
    ],
)
def test_a_territory_without_outlines_is_known_by_its_postcode(
    seen: Any, bring: Any, postcode: str, commune: str, zone: str, notes: list[str]
) -> None:
    report = bring([["Hôtel de la Plage", "", postcode, commune]])
    (found,) = seen.places()
    assert (found.insee, found.precision, found.time_zone) == ("", "commune", zone)
    assert [note["note"] for note in report.to_dict("fr")["notes"]] == notes


def test_a_ticked_box_is_a_yes(seen: Any, bring: Any) -> None:
    bring([["Le Lab", "44000", "Nantes", "x", ""]], header=("nom", "cp", "commune", "wifi", "parking"))
    assert [item.amenities for item in seen.places()] == [{"wifi": "yes"}]


def test_nobody_is_kept_in_the_store(seen: Any, bring: Any) -> None:
    header = ("nom", "commune", "cp", "courriel", "mobile", "note")
    bring(
        [["Le Lab", "Nantes", "44000", "camille@example.org", "06 12 34 56 78", "voir camille@example.org"]],
        header=header,
    )
    assert "example.org" not in str(seen.dump())
    assert "12 34 56 78" not in str(seen.dump())


def test_a_dry_run_says_everything_and_writes_nothing(store: Engine, seen: Any, areas: Areas) -> None:
    before = seen.dump()
    content = b"nom,code postal,commune\nLe Lab,44000,Nantes\n,,\nYs,,Atlantide\n"
    report = import_file(store, areas, content, name="l.csv", dry_run=True, now=NOW)
    assert report.counts["accepted"] == 1
    assert report.counts["rejected"] == 1
    assert report.import_id is None
    assert report.to_dict("fr")["sample"][0]["commune"] == "Nantes"
    assert {item["column"]: item["field"] for item in report.to_dict("fr")["understood"]}["code postal"] == "postcode"
    assert seen.dump() == before
    assert list_imports(store) == []


def test_undo_gives_the_store_back_exactly(store: Engine, seen: Any, bring: Any, communities: None) -> None:
    bring([LAB, CALE], name="a.csv")
    before = seen.dump()
    rows = [[*LAB, "Salle", "4", "3", "", "02 40 00 00 01"], [*COUNCIL, ""]]
    options = {"name": "b.csv", "header": (*ROOMS, "telephone"), "community": "ruraconnect"}
    report = bring(rows, **options)
    town_hall = seen.places()[-1].id
    assert seen.dump() != before
    assert report.import_id is not None
    undone = undo(store, report.import_id, NOW)
    assert seen.dump() == before
    assert (undone.places_removed, undone.places_restored, undone.closed) == (1, 1, ())
    assert list_imports(store)[0]["state"] == "undone"
    assert bring(rows, **options).counts["accepted"] == 1
    assert seen.places()[-1].id > town_hall, "ids are never reused"


def test_undo_twice_is_a_conflict_and_of_nothing_not_found(store: Engine, bring: Any) -> None:
    report = bring([LAB])
    assert report.import_id is not None
    undo(store, report.import_id, NOW)
    with pytest.raises(Conflict, match="undone already"):
        undo(store, report.import_id, NOW)
    with pytest.raises(NotFound):
        undo(store, 999, NOW)


def test_an_import_goes_while_what_others_say_of_its_places_stays(store: Engine, seen: Any, bring: Any) -> None:
    first = bring([LAB, CALE], name="a.csv")
    second = bring([LAB], name="b.csv")
    place_id = seen.places()[0].id
    assert first.import_id and second.import_id
    undone = undo(store, first.import_id, NOW)
    assert (undone.places_removed, undone.listings_removed) == (1, 2)
    assert [(item.id, item.name) for item in seen.places()] == [(place_id, "Le Lab")]
    assert [item.source for item in seen.listings()] == ["b"]
    undo(store, second.import_id, NOW)
    assert seen.places() == []


def test_an_import_whose_rows_were_imported_anew_names_the_later_one(store: Engine, seen: Any, bring: Any) -> None:
    header = ("id", "nom", "cp", "commune")
    first = bring([["1", "Le Lab", "44000", "Nantes"]], header=header, name="a.csv")
    second = bring([["1", "Le Grand Lab", "44000", "Nantes"]], header=header, name="a.csv")
    assert first.import_id and second.import_id
    before = seen.dump()
    with pytest.raises(Conflict, match=rf"{second.import_id} \(a\)"):
        undo(store, first.import_id, NOW)
    assert seen.dump() == before
    undo(store, second.import_id, NOW)
    assert [item.name for item in seen.places()] == ["Le Lab"]
    undo(store, first.import_id, NOW)
    assert seen.places() == []


def test_an_edit_since_is_never_lost_by_an_undo(store: Engine, bring: Any) -> None:
    report = bring([LAB])
    with store.begin() as connection:
        connection.execute(update(place).values(phone="02 40 99 99 99"))
    assert report.import_id is not None
    with pytest.raises(Conflict, match="Le Lab"):
        undo(store, report.import_id, NOW)


def test_rooms_make_spaces_with_stable_keys(store: Engine, seen: Any, bring: Any, communities: None) -> None:
    report = bring([COUNCIL, OFFICE], header=ROOMS, community="ruraconnect", offered=True)
    council, office = seen.spaces()
    assert report.counts["accepted"] == 1
    assert report.counts["merged"] == 1
    assert (council.kind, council.name, council.seats, council.price_half_day_cents) == (
        "meeting_room",
        "Salle du conseil",
        12,
        500,
    )
    assert (office.kind, office.seats, office.price_half_day_cents) == ("private_office", 2, 0)
    (found,) = seen.places()
    assert (found.status, found.opening_hours) == ("offered", "Mo-Fr 09:00-18:00")
    with store.connect() as connection:
        assert connection.execute(select(space_community.c.community)).scalars().all() == ["ruraconnect"] * 2
    more = [[*COUNCIL[:5], "14", "6 €", COUNCIL[7]], OFFICE]
    assert bring(more, header=ROOMS, community="ruraconnect", offered=True).counts["updated"] == 1
    assert [(item.id, item.seats) for item in seen.spaces()] == [(council.id, 14), (office.id, 2)]


@pytest.mark.parametrize(
    ("row", "offered", "missing"),
    [
        (COUNCIL, False, ["agreement"]),
        ([*COUNCIL[:5], "", *COUNCIL[6:]], True, ["seats"]),
        ([*COUNCIL[:7], ""], True, ["hours"]),
        ([*COUNCIL[:5], "", "5", ""], False, ["agreement", "seats", "hours"]),
    ],
)
def test_a_place_stays_a_candidate_and_the_report_says_what_is_missing(
    seen: Any, bring: Any, communities: None, row: list[str], offered: bool, missing: list[str]
) -> None:
    report = bring([row], header=ROOMS, community="ruraconnect", offered=offered)
    (found,) = seen.places()
    assert found.status == "candidate"
    (said,) = report.to_dict("fr")["missing_to_offer"]
    assert said["missing"] == missing
    assert said["rows"] == [1]
    assert said["remedy"]


def test_agreement_asserted_later_offers_the_same_place(seen: Any, bring: Any, communities: None) -> None:
    bring([COUNCIL], header=ROOMS, community="ruraconnect")
    report = bring([COUNCIL], header=ROOMS, community="ruraconnect", offered=True)
    assert report.counts["updated"] == 1
    assert [item.status for item in seen.places()] == ["offered"]


def test_a_room_nobody_vouched_for_is_not_bookable_in_a_place_that_others_offer(
    seen: Any, bring: Any, communities: None
) -> None:
    bring([COUNCIL], header=ROOMS, community="ruraconnect", offered=True)
    bring([OFFICE], header=ROOMS, source="somebody-else")
    assert [(item.name, item.closed) for item in seen.spaces()] == [("Salle du conseil", False), ("Bureau 2", True)]
    assert [item.status for item in seen.places()] == ["offered"]


def test_a_booked_room_is_closed_not_removed_and_reopens(
    store: Engine, seen: Any, bring: Any, communities: None
) -> None:
    report = bring([COUNCIL, OFFICE], header=ROOMS, community="ruraconnect", offered=True)
    booked = next(item for item in seen.spaces() if item.name == "Salle du conseil")
    with writing(store) as connection:
        seat_ledger.take(connection, booked.id, range(1000, 1004), 2)
    assert report.import_id is not None
    undone = undo(store, report.import_id, NOW)
    assert [(item.id, item.closed) for item in seen.spaces()] == [(booked.id, True)]
    assert [item.status for item in seen.places()] == ["closed"]
    assert "Salle du conseil" in undone.message("fr")
    assert undone.to_dict("en")["closed_spaces"][0]["space_id"] == booked.id
    again = bring([COUNCIL, OFFICE], header=ROOMS, community="ruraconnect", offered=True)
    assert again.counts["merged"] == 2
    assert [(item.id == booked.id, item.closed) for item in seen.spaces()] == [(True, False), (False, False)]
    assert [item.status for item in seen.places()] == ["offered"]


def test_a_mayors_list_joins_the_town_hall_the_store_knew(seen: Any, bring: Any, communities: None) -> None:
    known = {
        "insee": "44036",
        "type": "COM",
        "nom": "Châteaubriant",
        "mairie_lat": "47.7169",
        "mairie_lon": "-1.3761",
        "mairie_adresse": "1 place de la Mairie\n44110 Châteaubriant",
        "mairie_horaires": '[["lundi","vendredi",[["09:00:00","12:00:00"]]]]',
    }
    bring([list(known.values())], header=list(known), name="mairies.csv")
    report = bring([[*COUNCIL[:7], ""]], header=ROOMS, community="ruraconnect", offered=True)
    (found,) = seen.places()
    assert report.counts["merged"] == 1
    assert (found.name, found.status, found.precision) == ("Mairie de Châteaubriant", "offered", "exact")
    assert found.opening_hours == "Mo-Fr 09:00-12:00"


def test_two_communities_keep_their_lists_apart(seen: Any, bring: Any, communities: None) -> None:
    bring([LAB], community="ruraconnect")
    report = bring([LAB], community="base10")
    assert report.counts["merged"] == 1
    assert [item.source for item in seen.listings()] == ["ruraconnect:liste", "base10:liste"]
    with pytest.raises(Conflict, match="another community"):
        bring([LAB], community="base10", source="ruraconnect:liste")


def test_an_unknown_community_kind_or_source_is_said_before_anything_is_written(
    seen: Any, bring: Any, communities: None
) -> None:
    with pytest.raises(NotFound, match="base10"):
        bring([LAB], community="nobody")
    with pytest.raises(InvalidInput, match="coworking"):
        bring([LAB], kind="spaceship")
    with pytest.raises(InvalidInput, match="64"):
        bring([LAB], source="x" * 65)
    assert seen.places() == []


def test_the_kind_may_be_said_for_the_whole_list(seen: Any, bring: Any) -> None:
    bring([LAB], kind="association")
    assert [item.kind for item in seen.places()] == ["association"]


def test_an_import_killed_halfway_leaves_nothing_and_can_be_run_again(
    store: Engine, seen: Any, bring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = seen.dump()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "record_changes", killed)
        with pytest.raises(KeyboardInterrupt):
            bring([LAB, CALE])
    assert seen.dump() == before
    assert list_imports(store) == []
    assert bring([LAB, CALE]).counts["accepted"] == 2


def test_an_import_overtaken_by_another_plans_again(seen: Any, bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real, once = publishing._reserve, iter([True])

    def overtaken(connection: Any, plan: Any, run: Any) -> Any:
        if next(once, False):
            connection.commit()
            bring([LAB], name="other.csv")
        return real(connection, plan, run)

    monkeypatch.setattr(publishing, "_reserve", overtaken)
    report = bring([LAB])
    assert report.counts["merged"] == 1, "the site came in between"
    assert len(seen.places()) == 1


def test_an_import_that_never_gets_its_turn_says_so(seen: Any, bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    marks: Iterator[int] = iter(range(100))
    monkeypatch.setattr(publishing, "publication_mark", lambda _: (next(marks), -1))
    with pytest.raises(Conflict, match="try again"):
        bring([LAB])
    assert seen.places() == []


def test_the_index_learns_which_places_changed(store: Engine, seen: Any, bring: Any) -> None:
    report = bring([LAB, CALE])
    ids = [item.id for item in seen.places()]
    with store.connect() as connection:
        assert changed_since(connection, 0) == ids
    assert report.import_id is not None
    undo(store, report.import_id, NOW)
    with store.connect() as connection:
        assert changed_since(connection, 1) == ids


def test_the_journal_keeps_every_row(store: Engine, bring: Any) -> None:
    report = bring([LAB, ["Ys", "", "", "Atlantide"], LAB])
    assert report.import_id is not None
    assert report.table["outcome"].to_list() == ["accepted", "rejected", "merged"]
    shown = show_import(store, report.import_id, "fr")
    assert shown["rejections"][0]["row"] == 2
    assert "Atlantide" in shown["rejections"][0]["message"]
    assert (shown["rows"], shown["accepted"], shown["finished_at"]) == (3, 1, "2026-11-23T09:00:00+00:00")
    with pytest.raises(NotFound):
        show_import(store, 99, "fr")


def test_the_report_is_a_csv_a_spreadsheet_opens(seen: Any, bring: Any, tmp_path: Path) -> None:
    report = bring([LAB, ["Ys", "", "", "Atlantide"]])
    report.write(tmp_path / "rapport.csv", "fr")
    text = (tmp_path / "rapport.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    lines = text.decode("utf-8-sig").splitlines()
    assert lines[1].startswith(f"1,2,accepted,{seen.places()[0].id},Le Lab")
    assert "Atlantide" in lines[2]


@pytest.mark.parametrize(
    ("name", "accepted", "kinds"),
    [
        ("aix-en-provence.json", 10, {"mairie", "association"}),
        ("angers.json", 8, {"library"}),
        ("etapes-numerique.json", 8, {"other"}),
        ("map_bzh_fablab.geojson", 8, {"fablab"}),
        ("nouvelle-caledonie.json", 5, {"public_body"}),
        ("ultra-num.json", 6, {"public_body", "education"}),
        ("dirty_workbook.xlsx", 2, {"other"}),
    ],
)
def test_lists_of_local_bodies_are_read_by_their_headers(
    store: Engine, seen: Any, bring: Any, name: str, accepted: int, kinds: set[str]
) -> None:
    before = seen.dump()
    report = bring(EXTRACTS / name, name="")
    assert report.counts["accepted"] == accepted
    assert report.counts["rejected"] == report.rows - accepted
    assert {item.kind for item in seen.places()} == kinds
    assert all(not re.search(r"\w@\w", str(item.raw)) for item in seen.listings()), (
        "of addresses only a role's is kept, as a fact"
    )
    assert bring(EXTRACTS / name, name="").counts["unchanged"] == accepted
    assert report.import_id is not None
    undo(store, report.import_id, NOW)
    assert seen.dump() == before


def test_characters_no_database_takes_do_not_stop_a_list(seen: Any, bring: Any) -> None:
    rows = [{"id": "9" * 5_000, "nom": "Le\0 Lab\x1b", "note": "\ud83d", "cp": "44000", "commune": "Nantes"}]
    assert bring(json.dumps(rows).encode(), name="x.json").counts["accepted"] == 1
    assert [item.name for item in seen.places()] == ["Le Lab"]
    assert bring(json.dumps(rows).encode(), name="x.json").counts["unchanged"] == 1


def test_overseas_rows_get_their_own_clock(seen: Any, bring: Any) -> None:
    bring(EXTRACTS / "nouvelle-caledonie.json", name="")
    assert {(item.time_zone, item.insee) for item in seen.places()} == {("Pacific/Noumea", "")}


def test_a_packed_windows_list_with_decimal_commas(seen: Any, bring: Any) -> None:
    text = "Nom du lieu;Latitude;Longitude;Capacité\nMédiathèque d’Orvault;47,2711;-1,6236;25 places\n"
    bring(gzip.compress(text.encode("cp1252")), name="lieux.csv.gz")
    (found,) = seen.places()
    assert (found.name, found.kind, found.capacity, found.commune) == (
        "Médiathèque d’Orvault",
        "library",
        25,
        "Orvault",
    )


def test_a_store_that_changed_under_a_plan_is_read_again(
    seen: Any, bring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = ("id", "nom", "cp", "commune")
    bring([["1", "Le Lab", "44000", "Nantes"]], header=header)
    real, once = publishing._reserve, iter([True])

    def edited(connection: Any, plan: Any, run: Any) -> Any:
        if next(once, False):
            connection.execute(update(place).values(phone="02 40 99 99 99"))
        return real(connection, plan, run)

    monkeypatch.setattr(publishing, "_reserve", edited)
    bring([["1", "Le Grand Lab", "44000", "Nantes"]], header=header)
    assert [(item.name, item.phone) for item in seen.places()] == [("Le Grand Lab", "02 40 99 99 99")]


def test_spaces_added_by_others_are_not_swept_away(store: Engine, seen: Any, bring: Any) -> None:
    report = bring([LAB])
    (found,) = seen.places()
    extra = {"id": 900, "place_id": found.id, "key": "desk:x", "kind": "desk", "name": "X", "seats": 1, "amenities": {}}
    with store.begin() as connection:
        connection.execute(insert(space), extra)
    assert report.import_id is not None
    with pytest.raises(PlaceLibreError, match="Le Lab"):
        undo(store, report.import_id, NOW)
    with store.begin() as connection:
        connection.execute(delete(space))
    undo(store, report.import_id, NOW)


def test_the_lists_own_code_wins_over_a_point_just_across_the_border(seen: Any, bring: Any, areas: Areas) -> None:
    nantes = areas.commune("44109")
    assert nantes is not None
    # In Rezé, 204 m and 522 m from Nantes; and the town hall that the national list puts 2.5 km outside Bény.
    near, far, mairie = ("47.1950", "-1.5500"), ("47.1900", "-1.5500"), ("46.2721061707", "5.28437995911")
    rows = [["A", "44109", *near], ["B", "44109", *far], ["C", "75056", "48.8695", "2.3354"], ["D", "01038", *mairie]]
    report = bring(rows, header=("nom", "code insee", "lat", "lon"))
    assert [(item.insee, item.precision) for item in seen.places()] == [
        ("44109", "exact"),
        ("44109", "commune"),
        ("75102", "exact"),
        ("01038", "commune"),
    ]
    assert [note["note"] for note in report.to_dict("fr")["notes"]] == ["coordinates_far"] * 2
