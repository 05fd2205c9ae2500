"""Contrast of a brand's colours, by WCAG 2.2."""

PAPER = "#fbfaf6"
"""Background of the pages, on which a brand's links are read."""


MIN_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3 (AA), for text of ordinary size."""


def contrast_ratio(one: str, other: str) -> float:
    """Contrast of two `#rrggbb` colours, 1 to 21, by the formula of WCAG 2.2 ("contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, as WCAG 2.2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
