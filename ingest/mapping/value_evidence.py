"""Evidence from cells for the field of a column: support, contradiction, or none."""

from dataclasses import dataclass

from ingest.mapping.column_profile import Profile


@dataclass(frozen=True, slots=True)
class Trait:
    """The kinds of value that a field holds.

    `alone`: confidence by such cells under a header without meaning. `needed`: share of cells below
    which the field is unlikely; 0 when any text may do.
    """

    kinds: tuple[str, ...]
    alone: float = 0.0
    needed: float = 0.0


TRAITS: dict[str, Trait] = {
    "postcode": Trait(("postcode",), 0.75, 0.5),
    "insee": Trait(("insee",), 0.6, 0.5),
    "departement": Trait(("departement", "text"), 0.0, 0.5),
    "siret": Trait(("siret",), 0.9, 0.5),
    "phone": Trait(("phone",), 0.8, 0.4),
    "email": Trait(("email",), 0.85, 0.4),
    "website": Trait(("url",), 0.7, 0.35),
    "hours": Trait(("hours",), 0.75, 0.15),
    "lat": Trait(("latitude", "northing", "pair"), 0.6, 0.6),
    "lon": Trait(("longitude", "easting", "pair"), 0.6, 0.6),
    "capacity": Trait(("count",), 0.0, 0.4),
    "seats": Trait(("count",), 0.0, 0.4),
    "checked_on": Trait(("date",), 0.0, 0.6),
    "kind": Trait(("kind",), 0.5),
    "commune": Trait(("commune",), 0.56),
    "address": Trait(("street",), 0.75, 0.15),
    "name": Trait(("text",), 0.0, 0.6),
    "complement": Trait(("text",), 0.0, 0.5),
    "parent": Trait(("text",), 0.0, 0.5),
    "amenities": Trait(("equipment",), 0.0, 0.2),
    "space_name": Trait(("text",), 0.0, 0.3),
    "space_kind": Trait(("text",), 0.0, 0.5),
}
FEW = 5
"""With fewer cells, only coordinates are contradicted by them: a sample of three proves nothing."""
_ONE_VALUE_KINDS = frozenset({"email", "siret", "url", "phone", "date", "pair", "hours"})


def support(field: str, profile: Profile) -> tuple[str, float]:
    """The kind of value that speaks for a field and its share of the cells; ("", 0.0) when none does."""
    trait = TRAITS[field]
    kind = max(trait.kinds, key=profile.share)
    return (kind, profile.share(kind)) if profile.share(kind) else ("", 0.0)


def is_contradicted(field: str, profile: Profile) -> bool:
    """Whether the cells cannot be that field's."""
    trait = TRAITS[field]
    share = support(field, profile)[1]
    if field in {"lat", "lon"}:
        return share < trait.needed and profile.share("number") < 0.8
    if len(profile.cells) < FEW:
        return False
    if share < trait.needed:
        return True
    if field == "commune" and profile.share("text") < 0.5:
        return True
    if field == "kind" and profile.share("number") > 0.9:
        return True
    if field in {"name", "commune", "parent", "complement", "kind"}:
        share_of_others = max(profile.share(kind) for kind in _ONE_VALUE_KINDS if kind != "hours")
        return share_of_others > 0.7 or (field in {"name", "parent", "complement"} and profile.share("yes_no") > 0.7)
    if field == "amenities":
        return profile.share("yes_no") > 0.7
    if field == "hours":
        return profile.share("date") > 0.7
    if field == "checked_on":
        return False
    return field in {"postcode", "insee"} and profile.share("siret") > 0.5


def is_repetitive(field: str, profile: Profile) -> bool:
    """Whether names repeat: a kind or a network rather than names, which another column may hold."""
    return field == "name" and len(profile.cells) > 20 and profile.unique < 0.2


def alone(field: str, profile: Profile) -> float:
    """Confidence in a field by the cells only, 0 when they fit other fields as well."""
    trait = TRAITS[field]
    kind, share = support(field, profile)
    if not trait.alone or share < 0.75 or len(profile.cells) < 2:
        return 0.0
    if field in {"postcode", "insee"}:
        return _five_digits(field, profile)
    if field in {"lat", "lon"} and not _coordinate(kind, profile):
        return 0.0
    if field == "phone" and (profile.share("siret") > 0.2 or not _dialled(profile)):
        return 0.0
    if field == "commune":
        share_of_others = max(profile.share("street"), profile.share("kind"), profile.share("hours"))
        return trait.alone * share if share_of_others < 0.3 and profile.unique < 0.98 else 0.0
    if field == "kind":
        return trait.alone * share if profile.unique <= 0.34 and len(set(profile.cells)) > 1 else 0.0
    return trait.alone * min(1.0, share + 0.1)


def _five_digits(field: str, profile: Profile) -> float:
    """Postcodes mostly end with a zero, INSEE codes with anything; both have a département in front."""
    digits = [text.replace(" ", "").removesuffix(".0") for text in profile.cells]
    five = [text for text in digits if len(text) in {4, 5}]
    if len(five) < 0.75 * len(digits):
        return 0.0
    round_share = sum(text.endswith("0") for text in five) / len(five)
    spread = len({text.zfill(5)[:2] for text in five}) / len(five)
    if sum(len(text) == 4 for text in five) > 0.5 * len(five) or (spread > 0.6 and len(five) > 90):
        return 0.0  # counts and serial numbers
    if field == "postcode":
        return TRAITS[field].alone if round_share >= 0.4 else 0.3
    return TRAITS[field].alone if round_share < 0.4 else 0.0


def _coordinate(kind: str, profile: Profile) -> bool:
    """Decimals of several digits, not any small number: prices and shares are not positions."""
    if kind == "pair":
        return True
    if kind in {"northing", "easting"}:
        return sum(len(text) > 8 for text in profile.cells) > 0.7 * len(profile.cells) and profile.unique > 0.3
    return sum(
        len(text.partition("." if "." in text else ",")[2]) >= 3 or "°" in text for text in profile.cells
    ) > 0.7 * len(profile.cells)


def _dialled(profile: Profile) -> bool:
    cells = profile.cells
    return sum(text.lstrip("( ").startswith(("0", "+")) for text in cells) > 0.7 * len(cells)
