"""The demo rule: documented, seeded by what a place is, marked everywhere, and fully taken back."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, delete, select, update

from geo.errors import NotFound
from geo.opening_hours.patterns import normalise, open_slots
from geo.store.engine import reading, writing
from geo.store.revisions import changed_since, mint, revision
from geo.store.schema import busy, listing, place, space, space_community
from geo.store.seat_ledger import take
from geo.types import Amenity, PlaceKind, Point, SpaceKind
from ingest.journal.tables import import_run
from service.bookings.booking import HORIZON_DAYS, book
from service.bookings.tables import booking
from service.communities.community import load_files, sync
from service.demo.bookings import MAX_BUSY_SLOTS, BusySpace, pretended_bookings, release_demo_seats
from service.demo.offers import apply_demo_offers, remove_demo_offers
from service.demo.rule import (
    AMENITY_ODDS,
    ASSUMED_HOURS,
    COMMUNITIES,
    LARGE_LIBRARY_HOURS,
    MIN_LIBRARY_SEATS,
    OFFER_SHARES,
    SMALL_LIBRARY_HOURS,
    PlaceFacts,
    demo_offer,
)

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOURS = "Mo-Fr 09:00-12:00,13:30-16:30"

facts_of_anything = st.builds(
    PlaceFacts,
    identity=st.text(max_size=30),
    kind=st.sampled_from(PlaceKind),
    opening_hours=st.sampled_from([None, HOURS]),
    capacity=st.none() | st.integers(0, 3000),
    amenities=st.dictionaries(st.sampled_from([str(one) for one in Amenity]), st.sampled_from(["yes", "no"])),
)


# --- the rule ------------------------------------------------------------------------------------


@given(facts_of_anything)
def test_an_offer_is_always_one_that_the_store_and_a_searcher_can_use(facts: PlaceFacts) -> None:
    offer = demo_offer(facts)
    if offer is None:
        return
    assert facts.kind in OFFER_SHARES and offer.spaces
    assert bool(facts.opening_hours) != bool(offer.assumed_hours), "hours are the source's, else assumed"
    assert len({one.key for one in offer.spaces}) == len(offer.spaces)
    for one in offer.spaces:
        assert one.seats > 0 and 0 <= one.price_cents <= 15_000 and one.price_cents % 50 == 0
        assert set(one.communities) <= COMMUNITIES
        assert not set(one.amenities) & set(facts.amenities), "what a source said is not said again"
        if one.member_price_cents is not None:
            assert one.communities and 0 < one.member_price_cents < one.price_cents


@given(facts_of_anything, st.floats(0, 1), st.floats(0, 1))
def test_a_smaller_share_offers_a_part_of_the_same(facts: PlaceFacts, one: float, other: float) -> None:
    fewer, more = (demo_offer(facts, share) for share in sorted((one, other)))
    assert fewer is None or fewer == more


@given(st.text(max_size=30), st.integers(0, 500))
def test_a_library_offers_free_tables_for_a_third_of_its_seats(identity: str, seats: int) -> None:
    offer = demo_offer(PlaceFacts(identity, PlaceKind.LIBRARY, None, seats, {}))
    if seats < MIN_LIBRARY_SEATS:
        assert offer is None
        return
    assert offer is not None
    assert offer.spaces[0].seats == min(seats // 3, 60)
    assert all(one.price_cents == 0 and one.communities == () for one in offer.spaces)


def test_a_mairie_without_hours_offers_nothing_and_about_one_in_seven_of_the_others_do() -> None:
    offers = [demo_offer(PlaceFacts(f"m{n}", PlaceKind.MAIRIE, HOURS, None, {})) for n in range(4000)]
    assert all(demo_offer(PlaceFacts(f"m{n}", PlaceKind.MAIRIE, None, None, {})) is None for n in range(200))
    made = [one for one in offers if one is not None]
    assert 0.13 < len(made) / 4000 < 0.17
    spaces = [one for offer in made for one in offer.spaces]
    assert all(300 <= one.price_cents <= 1500 and one.communities == ("ruraconnect",) for one in spaces)
    assert {one.kind for one in spaces} == {SpaceKind.MEETING_ROOM, SpaceKind.OPEN_SPACE}


@pytest.mark.parametrize("hours", ["off", "Mo-Su off", "Mo-Fr off; PH off"])
def test_a_place_closed_for_works_offers_nothing(hours: str) -> None:
    facts = [PlaceFacts(f"c{n}", PlaceKind.COWORKING, hours, None, {}) for n in range(20)]
    assert not any(demo_offer(one) for one in facts)


def test_wifi_is_known_for_about_seven_spaces_in_ten_and_nothing_is_always_known() -> None:
    answers = Counter[str]()
    for number in range(4000):
        offer = demo_offer(PlaceFacts(f"l{number}", PlaceKind.LIBRARY, None, 40, {}))
        assert offer is not None
        answers[offer.spaces[0].amenities.get("wifi", "unknown")] += 1
    assert 0.25 < answers["unknown"] / 4000 < 0.35
    assert answers["no"] > 0
    for odds in AMENITY_ODDS.values():
        assert all(yes + no <= 1 for yes, no in odds.values())


@pytest.mark.parametrize("pattern", [*ASSUMED_HOURS.values(), SMALL_LIBRARY_HOURS, LARGE_LIBRARY_HOURS])
def test_assumed_hours_are_spelled_as_the_store_spells_them_and_open(pattern: str) -> None:
    assert normalise(pattern) == pattern
    week = open_slots(pattern, first_day=NOW.date(), days=7, time_zone="Europe/Paris", holiday_region="metropole")
    assert week.sum() > 15


def test_the_rule_is_documented_with_its_numbers() -> None:
    text = (ROOT / "docs" / "demo-offers.md").read_text(encoding="utf-8")
    for kind, share in OFFER_SHARES.items():
        assert f"| `{kind}` | {share:.0%} |".replace("%", " %") in text, kind
    for pattern in (*ASSUMED_HOURS.values(), SMALL_LIBRARY_HOURS, LARGE_LIBRARY_HOURS):
        assert f"`{pattern}`" in text


# --- what is busy --------------------------------------------------------------------------------


def cafe(number: int, hours: str = "24/7") -> BusySpace:
    return BusySpace(number, number, f"cafe {number}", PlaceKind.COWORKING, 5, hours, "Europe/Paris", "44109")


def test_pretended_bookings_lie_within_opening_hours_and_the_horizon() -> None:
    made = pretended_bookings([cafe(number, HOURS) for number in range(60)], NOW)
    assert len({one.space.space_id for one in made}) > 10
    first = datetime(2026, 11, 24, tzinfo=UTC)
    opened = open_slots(
        HOURS, first_day=first.date(), days=HORIZON_DAYS, time_zone="Europe/Paris", holiday_region="metropole"
    ).ravel()
    for one in made:
        start = one.start_slot - int(first.timestamp()) // 1800
        assert start >= 0 and opened[start : start + one.stop_slot - one.start_slot].all()
        assert 1 <= one.seats <= one.space.seats


def test_as_days_go_by_pretended_bookings_are_added_and_none_is_taken_back() -> None:
    spaces = [cafe(number, HOURS) for number in range(60)]
    later = NOW + timedelta(days=9)
    today = {one for one in pretended_bookings(spaces, NOW) if one.start_slot * 1800 > later.timestamp() + 86_400}
    assert today < set(pretended_bookings(spaces, later))


def test_pretended_bookings_stay_moderate_however_many_spaces_there_are() -> None:
    made = pretended_bookings([cafe(number) for number in range(12_000)], NOW)
    assert MAX_BUSY_SLOTS * 0.99 < sum(one.stop_slot - one.start_slot for one in made) <= MAX_BUSY_SLOTS


# --- in the store --------------------------------------------------------------------------------


def add_places(store: Engine, kinds: dict[PlaceKind, int], **changes: Any) -> list[int]:
    """Candidates of these kinds, with hours for the mairies and a capacity for all."""
    with writing(store) as connection:
        ids = iter(mint(connection, "place", sum(kinds.values())))
        rows = [
            {
                "id": (place_id := next(ids)),
                "name": f"{kind} {number}",
                "match_key": f"{kind} {number} 44109",
                "kind": str(kind),
                "status": "candidate",
                "insee": "44109",
                "lon": -1.55,
                "lat": 47.21,
                "position": Point(-1.55, 47.21),
                "h3_r9": 0,
                "precision": "exact",
                "time_zone": "Europe/Paris",
                "opening_hours": HOURS if kind is PlaceKind.MAIRIE else None,
                "capacity": 80,
                "amenities": {"wifi": "no"} if place_id % 2 else {},
            }
            | changes
            for kind, count in kinds.items()
            for number in range(count)
        ]
        connection.execute(place.insert(), rows)
    return [int(str(row["id"])) for row in rows]


@pytest.fixture
def town(store: Engine) -> Engine:
    """Some places of every kind, and the example communities."""
    sync(store, load_files(ROOT / "data"))
    add_places(store, dict.fromkeys(PlaceKind, 40))
    return store


def dump(store: Engine, *tables: Table) -> dict[str, list[dict[str, Any]]]:
    with reading(store) as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in tables
        }


OFFER_TABLES = (place, space, space_community, busy, booking)


def test_offers_are_marked_everywhere(town: Engine) -> None:
    report = apply_demo_offers(town, NOW)
    rows = dump(town, place, space)
    offered = {row["id"]: row for row in rows["place"] if row["status"] == "offered"}
    assert all(row["demo"] for row in offered.values()) and all(row["demo"] for row in rows["space"])
    assert {row["place_id"] for row in rows["space"]} == set(offered)
    assert not any(row["demo"] for row in rows["place"] if row["status"] != "offered")
    assert (report.places, report.spaces) == (len(offered), len(rows["space"]))
    assert report.by_kind == Counter(row["kind"] for row in offered.values())
    assert report.spaces_by_kind == Counter(row["kind"] for row in rows["space"])
    assert report.by_kind["library"] == 40


def test_assumed_hours_are_marked_and_known_ones_kept(town: Engine) -> None:
    apply_demo_offers(town, NOW)
    for row in dump(town, place)["place"]:
        if row["status"] == "offered":
            assert row["hours_assumed"] == (row["kind"] != "mairie")
            assert (row["opening_hours"] == HOURS) == (row["kind"] == "mairie")


def test_facts_of_the_sources_are_not_touched(town: Engine) -> None:
    kept = [
        name
        for name in (column.name for column in place.c)
        if name not in {"status", "demo", "opening_hours", "hours_assumed"}
    ]
    before = [{name: row[name] for name in kept} for row in dump(town, place)["place"]]
    apply_demo_offers(town, NOW)
    assert [{name: row[name] for name in kept} for row in dump(town, place)["place"]] == before
    odd = {row["id"] for row in before if row["amenities"]}
    assert not any("wifi" in row["amenities"] for row in dump(town, space)["space"] if row["place_id"] in odd)


def test_applying_twice_changes_nothing(town: Engine) -> None:
    first = apply_demo_offers(town, NOW)
    before = dump(town, *OFFER_TABLES)
    with reading(town) as connection:
        known = revision(connection)
    again = apply_demo_offers(town, NOW + timedelta(hours=3))
    assert dump(town, *OFFER_TABLES) == before
    assert again.written == 0 and again.bookings == first.bookings > 0 and again.busy_slots == first.busy_slots > 0
    with reading(town) as connection:
        assert revision(connection) == known


def test_another_order_of_import_makes_the_same_offers(town: Engine) -> None:
    def offers() -> set[tuple[Any, ...]]:
        names = {row["id"]: row["match_key"] for row in dump(town, place)["place"]}
        return {
            (names[row["place_id"]], row["key"], row["seats"], row["price_half_day_cents"], str(row["opening_hours"]))
            for row in dump(town, space)["space"]
        }

    apply_demo_offers(town, NOW)
    first = offers()
    remove_demo_offers(town)
    with writing(town) as connection:
        connection.execute(delete(place))
    add_places(town, dict.fromkeys(reversed(PlaceKind), 40), amenities={})
    apply_demo_offers(town, NOW)
    assert offers() == first


def test_the_ledger_holds_exactly_the_pretended_bookings(town: Engine) -> None:
    report = apply_demo_offers(town, NOW)
    expected = Counter[tuple[int, int]]()
    for row in dump(town, booking)["booking"]:
        assert row["demo"] and row["state"] == "confirmed"
        for slot in range(row["starts_slot"], row["stop_slot"]):
            expected[row["space_id"], slot] += row["seats"]
    stored = {(row["space_id"], row["slot"]): row["seats_taken"] for row in dump(town, busy)["busy"]}
    assert stored == expected and len(stored) == report.busy_slots > 0


def test_removing_brings_the_store_back(town: Engine) -> None:
    before = dump(town, *OFFER_TABLES)
    apply_demo_offers(town, NOW)
    assert remove_demo_offers(town) > 0
    assert dump(town, *OFFER_TABLES) == before
    assert remove_demo_offers(town) == 0


def test_every_change_is_told_to_the_index(town: Engine) -> None:
    with reading(town) as connection:
        known = revision(connection)
    apply_demo_offers(town, NOW)
    with reading(town) as connection:
        changed = set(changed_since(connection, known))
        demo = set(connection.execute(select(place.c.id).where(place.c.demo)).scalars())
    assert changed == demo


def test_a_smaller_share_takes_offers_back(town: Engine) -> None:
    apply_demo_offers(town, NOW)
    all_of_them = {row["id"] for row in dump(town, place)["place"] if row["demo"]}
    fewer = apply_demo_offers(town, NOW, share=0.3)
    kept = {row["id"] for row in dump(town, place)["place"] if row["demo"]}
    assert kept < all_of_them and fewer.places == len(kept) > 0
    assert {row["place_id"] for row in dump(town, space)["space"]} == kept
    assert {row["space_id"] for row in dump(town, busy)["busy"]} <= {row["id"] for row in dump(town, space)["space"]}


def test_a_demo_space_that_was_really_booked_is_closed_and_its_booking_kept(town: Engine) -> None:
    apply_demo_offers(town, NOW)
    with reading(town) as connection:
        room = connection.execute(
            select(space.c.id, space.c.place_id).join(place).where(place.c.kind == "library").limit(1)
        ).one()
    start = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
    made = book(town, space_id=room.id, start=start, stop=start + timedelta(hours=1), seats=1, community=None, now=NOW)
    remove_demo_offers(town)
    left = dump(town, space, busy, booking)
    assert [(row["id"], row["closed"]) for row in left["space"]] == [(room.id, True)]
    assert {row["slot"] for row in left["busy"]} == set(range(made.start_slot, made.stop_slot))
    assert [row["id"] for row in left["booking"]] == [made.id]
    apply_demo_offers(town, NOW)
    assert not any(row["closed"] for row in dump(town, space)["space"]), "offered again: the same space opens again"
    assert apply_demo_offers(town, NOW).written == 0


def test_pretended_bookings_never_take_the_seats_of_a_real_one(town: Engine) -> None:
    apply_demo_offers(town, NOW)
    (pretended, *_) = dump(town, booking)["booking"]
    room, slots = pretended["space_id"], range(pretended["starts_slot"], pretended["stop_slot"])
    with writing(town) as connection:
        release_demo_seats(connection, [room])
        seats = connection.execute(select(space.c.seats).where(space.c.id == room)).scalar_one()
        take(connection, room, slots, seats)
    apply_demo_offers(town, NOW)
    again = [row for row in dump(town, booking)["booking"] if row["space_id"] == room]
    assert all(row["starts_slot"] >= slots.stop or row["stop_slot"] <= slots.start for row in again)
    with reading(town) as connection:
        mine = select(busy.c.seats_taken).where(busy.c.space_id == room, busy.c.slot.in_(slots))
        assert set(connection.execute(mine).scalars()) == {seats}


def test_yesterday_is_forgotten(town: Engine) -> None:
    apply_demo_offers(town, NOW)
    later = NOW + timedelta(days=30)
    apply_demo_offers(town, later)
    assert all(row["stop_slot"] * 1800 > later.timestamp() for row in dump(town, booking)["booking"])
    assert all(row["slot"] * 1800 > later.timestamp() - 86_400 for row in dump(town, busy)["busy"])


def test_what_a_host_really_offered_is_left_alone(town: Engine) -> None:
    (real,) = add_places(town, {PlaceKind.LIBRARY: 1}, status="offered", opening_hours=HOURS, match_key="real")
    (closed,) = add_places(town, {PlaceKind.LIBRARY: 1}, status="closed", match_key="closed")
    add_room(town, real)
    before = [row for row in dump(town, place)["place"] if row["id"] in {real, closed}]
    apply_demo_offers(town, NOW)
    assert [row for row in dump(town, place)["place"] if row["id"] in {real, closed}] == before
    remove_demo_offers(town)
    assert [row for row in dump(town, place)["place"] if row["id"] in {real, closed}] == before


@pytest.mark.parametrize("agreed", [True, False])
def test_when_a_host_comes_the_demo_steps_back(town: Engine, agreed: bool) -> None:
    apply_demo_offers(town, NOW)
    with reading(town) as connection:
        place_id = connection.execute(select(place.c.id).where(place.c.demo).order_by(place.c.id).limit(1)).scalar_one()
    add_room(town, place_id, agreed=agreed)
    apply_demo_offers(town, NOW)
    (row,) = [row for row in dump(town, place)["place"] if row["id"] == place_id]
    assert (row["status"], row["demo"]) == ("offered" if agreed else "candidate", False)
    assert [row["demo"] for row in dump(town, space)["space"] if row["place_id"] == place_id] == [False]


def add_room(store: Engine, place_id: int, agreed: bool = True) -> None:
    """A room that a community's list brought to a place, with or without the agreement of its host."""
    with writing(store) as connection:
        (space_id,), (listing_id,) = mint(connection, "space"), mint(connection, "listing")
        (import_id,) = mint(connection, "import_run")
        connection.execute(
            space.insert().values(
                id=space_id, place_id=place_id, key="room", kind="meeting_room", name="Salle", seats=4, amenities={}
            )
        )
        connection.execute(
            import_run.insert().values(
                id=import_id,
                source="list",
                community="ruraconnect",
                file_name="list.csv",
                file_sha256="",
                licence="",
                started_at=NOW,
                published_at=NOW,
                state="published",
                offered=agreed,
                counts={},
            )
        )
        connection.execute(
            listing.insert().values(
                id=listing_id,
                source="list",
                source_key=str(listing_id),
                fingerprint="",
                raw={},
                place_id=place_id,
                community="ruraconnect",
                licence="",
                import_id=import_id,
            )
        )


def test_hours_that_come_later_replace_the_assumed_ones(town: Engine) -> None:
    apply_demo_offers(town, NOW)
    with writing(town) as connection:
        place_id = connection.execute(select(place.c.id).where(place.c.kind == "library").limit(1)).scalar_one()
        connection.execute(update(place).where(place.c.id == place_id).values(opening_hours=HOURS, hours_assumed=False))
    apply_demo_offers(town, NOW)
    remove_demo_offers(town)
    (row,) = [row for row in dump(town, place)["place"] if row["id"] == place_id]
    assert (row["opening_hours"], row["hours_assumed"], row["status"]) == (HOURS, False, "candidate")


def test_without_the_example_communities_it_says_so_and_removing_still_works(store: Engine) -> None:
    with pytest.raises(NotFound, match="ruraconnect"):
        apply_demo_offers(store, NOW)
    assert remove_demo_offers(store) == 0


def test_progress_counts_up_to_all(town: Engine) -> None:
    seen: list[tuple[int, int]] = []
    apply_demo_offers(town, NOW, progress=lambda done, total: seen.append((done, total)))
    assert seen and seen[-1][0] == seen[-1][1] and seen == sorted(seen)
