"""Requests made by rule: every list through the reports, the help of every command, seeded mixtures of parameters."""

from random import Random
from urllib.parse import urlencode

from benchmarks.answers.corpus import Chapter, Request, read_requests
from benchmarks.answers.world import LISTS, REPOSITORY, SAMPLES

SEED = 13
Pairs = list[tuple[str, str]]

TOWNS = ("Nantes", "Paris", "Strasbourg", "Mende", "Saint-Denis 97400", "44600 Saint-Nazaire", "Rezé", "75011", "67000")
WHERES = (
    *TOWNS,
    "gare de Nantes",
    "48.8566,2.3522",
    "-20.8789,55.4481",
    "12 rue de Strasbourg, Nantes",
    "48.9098,2.4845",
)
ATS = ("2026-11-24T09:00/PT3H", "jeudi 9h-12h", "2026-11-25T14:00/17:30", "mardi 14h-17h", "2026-12-03T08:00/PT10H")
NEEDS = ("wifi", "wifi,screen", "step_free", "quiet", "coffee", "parking")
KINDS = ("mairie", "library", "coworking,hotel", "cafe", "france_services,library")
SPACE_KINDS = ("desk", "meeting_room", "open_space,private_office")
PRICES = ("0", "5", "15", "40")
COMMUNITIES = ("ruraconnect", "hub-generali", "rebondsconnect", "base10")
PRESETS = ("closest", "community", "cheapest", "balanced")
REACHES = ("1km", "5km", "10km", "20min", "50km", "800m")
MODES = ("walk", "bike", "car")
PERSONS = (
    "Nantes",
    "Rezé:bike",
    "Saint-Nazaire",
    "Ancenis:car:45min",
    "Clisson",
    "gare de Nantes:walk:90min",
    "Châteaubriant",
)

COMMANDS = """
demo | import | worker | bench | index | geocode-index | search | meet | coverage | export | serve | check | migrate
imports | imports list | imports show | imports undo | feeds | feeds list | feeds add | feeds remove | feeds show
feeds run | review | review list | review same | review different | review forget | review explain | routing
routing build | learn | learn accept | learn reset | community | community list | community add | community members
"""


def generated_chapters() -> list[Chapter]:
    """The chapters of this module; the same at every call."""
    random = Random(SEED)
    return [
        Chapter("search-mixed", tuple(_search(random) for _ in range(130))),
        Chapter("pages-mixed", tuple(_page(random) for _ in range(50))),
        Chapter("meet-mixed", tuple(_meet(random) for _ in range(24))),
        Chapter("cli-search-mixed", tuple(_command(random) for _ in range(18))),
        Chapter("cli-help", tuple(_help())),
        Chapter("cli-reports", tuple(_reports())),
    ]


def _some(random: Random, chances: dict[str, tuple[float, tuple[str, ...]]]) -> Pairs:
    """Each parameter with its chance, one of its values."""
    return [(name, random.choice(values)) for name, (chance, values) in chances.items() if random.random() < chance]


def _times(random: Random) -> Pairs:
    """One window, several, any time between two, weeks of one, or none."""
    form = random.randrange(6)
    if form == 0:
        return []
    if form == 1:
        between = "2026-11-24T08:00/2026-11-24T19:00"
        return [("any", random.choice(("3h", "PT1H30M", "90min", "8h"))), ("between", between)]
    if form == 2:
        return [("at", at) for at in random.sample(ATS, 3)] + _some(random, {"dates": (0.7, ("all", "most"))})
    if form == 3:
        return [
            ("at", random.choice(ATS)),
            ("weeks", random.choice(("2", "4", "9"))),
            ("dates", random.choice(("all", "most"))),
        ]
    return [("at", random.choice(ATS))]


def _search_pairs(random: Random) -> Pairs:
    pairs = [("where", random.choice(WHERES)), *_times(random)]
    return pairs + _some(
        random,
        {
            "seats": (0.2, ("1", "2", "6", "25")),
            "need": (0.3, NEEDS),
            "wish": (0.3, NEEDS),
            "kind": (0.2, KINDS),
            "space_kind": (0.15, SPACE_KINDS),
            "max_price": (0.2, PRICES),
            "community": (0.3, COMMUNITIES),
            "within": (0.4, REACHES),
            "mode": (0.2, MODES),
            "preset": (0.4, PRESETS),
            "candidates": (0.2, ("true",)),
            "limit": (0.5, ("1", "3", "5", "50")),
            "per_host": (0.1, ("1", "2")),
            "new_floor": (0.1, ("0.1", "0.5")),
        },
    )


def _search(random: Random) -> Request:
    """`GET /api/v1/search` with or without a key, a language, proposals of changes."""
    pairs = _search_pairs(random) + _some(random, {"relaxations": (0.3, ("true",))})
    headers = {"accept-language": "en"} if random.random() < 0.3 else {}
    headers |= {"authorization": "Bearer {rura}"} if random.random() < 0.15 else {}
    return Request("GET", "/api/v1/search?" + urlencode(pairs), headers)


def _page(random: Random) -> Request:
    """The search page by the fields of its form."""
    given = _search_pairs(random)
    kept = {
        "where",
        "weeks",
        "dates",
        "seats",
        "need",
        "wish",
        "kind",
        "max_price",
        "community",
        "preset",
        "candidates",
    }
    pairs = [pair for pair in given if pair[0] in kept]
    pairs += _some(
        random,
        {
            "date": (0.5, ("2026-11-24", "2026-11-25", "2026-12-05", "")),
            "from": (0.3, ("08:00", "14:00")),
            "to": (0.3, ("15:30", "18:00")),
            "reach": (0.5, ("20min-walk", "20min-bike", "20min-car", "1km", "10km", "100km")),
            "show": (0.2, ("40", "100")),
            "lang": (0.2, ("fr", "en")),
        },
    )
    return Request("GET", "/?" + urlencode(pairs), {"accept-language": random.choice(("fr", "en"))})


def _room(random: Random) -> Pairs:
    """What a room to meet in must be."""
    chances: dict[str, tuple[float, tuple[str, ...]]] = {
        "by": (0.5, ("worst", "sum")),
        "mode": (0.3, MODES),
        "most_minutes": (0.3, ("30", "60", "180")),
        "need": (0.3, ("wifi", "screen")),
        "kind": (0.2, ("library", "mairie", "coworking")),
        "max_price": (0.2, PRICES),
        "candidates": (0.2, ("true",)),
        "limit": (0.5, ("1", "3", "5")),
    }
    return _times(random) + _some(random, chances)


def _meet(random: Random) -> Request:
    people = random.sample(PERSONS, random.choice((2, 2, 3, 4)))
    return Request("GET", "/api/v1/meet?" + urlencode([("from", one) for one in people] + _room(random)))


def _command(random: Random) -> Request:
    """`placelibre search`, as a table or as JSON, in one of both languages."""
    (_, where), *pairs = _search_pairs(random)
    options = []
    for name, value in pairs:
        if name != "space_kind":  # which the command line does not have
            option = "--" + name.replace("_", "-")
            options += [option] if value == "true" else [option, f'"{value}"']
    words = ["search", *options, *(["--json"] if random.random() < 0.4 else []), "--", f'"{where}"']
    language = {"LANGUAGE": "en"} if random.random() < 0.4 else {}
    return Request("$", " ".join(words), environment=language)


def _help() -> list[Request]:
    names = [name.strip() for name in COMMANDS.replace("\n", "|").split("|")]
    return [Request("$", f"{name} --help".strip()) for name in sorted(set(names))]


def _reports() -> list[Request]:
    """What importing each list would do, with the outcome of every row."""
    lines = [
        f"$ import {{lists}}/{name}/{path.name} --dry-run --json --report report.csv"
        for name, folder in sorted(SAMPLES.items())
        for path in sorted((REPOSITORY / folder).iterdir())
        if path.suffix != ".md"
    ]
    shipped = " ".join(f"{{data}}/lists/{name.removesuffix('.gz')}" for name in LISTS)
    return read_requests([*lines, f"$en import {shipped} --dry-run --report report.json"])[1]
