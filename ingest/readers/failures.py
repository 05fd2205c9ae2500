"""Every way a file can be unreadable, each one sentence that ends with its remedy."""

from geo.errors import UnreadableFile

SUPPORTED = ".csv, .tsv, .txt, .xlsx, .xlsm, .ods, .geojson, .json (+ .gz)"


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
        fr=f"les coordonnées sont en {projection} ; exportez ce GeoJSON en WGS 84 (EPSG:4326).",
        en=f"the coordinates are in {projection}; export this GeoJSON in WGS 84 (EPSG:4326).",
    )


def no_header(name: str) -> UnreadableFile:
    return UnreadableFile(
        name=name,
        fr="la première ligne ne contient que des nombres ; ajoutez une ligne d'en-tête qui nomme les colonnes.",
        en="the first line holds only numbers; add a header line that names the columns.",
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
