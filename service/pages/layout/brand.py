"""A community's brand: colours, initials and words. Never the structure of a page.

Colours come from a community's file, so they are checked before they enter a style sheet.
"""

import re
from dataclasses import dataclass

from starlette.requests import Request

from service.communities.community import Colours, Community
from service.communities.directory import CommunityDirectory

COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
COLOUR_NAMES = ("brand", "brand_ink", "brand_wash")


@dataclass(frozen=True, slots=True)
class Brand:
    """What a page shows of a community."""

    slug: str
    name: str
    initials: str
    stylesheet: str


def community_of(request: Request) -> Community | None:
    """The community named by `?community=`, None when there is none by that slug."""
    slug = request.query_params.get("community")
    services = getattr(request.app.state, "services", None)
    if not slug or services is None:
        return None
    directory: CommunityDirectory = services.directory
    return directory.find(slug)


def brand_of(request: Request) -> Brand | None:
    """The brand to dress the page in, or None for PlaceLibre's own."""
    community = community_of(request)
    if community is None:
        return None
    return Brand(community.slug, community.name, initials(community.name), f"/brand/{community.slug}.css")


def initials(name: str) -> str:
    """Two letters that stand for a name: `RC` for RuraConnect, `HG` for HUB Generali."""
    words = re.findall(r"[A-Za-zÀ-ÿ0-9]+", name)
    capitals = re.findall(r"[A-ZÀ-Þ]", words[0]) if words else []
    if len(words) > 1:
        return f"{words[0][0]}{words[1][0]}".upper()
    if 2 <= len(capitals) < len(words[0]):
        return "".join(capitals[:2])
    return str(words[0])[:2].upper() if words else "·"


def brand_css(colours: Colours) -> str:
    """Custom properties of a brand; values that are not hexadecimal colours are left out."""
    values: dict[str, str] = {name: getattr(colours, name) for name in COLOUR_NAMES}
    lines = [f"  --{name.replace('_', '-')}: {value};" for name, value in values.items() if COLOUR.fullmatch(value)]
    return ":root {\n" + "\n".join(lines) + "\n}\n"
