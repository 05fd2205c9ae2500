"""Reference implementation of the search: plain Python over plain rows, every formula written a second time.

It imports nothing of `matching` but the query. Slow and obvious on purpose.
"""

import json
import math
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from datetime import date, datetime
from typing import Any

from geo.opening_hours.patterns import open_slots
from geo.opening_hours.public_holidays import holiday_region
from matching.query.query import Query, Window

Row = dict[str, Any]
DAYS, PER_DAY = 63, 48
KINDS_OF_TERM = ["proximity", "wishes", "price", "affinity", "fit", "trust"]
WEIGHTS = {
    "balanced": [0.40, 0.20, 0.12, 0.13, 0.05, 0.10],
    "closest": [0.70, 0.10, 0.05, 0.05, 0.03, 0.07],
    "community": [0.25, 0.15, 0.08, 0.40, 0.04, 0.08],
    "cheapest": [0.25, 0.15, 0.42, 0.06, 0.04, 0.08],
}
HALF_M = {None: 3000, "walk": 800, "bike": 2500, "car": 8000}
COMMON_WORDS = """
    au aux avec ce ces cette chez dans de des du elle en entre est et il la le les leur leurs mais ne nos notre nous on
    ou par pas plus pour qu que qui sa sans se ses son sont sur tous tout toute toutes un une vos votre vous
"""


def metres(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    to_radians = math.pi / 180
    half = math.sin((lat2 - lat1) * to_radians / 2) ** 2
    half += math.cos(lat1 * to_radians) * math.cos(lat2 * to_radians) * math.sin((lon2 - lon1) * to_radians / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(min(1.0, math.sqrt(half)))


def row_bitmask(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    spaced = "".join(c if c.isalnum() else " " for c in plain)
    return [word for word in spaced.split() if len(word) > 1 and word not in COMMON_WORDS.split()]


def word_similarity(communities: list[Row]) -> dict[tuple[str, str], float]:
    """Cosine of TF-IDF vectors: idf = ln((1 + n) / (1 + df)) + 1, vectors of length 1."""
    counts = {c["slug"]: Counter(row_bitmask(" ".join([*c["values"], c["words"]]))) for c in communities}
    holding = Counter(word for count in counts.values() for word in count)
    vectors = {}
    for slug, count in counts.items():
        raw = {word: n * (math.log((1 + len(counts)) / (1 + holding[word])) + 1) for word, n in count.items()}
        length = math.sqrt(sum(value**2 for value in raw.values())) or 1.0
        vectors[slug] = {word: value / length for word, value in raw.items()}
    return {
        (a, b): sum(value * vectors[b].get(word, 0.0) for word, value in vectors[a].items())
        for a in vectors
        for b in vectors
    }


def members_by_community(memberships: list[Row]) -> dict[str, set[str]]:
    """The members of each community."""
    members: dict[str, set[str]] = {}
    for row in memberships:
        members.setdefault(row["community"], set()).add(row["member"])
    return members


def members_in_common(first: set[str], second: set[str]) -> float:
    """Root of the cosine, shrunk; nothing for fewer than three."""
    shared = len(first & second)
    return 0.0 if shared < 3 else math.sqrt(shared / math.sqrt(len(first) * len(second)) * shared / (shared + 10))


def learned_similarity(by_words: float, both_have_words: bool, first: set[str], second: set[str]) -> float:
    """Learned similarity of two communities, at most 0.6."""
    size = math.sqrt(len(first) * len(second))
    weight = size / (size + 5) if both_have_words else 1.0
    return round(0.6 * (weight * members_in_common(first, second) + (1 - weight) * by_words), 6)


class Reference:
    """Brute-force search over all places."""

    def __init__(
        self,
        places: list[Row],
        spaces: list[Row],
        busy: list[Row],
        communities: list[Row],
        memberships: list[Row],
        as_of: datetime,
    ) -> None:
        self.as_of, self.communities = as_of, communities
        self.like, self.members_by_community = word_similarity(communities), members_by_community(memberships)
        self.first_slot = int(datetime(as_of.year, as_of.month, as_of.day, tzinfo=as_of.tzinfo).timestamp()) // 1800
        self.spaces: dict[int, list[Row]] = {}
        for row in spaces:
            self.spaces.setdefault(row["place_id"], []).append({**row})
        self.taken: dict[int, dict[int, int]] = {}
        for row in busy:
            self.taken.setdefault(row["space_id"], {})[row["slot"]] = row["seats_taken"]
        self.places = sorted((p for p in places if p["status"] != "closed"), key=lambda p: p["lat"])
        self.lats = [p["lat"] for p in self.places]
        self._open: dict[tuple[str, str, str], list[bool]] = {}
        for place in self.places:
            for row in self.rows_of(place):
                row["answers"] = {**json.loads(place["amenities"]), **json.loads(row.get("amenities") or "{}")}
                row["hours"] = row.get("opening_hours") or place["opening_hours"]
                row["trust"] = self.trust(place, row)
                row["open"] = self.opened(row["hours"], place)

    def rows_of(self, place: Row) -> list[Row]:
        """Spaces of an offered place; one row without a space for a candidate."""
        if place["status"] == "offered":
            return self.spaces.get(place["place_id"], [])
        return place.setdefault("itself", [{"space_id": None, "communities": place["communities"]}])

    def opened(self, hours: str | None, place: Row) -> list[bool]:
        if hours is None:
            return [False] * (DAYS * PER_DAY)
        key = (hours, place["time_zone"], holiday_region(place["insee"]))
        if key not in self._open:
            day: date = self.as_of.date()
            table = open_slots(hours, first_day=day, days=DAYS, time_zone=key[1], holiday_region=key[2])
            self._open[key] = [bool(value) for value in table.reshape(-1)]
        return self._open[key]

    def trust(self, place: Row, row: Row) -> float:
        checked = place["checked_on"]
        fresh = 0.4 if checked is None else (730 - (self.as_of.date() - checked).days) / (730 - 183)
        facts = [
            place["address"] != "",
            place["precision"] != "commune",
            row["hours"] is not None,
            bool(place["phone"]) or bool(place["website"]),
            row.get("price_half_day_cents") is not None,
            len(row["answers"]) >= 3,
        ]
        return min(1.0, max(0.0, fresh)) * (facts.count(True) / 6)

    def affinity(self, searcher: str, other: str) -> float:
        if searcher == other:
            return 1.0
        declared = next(c["partners"] for c in self.communities if c["slug"] == searcher)
        slugs = {c["slug"] for c in self.communities}
        if other in declared and other in slugs:
            return 0.7
        if other not in slugs:
            return 0.0
        like, members = self.like, self.members_by_community
        both_have_words = like[searcher, searcher] > 0 and like[other, other] > 0
        return learned_similarity(
            like[searcher, other], both_have_words, members.get(searcher, set()), members.get(other, set())
        )

    def weights(self, query: Query) -> dict[str, float]:
        weights = dict(zip(KINDS_OF_TERM, WEIGHTS[query.preset.value], strict=True))
        if query.weights is not None:
            weights = {name: dict(query.weights).get(name, 0.0) for name in KINDS_OF_TERM}
        if not query.wishes:
            del weights["wishes"]
        if query.community not in {c["slug"] for c in self.communities}:
            del weights["affinity"]
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items() if weight > 0}

    def search(self, query: Query, now: datetime) -> tuple[list[Row], int, int]:
        """All fitting places, best first, each with its terms; how many; how many to confirm."""
        results, unsure, weights = [], 0, self.weights(query)
        band = math.degrees(query.radius_m / 6_371_008.8) + 1e-6
        low, high = bisect_left(self.lats, query.point.lat - band), bisect_right(self.lats, query.point.lat + band)
        for place in self.places[low:high]:
            if place["status"] == "candidate" and not query.candidates:
                continue
            exact_m = metres(query.point.lon, query.point.lat, place["lon"], place["lat"])
            distance_m = max(round(exact_m, 1), round(place["expected_m"], 1))
            if distance_m > query.radius_m or (query.kinds and place["kind"] not in query.kinds):
                continue
            sure_rows, unsure_rows = [], []
            for row in self.rows_of(place):
                answers = {row["answers"].get(need.value, "unknown") for need in query.needs}
                if "no" not in answers and self.fits(row, query):
                    (unsure_rows if "unknown" in answers else sure_rows).append(row)
            if query.to_confirm:
                if unsure_rows and not sure_rows:
                    results.append(self.best(place, unsure_rows, distance_m, weights, query))
            elif sure_rows:
                results.append(self.best(place, sure_rows, distance_m, weights, query))
            elif unsure_rows:
                unsure += 1
        results.sort(
            key=lambda result: (-result["windows"], -result["score"], result["distance_m"], result["place_id"])
        )
        for result in results[: query.limit]:
            self.add_availability(result, query, now)
        return results, len(results), unsure

    def fits(self, row: Row, query: Query) -> bool:
        if row["communities"] and not set(row["communities"]) & query.visible:
            return False
        if row["space_id"] is None:
            return True
        price = self.price(row, query)
        return (
            row["seats"] >= query.seats
            and (query.max_seats is None or row["seats"] <= query.max_seats)
            and (not query.space_kinds or row["kind"] in query.space_kinds)
            and (query.max_price_cents is None or (price is not None and price <= query.max_price_cents))
            and self.free_enough(row, query)
        )

    def price(self, row: Row, query: Query) -> int | None:
        own = query.community in row["communities"] and query.community in query.visible
        if own and row.get("member_price_half_day_cents") is not None:
            return int(row["member_price_half_day_cents"])
        return row.get("price_half_day_cents")

    def left(self, row: Row, slot: int) -> int:
        """Seats left in a slot, 0 when closed."""
        here = slot - self.first_slot
        if not 0 <= here < DAYS * PER_DAY or not row["open"][here]:
            return 0
        return int(row["seats"]) - self.taken.get(row["space_id"], {}).get(slot, 0)

    def free_enough(self, row: Row, query: Query) -> bool:
        free = self.free_windows(row, query)
        return any(free) or not free if query.most_windows else all(free)

    def free_windows(self, row: Row, query: Query) -> list[bool]:
        return [self.first_start(row, query, window) is not None for window in query.windows]

    def first_start(self, row: Row, query: Query, window: Window) -> int | None:
        length = window.any_slots or window.stop - window.start
        run = 0
        for slot in range(window.start, window.stop):
            run = run + 1 if self.left(row, slot) >= query.seats else 0
            if run == length:
                return slot - length + 1
            if run == 0 and window.any_slots is None:
                return None
        return None

    def best(self, place: Row, rows: list[Row], distance_m: float, weights: dict[str, float], query: Query) -> Row:
        scored = []
        for row in rows:
            values = {name: self.value(name, place, row, distance_m, query) for name in weights}
            score = round(sum(weights[name] * value for name, value in values.items()), 6)
            counts = query.most_windows and row["space_id"] is not None
            windows = sum(self.free_windows(row, query)) if counts else 0
            scored.append((-windows, -score, distance_m, row["space_id"] or 0, row, values))
        scored.sort(key=lambda candidate: candidate[:4])
        windows, score, _, _, row, values = scored[0]
        return {
            "windows": -windows,
            "place_id": place["place_id"],
            "space_id": row["space_id"],
            "others": len(rows) - 1,
            "score": -score,
            "distance_m": distance_m,
            "values": values,
            "weights": weights,
            "price": self.price(row, query),
            "row": row,
        }

    def value(self, name: str, place: Row, row: Row, distance_m: float, query: Query) -> float:
        if name == "proximity":
            return 2 ** (-distance_m / HALF_M[query.mode])
        if name == "wishes":
            worth = {"yes": 1.0, "unknown": 0.4, "no": 0.0}
            return sum(worth[row["answers"].get(wish.value, "unknown")] for wish in query.wishes) / len(query.wishes)
        if name == "price":
            price = self.price(row, query)
            return 0.4 if price is None else 2 ** (-price / 1500)
        if name == "affinity":
            visible = [slug for slug in row["communities"] if slug in query.visible]
            return max((self.affinity(query.community, slug) for slug in visible), default=0.0)
        if name == "fit":
            if row["space_id"] is None:
                return 0.4
            ratio = row["seats"] / query.seats
            return 1.0 if ratio <= 2 else max(0.2, 1 - 0.8 * math.log10(ratio / 2))
        return float(row["trust"])

    def add_availability(self, result: Row, query: Query, now: datetime) -> None:
        """Adds in which windows a result is free, the free time around the first of them, and the seats left in all."""
        row = result["row"]
        result["free"] = result["left"] = None
        if row["space_id"] is None:
            result["windows_free"] = [False] * len(query.windows)
            return
        result["windows_free"] = self.free_windows(row, query)
        for window, free in zip(query.windows, result["windows_free"], strict=True):
            if not free:
                continue
            begin = self.first_start(row, query, window)
            stop = begin + (window.any_slots or window.stop - window.start)
            left = min(self.left(row, slot) for slot in range(begin, stop))
            result["left"] = left if result["left"] is None else min(left, result["left"])
            result["free"] = result["free"] or self.run_around(row, query, window, begin, stop, now)

    def run_around(
        self, row: Row, query: Query, window: Window, start: int, stop: int, now: datetime
    ) -> tuple[int, int]:
        last = window.stop if window.any_slots else min(window.stop + PER_DAY, self.first_slot + DAYS * PER_DAY)
        while stop < last and self.left(row, stop) >= query.seats:
            stop += 1
        earliest = max(int(now.timestamp()) // 1800, window.start - PER_DAY)
        while window.any_slots is None and start > earliest and self.left(row, start - 1) >= query.seats:
            start -= 1
        return (start, stop)
