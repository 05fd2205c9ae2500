"""Communities: one TOML file each, checked when read; who may see whose offers.

A community's file is `data/communities/<slug>.toml`; `docs/demo-offers.md` describes the four shipped examples.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from geo.errors import Conflict, InvalidInput
from geo.store.dialect import upsert
from geo.store.engine import reading, writing
from geo.store.revisions import record_communities_change
from geo.store.schema import community as community_table
from geo.types import Sharing
from service.communities.brand_contrast import MIN_CONTRAST, PAPER, contrast_ratio

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_COLOURS = ("brand", "brand_ink", "brand_wash")
_KEYS = {"name", "sharing", "partners", "values", "words", "colours", "website"}


@dataclass(frozen=True, slots=True)
class Colours:
    """`#rrggbb` colours: `brand_ink` is written on `brand`; `brand` on `brand_wash`, on paper and on white."""

    brand: str = "#0e5a4b"
    brand_ink: str = "#ffffff"
    brand_wash: str = "#e6f1ee"


@dataclass(frozen=True, slots=True)
class Community:
    """An organisation that shares its spaces.

    `partners` are slugs it names as its own partners, in order of declaration. Checked on creation:
    raises InvalidInput, whose `field` is the key that is wrong.
    """

    slug: str
    name: str
    sharing: Sharing = Sharing.NETWORK
    colours: Colours = Colours()
    values: tuple[str, ...] = ()
    words: str = ""
    partners: tuple[str, ...] = ()
    website: str | None = None

    def __post_init__(self) -> None:
        if len(self.slug) > 64 or not _SLUG.fullmatch(self.slug):
            raise _wrong("slug", self.slug, "a-z, 0-9 et « - » (64 au plus)", "a-z, 0-9 and “-” (64 at most)")
        if not self.name.strip() or len(self.name) > 80:
            raise _wrong("name", self.name, "un nom de 1 à 80 caractères", "a name of 1 to 80 characters")
        if self.slug in self.partners or len(set(self.partners)) != len(self.partners):
            raise _wrong("partners", ", ".join(self.partners), "d'autres communautés, une fois chacune", "others, once")
        if self.website is not None and not self.website.startswith(("https://", "http://")):
            raise _wrong("website", self.website, "une adresse https://", "an https:// address")
        _check_colours(self.colours)


def load_files(data_dir: Path) -> list[Community]:
    """The communities of `data_dir/communities/*.toml`, by slug.

    Raises InvalidInput naming the file and the key that is wrong; partners must have a file too.
    """
    files = sorted((data_dir / "communities").glob("*.toml"))
    found = {path: _read_file(path) for path in files}
    slugs = {one.slug for one in found.values()}
    for path, one in found.items():
        strangers = [slug for slug in one.partners if slug not in slugs]
        if strangers:
            raise _in_file(path, _unknown_partners(strangers))
    return list(found.values())


def sync(engine: Engine, communities: Iterable[Community]) -> list[str]:
    """Writes communities into the store; returns the slugs that were new or different. Removes none."""
    wanted = list(communities)
    with writing(engine) as connection:
        known = {one.slug: one for one in _from_rows(connection.execute(select(community_table)).mappings())}
        changed = [one for one in wanted if known.get(one.slug) != one]
        upsert(connection, community_table, [_row(one) for one in changed], key=["slug"])
        if changed:
            record_communities_change(connection)
    return [one.slug for one in changed]


def read_all(engine: Engine) -> list[Community]:
    """The communities of the store, by slug."""
    with reading(engine) as connection:
        return _from_rows(connection.execute(select(community_table).order_by(community_table.c.slug)).mappings())


def add(
    engine: Engine, *, slug: str, name: str | None = None, sharing: str = Sharing.NETWORK, partners: Sequence[str] = ()
) -> Community:
    """The community by that slug: added when new (named by its slug unless told), else returned as it is.

    Raises Conflict when the slug belongs to a community of another name, InvalidInput when the slug, the sharing
    rule or a partner is not acceptable. An existing one is changed by its file and `sync`, never here.
    """
    with writing(engine) as connection:
        known = {one.slug: one for one in _from_rows(connection.execute(select(community_table)).mappings())}
        found = known.get(slug)
        if found is None:
            found = Community(slug, name or slug, sharing=_sharing(sharing), partners=tuple(partners))
            strangers = [one for one in partners if one not in known]
            if strangers:
                raise _unknown_partners(strangers)
            upsert(connection, community_table, [_row(found)], key=["slug"])
            record_communities_change(connection)
        elif name is not None and name != found.name:
            raise Conflict(
                fr=f"« {slug} » est déjà la communauté {found.name} : choisissez un autre identifiant.",
                en=f"“{slug}” is already the community {found.name}: choose another slug.",
            )
    return found


def _read_file(path: Path) -> Community:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            field=str(path.name),
            fr=f"{path.name} n'est pas un fichier TOML lisible ({error}) : corrigez-le.",
            en=f"{path.name} is not a readable TOML file ({error}): correct it.",
        ) from error
    try:
        return _from_toml(path.stem, given)
    except InvalidInput as error:
        raise _in_file(path, error) from error


def _from_toml(slug: str, given: Mapping[str, Any]) -> Community:
    for key in sorted(given.keys() - _KEYS):
        raise _wrong(key, given[key], "une clé parmi " + ", ".join(sorted(_KEYS)), "one of " + ", ".join(sorted(_KEYS)))
    colours = given.get("colours")
    if not isinstance(colours, dict) or set(colours) != set(_COLOURS):
        raise _wrong("colours", colours, "brand, brand_ink et brand_wash", "brand, brand_ink and brand_wash")
    website = given.get("website")
    return Community(
        slug=slug,
        name=_text(given, "name"),
        sharing=_sharing(given.get("sharing")),
        colours=Colours(**{key: str(colours[key]) for key in _COLOURS}),
        values=_texts(given, "values"),
        words=_text(given, "words"),
        partners=_texts(given, "partners"),
        website=None if website is None else _text(given, "website"),
    )


def _text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(key, value, "un texte", "a text")
    return value.strip()


def _texts(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = given.get(key)
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise _wrong(key, value, "une liste de textes", "a list of texts")
    return tuple(word.strip() for word in value)


def _sharing(value: object) -> Sharing:
    try:
        return Sharing(str(value))
    except ValueError as error:
        listed = ", ".join(Sharing)
        raise _wrong("sharing", value, f"l'un de {listed}", f"one of {listed}") from error


def _check_colours(colours: Colours) -> None:
    for key in _COLOURS:
        if not _HEX.fullmatch(getattr(colours, key)):
            raise _wrong(f"colours.{key}", getattr(colours, key), "une couleur #rrggbb", "a #rrggbb colour")
    for key, background in (("brand_ink", colours.brand), ("brand", colours.brand_wash), ("brand", PAPER)):
        if contrast_ratio(getattr(colours, key), background) < MIN_CONTRAST:
            raise _wrong(
                f"colours.{key}",
                getattr(colours, key),
                f"une couleur lisible sur {background} (contraste de {MIN_CONTRAST} au moins)",
                f"a colour readable on {background} (contrast of at least {MIN_CONTRAST})",
            )


def _row(one: Community) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "name": one.name,
        "sharing": str(one.sharing),
        "colours": {key: getattr(one.colours, key) for key in _COLOURS},
        "values": list(one.values),
        "words": one.words,
        "partners": list(one.partners),
        "website": one.website,
    }


def _from_rows(rows: Iterable[Mapping[Any, Any]]) -> list[Community]:
    return [
        Community(
            slug=row["slug"],
            name=row["name"],
            sharing=Sharing(row["sharing"]),
            colours=Colours(**row["colours"]),
            values=tuple(row["values"]),
            words=row["words"],
            partners=tuple(row["partners"]),
            website=row["website"],
        )
        for row in rows
    ]


def _wrong(key: str, value: object, french: str, english: str) -> InvalidInput:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return InvalidInput(
        field=key,
        value=value,
        fr=f"« {key} » vaut {shown}, ce qui n'est pas accepté : donnez {french}.",
        en=f"“{key}” is {shown}, which is not accepted: give {english}.",
    )


def _unknown_partners(strangers: list[str]) -> InvalidInput:
    listed = ", ".join(strangers)
    return InvalidInput(
        field="partners",
        value=listed,
        fr=f"« partners » nomme des communautés inconnues ({listed}) : ajoutez-les d'abord.",
        en=f"“partners” names unknown communities ({listed}): add them first.",
    )


def _in_file(path: Path, error: InvalidInput) -> InvalidInput:
    changes = {"fr": f"{path.name} : {error.message('fr')}", "en": f"{path.name}: {error.message('en')}"}
    return InvalidInput(**{**error.values, **changes})
