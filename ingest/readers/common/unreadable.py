"""Every way a file can be unreadable, each one sentence that ends with its remedy."""

from collections.abc import Sequence

from geo.errors import UnreadableFile

SUPPORTED = (
    ".csv, .tsv, .txt, .xlsx, .xlsm, .xls, .ods, .json, .jsonl, .ndjson, .geojson, .kml, .kmz, .gpkg, "
    ".parquet, .osm, .pbf, .zip (shapefile) (+ .gz, .bz2, .zip)"
)


def missing(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ce fichier n'existe pas ; vérifiez son nom et son dossier.",
        en="there is no such file; check its name and folder.",
    )


def is_directory(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="c'est un dossier ; donnez un des fichiers qu'il contient.",
        en="this is a directory; give one of the files inside it.",
    )


def not_permitted(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="la lecture de ce fichier est interdite ; changez ses droits ou copiez-le ailleurs.",
        en="reading this file is not permitted; change its permissions or copy it elsewhere.",
    )


def not_readable(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="le disque n'a pas pu lire ce fichier ; copiez-le de nouveau depuis sa source.",
        en="the disk could not read this file; copy it again from its source.",
    )


def empty(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ce fichier est vide (0 octet) ; exportez-le ou téléchargez-le de nouveau.",
        en="this file is empty (0 bytes); export or download it again.",
    )


def too_large(name: str, limit_mb: int) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"ce fichier dépasse {limit_mb} Mo une fois décompressé ; découpez-le en plusieurs listes.",
        en=f"this file is over {limit_mb} MB once decompressed; split it into several lists.",
    )


def unsupported(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"ce format n'est pas pris en charge ; enregistrez la liste dans l'un de ceux-ci : {SUPPORTED}.",
        en=f"this format is not supported; save the list as one of these: {SUPPORTED}.",
    )


def really_is(name: str, what_fr: str, what_en: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"le contenu est {what_fr}, pas ce que dit son nom ; enregistrez la liste en CSV ou en XLSX.",
        en=f"the content is {what_en}, not what its name says; save the list as CSV or XLSX.",
    )


def nul_bytes(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ce fichier contient des octets nuls : il est binaire ou abîmé ; enregistrez la liste en CSV UTF-8.",
        en="this file contains NUL bytes: it is binary or damaged; save the list as CSV UTF-8.",
    )


def truncated(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ce fichier s'arrête en cours de route ; attendez la fin de l'enregistrement ou téléchargez-le de nouveau.",
        en="this file stops halfway; wait until it is fully written or download it again.",
    )


def damaged_json(name: str, line: int) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"le JSON est invalide à la ligne {line} ; corrigez-la ou exportez la liste de nouveau.",
        en=f"the JSON is not valid at line {line}; correct it or export the list again.",
    )


def not_a_list(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ce JSON n'est pas une liste d'objets ; donnez un tableau d'objets ou un GeoJSON FeatureCollection.",
        en="this JSON is not a list of objects; give an array of objects or a GeoJSON FeatureCollection.",
    )


def other_projection(name: str, projection: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"les coordonnées sont en {projection}, illisibles ici ; exportez la liste en WGS 84 (EPSG:4326).",
        en=f"the coordinates are in {projection}, which cannot be read here; export the list in WGS 84 (EPSG:4326).",
    )


def no_header(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ni en-tête ni texte, seulement des nombres ; ajoutez une ligne d'en-tête et une colonne de noms.",
        en="no header and no text, only numbers; add a header line and a column of names.",
    )


def no_rows(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="aucune ligne de données sous l'en-tête ; vérifiez que c'est la bonne liste ou la bonne feuille.",
        en="there is no data row under the header; check that this is the right list or sheet.",
    )


def one_column(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="une seule colonne a été trouvée ; séparez les colonnes par des virgules ou des points-virgules.",
        en="only one column was found; separate columns with commas or semicolons.",
    )


def nothing_left(name: str, codes: Sequence[str]) -> UnreadableFile:
    """No row could be read: why, by the first fault met."""
    if "nul" in codes[:1]:
        return nul_bytes(name)
    if {"open_quote", "truncated"} & set(codes[:1]):
        return truncated(name)
    return no_rows(name)


def too_many_columns(name: str, limit: int) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"cette liste a plus de {limit} colonnes ; gardez celles qui décrivent les lieux.",
        en=f"this list has more than {limit} columns; keep those that describe the places.",
    )


def too_many_cells(name: str, limit: int) -> UnreadableFile:
    millions = limit // 1_000_000
    return UnreadableFile(
        name=name,
        fr=f"une feuille s'étend sur plus de {millions} millions de cellules ; supprimez les cellules éloignées.",
        en=f"a sheet spreads over more than {millions} million cells; delete the far-off cells.",
    )


def beyond_memory(name: str) -> UnreadableFile:
    """The library that reads the format needs more memory than a child process may have."""
    return UnreadableFile(
        name=name,
        fr="la lecture de ce fichier demande trop de mémoire ; découpez-le en plusieurs listes ou "
        "enregistrez-le en CSV.",
        en="reading this file takes too much memory; split it into several lists or save it as CSV.",
    )


def too_slow(name: str, limit_s: int) -> UnreadableFile:
    """The library that reads the format did not come to an end."""
    return UnreadableFile(
        name=name,
        fr=f"la lecture de ce fichier dure plus de {limit_s} secondes ; découpez-le en plusieurs listes ou "
        "enregistrez-le en CSV.",
        en=f"reading this file takes more than {limit_s} seconds; split it into several lists or save it as CSV.",
    )


def ends_its_reader(name: str) -> UnreadableFile:
    """The library that reads the format crashed."""
    return UnreadableFile(
        name=name,
        fr="ce fichier fait échouer le programme qui le lit, il est sans doute abîmé ; enregistrez la liste en CSV.",
        en="this file crashes the program that reads it, it is probably damaged; save the list as CSV.",
    )


def too_nested(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ce document est imbriqué trop profondément ; donnez un tableau d'objets simples.",
        en="this document is nested too deeply; give an array of plain objects.",
    )


def too_many_entries(name: str, limit: int) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"cette archive contient plus de {limit} fichiers ; n'y laissez que la liste.",
        en=f"this archive holds more than {limit} files; leave only the list in it.",
    )


def several_lists(name: str, members: Sequence[str]) -> UnreadableFile:
    listed = ", ".join(members[:5])
    return UnreadableFile(
        name=name,
        fr=f"cette archive contient plusieurs listes ({listed}) ; donnez-les une par une.",
        en=f"this archive holds several lists ({listed}); give them one by one.",
    )


def no_list_inside(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"cette archive ne contient aucune liste ; mettez-y l'un de ces formats : {SUPPORTED}.",
        en=f"this archive holds no list; put one of these formats in it: {SUPPORTED}.",
    )


def encrypted(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ce fichier est protégé par un mot de passe ; enregistrez-le sans protection.",
        en="this file is protected by a password; save it without protection.",
    )


def unusual_packing(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="cette archive est compressée d'une manière inhabituelle ; refaites-la en .zip ou .gz ordinaire.",
        en="this archive is compressed in an unusual way; make it again as a plain .zip or .gz.",
    )


def unsafe_xml(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="ce XML déclare un DTD ou des entités, ce qui n'est pas admis ; exportez-le de nouveau sans eux.",
        en="this XML declares a DTD or entities, which is not allowed; export it again without them.",
    )


def damaged(name: str, format_name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr=f"ce fichier {format_name} est abîmé ou n'en est pas un ; exportez la liste de nouveau.",
        en=f"this {format_name} file is damaged or is none; export the list again.",
    )


def no_layer(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="aucune couche de lieux dans ce fichier ; exportez la couche des lieux avec sa table.",
        en="there is no layer of places in this file; export the layer of places with its table.",
    )


def no_candidate(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="aucun objet de cet extrait OpenStreetMap n'est un lieu possible ; vérifiez la zone de l'extrait.",
        en="no object of this OpenStreetMap extract is a possible place; check the area of the extract.",
    )


def shapefile_alone(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="un .shp seul n'a pas de table ; donnez une archive .zip avec ses .shp, .shx, .dbf et .prj.",
        en="a .shp alone has no table; give a .zip archive with its .shp, .shx, .dbf and .prj.",
    )
