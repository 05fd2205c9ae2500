"""Opening hours as lists write them. Every value is a real one, or differs from a real one in one respect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.opening_hours.patterns import normalise
from ingest.normalise.hours.hours_text import from_day_columns, from_mairie_json, from_osm, from_text, join_columns

# --- town halls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (
            '[["mardi","mardi",[["09:00:00","12:00:00"],["14:00:00","17:00:00"]]],'
            '["vendredi","vendredi",[["09:00:00","12:00:00"],["14:00:00","18:30:00"]]]]',
            "Tu 09:00-12:00,14:00-17:00; Fr 09:00-12:00,14:00-18:30",
        ),
        ('[["lundi","jeudi",[["08:00:00","12:00:00"]]]]', "Mo-Th 08:00-12:00"),
        ('[["jeudi","",[["14:00:00","18:00:00"]]]]', "Th 14:00-18:00"),  # no last day: that day alone
        ('[["lundi","lundi",[["13:30:30","17:00:00"]]]]', "Mo 13:30-17:00"),  # stray seconds
        ('[["lundi","lundi",[["09:00:00","12:00:00"],["12:30:00","12:30:00"]]]]', "Mo 09:00-12:00"),  # no length
        (
            '[["lundi","mardi",[["09:00:00","12:00:00"]]],["lundi","lundi",[["14:00:00","17:00:00"]]]]',
            "Mo 09:00-12:00,14:00-17:00; Tu 09:00-12:00",
        ),
        ("[]", None),
        ('[["lundi","lundi",[["18:00:00","18:00:00"]]]]', None),
        ("", None),
        ('[["lundi","lundi",[["09:00', None),
        ('{"lundi": "9h"}', None),
        ('[["lundi","lundredi",[["09:00:00","12:00:00"]]]]', None),
        ('[["lundi","lundi",[["9h","12h"]]]]', None),
        ('[["lundi","lundi",[["25:00:00","26:00:00"]]]]', None),
    ],
)
def test_the_directory_of_town_halls(text: str, pattern: str | None) -> None:
    assert from_mairie_json(text) == pattern


# --- one column per day --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("monday", "pattern"),
    [
        ("09:00 - 12:00 / 13:30 - 17:00", "Mo 09:00-12:00,13:30-17:00"),
        ("08:45 - 10:15 / 10:30 - 11:30 / 10:30 - 12:00 / 13:30 - 14:30", "Mo 08:45-10:15,10:30-12:00,13:30-14:30"),
        ("09:00 - 12:00 / 09:00 - 12:00", "Mo 09:00-12:00"),
        ("00:00 - 00:00 / 09:00 - 12:00", "Mo 09:00-12:00"),  # midnight to midnight: the form's blank
        ("00:00 - 00:00", None),
        ("07:30-11:30, 12:15-16:00", "Mo 07:30-11:30,12:15-16:00"),
        ("7:30 - 11:30 ; 12:15 - 16:", "Mo 07:30-11:30,12:15-16:00"),
        ("8: - 12: / 13:-15:", "Mo 08:00-12:00,13:00-15:00"),
        ("8:-11:/13:-17:", "Mo 08:00-11:00,13:00-17:00"),
        ("7 : 30 - 11 : 30 / 12 : 30 - 15 :30", "Mo 07:30-11:30,12:30-15:30"),
        ("8:30 11:30; 13:00 17:00", "Mo 08:30-11:30,13:00-17:00"),
        ("15: à 17:", "Mo 15:00-17:00"),
        ("10: à 18: (en continu)", "Mo 10:00-18:00"),
        ("7:00-11:30 et 12:00-15:30", "Mo 07:00-11:30,12:00-15:30"),
        ("8h30 à 12h", "Mo 08:30-12:00"),
        ("18h-2h", "Mo 18:00-02:00"),
        ("sur rendez-vous", 'Mo "sur rendez-vous"'),
        ("9h-12h sur rendez-vous", 'Mo 09:00-12:00 "sur rendez-vous"'),
        ("Fermé", None),
        ("", None),
        ("n/a", None),
    ],
)
def test_a_day_as_forms_have_it(monday: str, pattern: str | None) -> None:
    assert from_day_columns({0: monday}) == pattern


def test_days_with_the_same_hours_share_a_rule() -> None:
    days = {0: "Fermé", 1: "10h à 17h", 2: "10h à 18h", 3: "10h à 17h", 4: "10h à 17h", 5: "8h30 à 12h", 6: ""}
    assert from_day_columns(days) == "Tu,Th-Fr 10:00-17:00; We 10:00-18:00; Sa 08:30-12:00"


@pytest.mark.parametrize(
    "thursday",
    ["réservé aux scolaires", "08:00-11:30 (les premiers samedis de chaque mois)", "13:16:59.999998", "10:00-11-00"],
)
def test_a_day_nobody_can_read_is_kept_as_written_and_never_open(thursday: str) -> None:
    assert from_day_columns({1: "14: à 18:", 3: thursday}) == f'Tu 14:00-18:00; Th "{thursday}"'
    assert from_day_columns({3: thursday}) is None


def test_quotes_in_a_cell_do_not_break_the_pattern() -> None:
    assert from_day_columns({0: "9h-12h", 1: 'voir "la page"'}) == "Mo 09:00-12:00; Tu \"voir 'la page'\""


def test_opening_and_closing_columns_are_joined_first() -> None:
    assert join_columns([("08:30", "12:00"), ("13:00", "16:30")]) == "08:30 - 12:00 / 13:00 - 16:30"
    assert from_day_columns({0: join_columns([("08:30", "16:30"), ("", "")])}) == "Mo 08:30-16:30"
    half_filled = join_columns([("09:00", ""), ("", "17:30")])  # the lunch break is missing: is there one?
    assert from_day_columns({0: "9h-12h", 2: half_filled}) == 'Mo 09:00-12:00; We "09:00 - / - 17:30"'


# --- OSM tags ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Mo-Fr 08:00-12:15,13:15-16:30", "Mo-Fr 08:00-12:15,13:15-16:30"),
        ("24/7", "24/7"),
        ("Lundi-Vendredi 09:00-18:00\nJours feries, Samedi, Dimanche Ferme", "Mo-Fr 09:00-18:00; PH off"),
        ("Lundi-Vendredi 9:30-22:00\nsa-Dimanche 10:30-22:30", "Mo-Fr 09:30-22:00; Sa-Su 10:30-22:30"),
        ("Mardi, Jeudi, Vendredi, Sat 13:00-18:00\nMercredi 10:00-18:00", "Tu,Th-Sa 13:00-18:00; We 10:00-18:00"),
        ("tu-su 09:30-18:30", "Tu-Su 09:30-18:30"),
        ("Lundi-Samedi 08:00-26:00, Dimanche 09:00-23:00", "Mo-Sa 08:00-02:00; Su 09:00-23:00"),
        ("Jeudi-Lundi 08:00-18:00", "Mo,Th-Su 08:00-18:00"),
        ("Lundi-Vendredi 08:00-00:00", "Mo-Fr 08:00-24:00"),
        ("Lundi-Vendredi 10:00-17:00, 09:30-19:00", "Mo-Fr 09:30-19:00"),
        ("07:30-20:00\nDimanche 08:30-20:00", "Mo-Sa 07:30-20:00; Su 08:30-20:00"),
        (
            "Lundi-Vendredi 12:00-15:00, Mercredi-Samedi 18:00-02:00",
            "Mo-Tu 12:00-15:00; We-Fr 12:00-15:00,18:00-02:00; Sa 18:00-02:00",
        ),
        ("Mercredi 10:00-18:00\nSH Lundi-Samedi 10:00-18:30", "We 10:00-18:00; SH Mo-Sa 10:00-18:30"),
        ("Lundi 15:00-18:00\nJeudi[2, 4] 15:00-18:00", "Mo 15:00-18:00; Th[2,4] 15:00-18:00"),
        ("Lundi-Samedi 10:00-22:00 \nJul28 - Aug16 Ferme", "Mo-Sa 10:00-22:00; Jul 28-Aug 16 off"),
        (
            "Sep-Juin: Mardi-Samedi 12:00-19:00\nJuil-Aout: Mardi-Samedi 14:00-19:00",
            "Sep-Jun Tu-Sa 12:00-19:00; Jul-Aug Tu-Sa 14:00-19:00",
        ),
        ("Mardi 14:00-18:00\n2024 Juin 04-2024 Sep 28 Ferme", "Tu 14:00-18:00; 2024 Jun 4-2024 Sep 28 off"),
        ("Mar-Oct Lundi, Mardi 08:00-03:00", "Mar-Oct Mo-Tu 08:00-03:00"),
        ("Lun 09:00-12:00\nMar 14:00-18:00", "Mo 09:00-12:00; Tu 14:00-18:00"),
        ("Mar 14:00-18:00", None),  # March every day, or on Tuesdays?
        ("Jeudi 20:00+", "Th 20:00+"),
        ('Lundi-Vendredi 09:00-19:00 "on appointment"', 'Mo-Fr 09:00-19:00 "on appointment"'),
        ('"Sur RV"', '"Sur RV"'),
        ("off", "off"),
        ("closed", "off"),
        ("Mo-Fr", None),  # round the clock, or at hours not given?
        ("Dimanche Ferme", None),  # and when is it open?
        ("Mo-Fr 09:00-12:00; Mo-Fr 14:00-18:00", None),  # replaces the morning, or adds to it?
        ("Samedi 10:00-18:00\nMardi 13:00-19:00\nSamedi 10:00-18:00", "Tu 13:00-19:00; Sa 10:00-18:00"),
        ("Mo-Fr 9h-12h", None),
        ("sunrise-sunset", None),
        ("", None),
        ("Mo 09:00-12:00; " * 100, None),
    ],
)
def test_tags_of_openstreetmap(text: str, pattern: str | None) -> None:
    assert from_osm(text) == pattern


# --- French --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Lundi au vendredi : 9h-12h et 14h-18h", "Mo-Fr 09:00-12:00,14:00-18:00"),
        ("Du mardi au samedi de 10h à 19h", "Tu-Sa 10:00-19:00"),
        ("9h30 / 12h30 - 14h / 18h du lundi au vendredi", "Mo-Fr 09:30-12:30,14:00-18:00"),
        ("9h-12h et 14h-17h du lundi au vendredi", "Mo-Fr 09:00-12:00,14:00-17:00"),
        (
            "Lundi, mercredi, jeudi : 10h -12h30 / 14h - 18h Mardi, vendredi : 14h - 18h",
            "Mo,We-Th 10:00-12:30,14:00-18:00; Tu,Fr 14:00-18:00",
        ),
        (
            "Lundi et Vendredi : 9h à 12h30 - 14h à 17h Mercredi : (sur rendez-vous)",
            'Mo,Fr 09:00-12:30,14:00-17:00; We "sur rendez-vous"',
        ),
        (
            "Mercredi (uniquement sur rendez-vous) : 9h à 12h30 Jeudi : 14h à 17h",
            'We 09:00-12:30 "sur rendez-vous"; Th 14:00-17:00',
        ),
        ("Du lundi au vendredi, de 8h30 à 17h, sur rendez-vous uniquement", 'Mo-Fr 08:30-17:00 "sur rendez-vous"'),
        ("Mardi : 15h à18h30 Mercredi : 9h30 à 12h30 et 14h à 18h30", "Tu 15:00-18:30; We 09:30-12:30,14:00-18:30"),
        ("mercredi de 14 à 18h", "We 14:00-18:00"),
        (
            "Lundi, Mercredi, Jeudi et Vendredi de 9 à 12h et de 14 à 18h30 Mardi de 14 à 18h30",
            "Mo,We-Fr 09:00-12:00,14:00-18:30; Tu 14:00-18:30",
        ),
        (
            "Lundi, Mardi, Mercredi et Vendredi de 9H30 à 10H30 puis 11h à 12H et Vendredi de 14h à 15H",
            "Mo-We 09:30-10:30,11:00-12:00; Fr 09:30-10:30,11:00-12:00,14:00-15:00",
        ),
        (
            "mardi de 10h à 12h, le mardi de 14h à 16h, le mercredi de 10h à 12h",
            "Tu 10:00-12:00,14:00-16:00; We 10:00-12:00",
        ),
        ("jeudi de 14h à 15h30, et 15h30 à 17h", "Th 14:00-17:00"),
        ("MERCREDI 17h - 19h", "We 17:00-19:00"),
        ("mardi matin 9h-10h30", "Tu 09:00-10:30"),
        ("lundi, mardi et vendredi matin de 9h15 à 12h30", "Mo-Tu,Fr 09:15-12:30"),
        (
            "Le lundi de 13h30 à 18h30 Du mardi au vendredi de 9h00 à 12h00 Le samedi de 9h à 12h",
            "Mo 13:30-18:30; Tu-Sa 09:00-12:00",
        ),
        ("lun. au ven. : 9h00 – 18h00, sam. 10h-13h", "Mo-Fr 09:00-18:00; Sa 10:00-13:00"),
        ("Du mardi au samedi de 10h à 19h, fermé le lundi", "Tu-Sa 10:00-19:00"),
        ("Lundi au vendredi 9h-18h, fermé les jours fériés", "Mo-Fr 09:00-18:00; PH off"),
        ("Ouvert tous les jours de 9h à minuit", "Mo-Su 09:00-24:00"),
        ("week-end 10h-18h", "Sa-Su 10:00-18:00"),
        ("vendredi 18h-2h", "Fr 18:00-02:00"),
        ("24h/24 7j/7", "24/7"),
        ("Sur RDV", '"sur rendez-vous"'),
        ("Fermé", "off"),
        ("Mo,We 14:00-18:00", "Mo,We 14:00-18:00"),
        ("Lundi-Vendredi 09:00-18:00\nJours feries Ferme", "Mo-Fr 09:00-18:00; PH off"),
    ],
)
def test_french_sentences(text: str, pattern: str) -> None:
    assert from_text(text) == pattern


@pytest.mark.parametrize(
    "text",
    [
        "Fermé le lundi",
        "du lundi au vendredi",
        "9h-18h",
        "09:00-18:00",
        "9h à 12h / 13h à 17h (17h30 le mercredi)",
        "Lundi au vendredi : 9h à 18h (lundi et jeudi matin fermé)",
        "Lundi au vendredi : 9h à 12h30 et 13h30 à 17h30 (17h00 pendant les vacances scolaires)",
        "Lundi, mardi et vendredi : 10h30 à 12h30 et 14h à 19h (sauf jeudi, 18h30)",
        "samedi APRÈS-MIDI Tous Les 15 jours de 14H à 16h",
        "Vendredi : 9h à 12h30 à 14h à 16h30",
        "Lundi 9h-12h Mardi 14h-17h sur rendez-vous",
        "Lundi au vendredi 9h-18h Vendredi 9h-17h",
        "Ligne Irigo N° 6, 11 - arrêt les Deniers",
        "pour les résidentes : 9h30 à 22h30 pour les personnes extérieures : 9h à 20h30",
        "Sur rendez-vous, ou pendant les permanences d'accueil",
        "lundi matin",
        "lundi matin 9h-18h",
        "lundi après-midi 9h-12h",
        "lundi 14h-12h",
        "lundi 9h",
        "lundi et mardi 9h 12h",
        "Lundi 25h-26h",
        "lundi 9h75-12h",
        "lundi 9h-12h 06 12 34 56 78",
        "NC",
        "-",
        "",
        "lundi 9h-12h " * 200,
    ],
)
def test_what_is_not_understood_is_not_guessed(text: str) -> None:
    assert from_text(text) is None


# --- any input -----------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        "lundi",
        "mardi",
        "vendredi",
        "dimanche",
        "au",
        "et",
        ",",
        ":",
        "-",
        "/",
        "à",
        "de",
        "du",
        "le",
        "9h",
        "9h30",
        "12h",
        "14",
        "18h",
        "9:00-12:00",
        "Mo-Fr",
        "PH",
        "SH",
        "off",
        "fermé",
        "matin",
        "(",
        ")",
        "sur",
        "rendez-vous",
        ";",
        '"rv"',
        "jours",
        "fériés",
        "Aug",
        "1-15",
        "24/7",
        "+",
        "[2]",
        "00:00",
        "\n",
    ]
)


@given(st.lists(_PIECES, max_size=12).map(" ".join) | st.text(max_size=40))
def test_whatever_is_written_the_answer_is_canonical_or_none(text: str) -> None:
    for answer in (from_text(text), from_osm(text), from_mairie_json(text), from_day_columns({0: text, 5: "9h-12h"})):
        assert answer is None or normalise(answer) == answer
