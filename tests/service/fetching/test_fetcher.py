"""A list is fetched from the web as it is, bounded, and never from a machine that is not public."""

import gzip
import hashlib
import ssl
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from geo.errors import PlaceLibreError
from service.fetching.fetcher import Fetcher
from service.fetching.url_guard import AddressRefused, FetchFailed, checked_url, is_public
from tests.service.fetching.web_server import WebServer, web_server

LIST = b"nom;commune\nLe Lab;Nantes\n"
HERE = "127.0.0.1"

PUBLIC = ("8.8.8.8", "185.75.140.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2a00:1450:4007::1", "2606:4700::1")
NOT_PUBLIC = {
    "loopback": ("127.0.0.1", "127.255.0.9", "::1"),
    "this network": ("0.0.0.0", "0.1.2.3", "::"),
    "private": ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1", "fec0::1"),
    "shared by carriers": ("100.64.0.1", "100.127.255.255"),
    "link-local, metadata services": ("169.254.169.254", "fe80::1", "fe80::1%eth0"),
    "multicast": ("224.0.0.1", "239.1.1.1", "ff02::1", "ff0e::1"),
    "reserved, broadcast": ("240.0.0.1", "255.255.255.255", "192.0.0.1", "192.88.99.1"),
    "documentation, benchmarks": ("192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "2001:db8::1", "3fff::1"),
    "IPv4 in IPv6": ("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
    "tunnels": ("2002:7f00:1::", "2001:0:7f00:1::"),
    "not an address": ("", "localhost", "127.1", "2130706433"),
}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def fetcher(limit_mb: int = 1, timeout_s: float = 10.0, **more: Any) -> Fetcher:
    """Every host is this machine, and this machine, alone, is allowed."""
    return Fetcher(
        limit_mb, timeout_s, **{"allowed": lambda one: one == HERE, "resolve": lambda _host, _port: [HERE], **more}
    )


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", [one for many in NOT_PUBLIC.values() for one in many])
def test_every_other_address_is_refused(address: str, tmp_path: Path) -> None:
    assert not is_public(address)
    with pytest.raises(AddressRefused):
        Fetcher(1, 1.0, resolve=lambda _host, _port: [address]).fetch("http://lists.example/a.csv", tmp_path)


def test_one_private_address_among_public_ones_is_enough_to_refuse(tmp_path: Path) -> None:
    with pytest.raises(AddressRefused):
        Fetcher(1, 1.0, resolve=lambda _host, _port: ["8.8.8.8", "10.0.0.1"]).fetch("http://a.example/", tmp_path)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/a", "http://localhost/a", "http://[::1]/a", "http://[::ffff:127.0.0.1]/a", "http://127.1/a"],
)
def test_this_machine_is_refused_under_each_of_its_names_by_default(url: str, tmp_path: Path) -> None:
    with pytest.raises(AddressRefused):
        Fetcher(1, 1.0).fetch(url, tmp_path)


@pytest.mark.parametrize(
    "url", ["ftp://a.fr/x", "file:///etc/passwd", "a.fr/x.csv", "", "http://", "https://a.fr/\n"[:0]]
)
def test_only_http_and_https_are_fetched(url: str) -> None:
    with pytest.raises(FetchFailed):
        checked_url(url)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(FetchFailed) as refused:
        checked_url("https://camille:secret@a.fr/liste.csv")
    for language in ("fr", "en"):
        assert "secret" not in refused.value.message(language)
        assert "camille" not in refused.value.message(language)


def test_a_list_arrives_whole_with_what_tells_its_version(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", LIST, ETag='"v1"', Last_Modified="Mon, 23 Nov 2026 08:00:00 GMT")
    got = fetcher().fetch(web.url(), tmp_path)
    assert got.path is not None
    assert (got.path.name, got.path.read_bytes()) == ("liste.csv", LIST)
    assert (got.sha256, got.size_bytes) == (hashlib.sha256(LIST).hexdigest(), len(LIST))
    assert (got.etag, got.last_modified) == ('"v1"', "Mon, 23 Nov 2026 08:00:00 GMT")
    assert web.seen[0][1]["Host"] == f"lists.example:{web.port}"


def test_a_list_that_did_not_change_is_not_sent_again(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", LIST, ETag='"v1"')
    got = fetcher().fetch(web.url(), tmp_path, etag='"v1"', last_modified="Mon, 23 Nov 2026 08:00:00 GMT")
    assert (got.path, got.etag) == (None, '"v1"')
    assert web.seen[0][1]["If-Modified-Since"] == "Mon, 23 Nov 2026 08:00:00 GMT"


@pytest.mark.parametrize("status", [404, 410, 500, 503])
def test_an_error_of_the_server_is_told(status: int, web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", b"oops", status=status)
    with pytest.raises(FetchFailed, match=str(status)):
        fetcher().fetch(web.url("/liste.csv"), tmp_path)


def test_the_key_in_a_query_is_sent_but_not_told(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv?key=secret", b"oops", status=403)
    with pytest.raises(FetchFailed) as refused:
        fetcher().fetch(web.url("/liste.csv?key=secret"), tmp_path)
    assert "secret" not in refused.value.message("fr") + refused.value.message("en")


def test_a_compressed_answer_is_the_list_itself(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", gzip.compress(LIST), Content_Encoding="gzip")
    got = fetcher().fetch(web.url(), tmp_path)
    assert got.path is not None
    assert got.path.read_bytes() == LIST


def test_a_compressed_file_stays_one_unless_the_server_unpacks_it(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv.gz", gzip.compress(LIST))
    web.serve("/autre.csv.gz", gzip.compress(LIST), Content_Encoding="gzip")
    kept, unpacked = (fetcher().fetch(web.url(path), tmp_path).path for path in ("/liste.csv.gz", "/autre.csv.gz"))
    assert kept is not None
    assert unpacked is not None
    assert (kept.name, unpacked.name) == ("liste.csv.gz", "autre.csv")


def test_a_list_that_swells_when_unpacked_meets_the_limit(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip")
    with pytest.raises(FetchFailed, match="larger than 1 MB"):
        fetcher().fetch(web.url(), tmp_path)
    assert (tmp_path / "fetched").stat().st_size < 1_100_000


def test_a_list_too_large_is_given_up_whether_announced_or_not(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", b"x" * 1_100_000)

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(b"x" * 10_000)

    web.answers["/endless.csv"] = endless
    for path in ("/liste.csv", "/endless.csv"):
        with pytest.raises(FetchFailed, match="larger than 1 MB"):
            fetcher().fetch(web.url(path), tmp_path)


@pytest.mark.parametrize("headers_first", [True, False])
def test_a_server_that_drips_is_cut_off_at_the_deadline(headers_first: bool, web: WebServer, tmp_path: Path) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        if headers_first:
            request.send_response(200)
            request.end_headers()
        else:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(200):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.05)

    web.answers["/liste.csv"] = drip
    started = time.monotonic()
    with pytest.raises(FetchFailed, match="too slow"):
        fetcher(timeout_s=0.4).fetch(web.url(), tmp_path)
    assert time.monotonic() - started < 5


def test_an_answer_cut_short_is_no_list(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", LIST, Content_Length=str(len(LIST) + 5))
    web.serve("/packed.csv", gzip.compress(LIST)[:-6], Content_Encoding="gzip")
    web.serve("/odd.csv", LIST, Content_Encoding="br")
    for path in ("/liste.csv", "/packed.csv", "/odd.csv"):
        with pytest.raises(FetchFailed, match="cut off"):
            fetcher().fetch(web.url(path), tmp_path)


def test_redirects_are_followed_and_each_is_checked(web: WebServer, tmp_path: Path) -> None:
    web.serve("/old", b"", status=302, Location="/new/liste.csv")
    web.serve("/new/liste.csv", LIST)
    got = fetcher().fetch(web.url("/old"), tmp_path)
    assert got.path is not None
    assert got.path.name == "liste.csv"


@pytest.mark.parametrize("inside", ["http://10.0.0.1/a.csv", "http://169.254.169.254/latest/", "http://[::1]/a"])
def test_a_redirect_to_a_private_address_is_refused(inside: str, web: WebServer, tmp_path: Path) -> None:
    web.serve("/old", b"", status=302, Location=inside)

    def resolve(host: str, _port: int) -> list[str]:
        return [HERE] if host == "lists.example" else [host]

    with pytest.raises(AddressRefused):
        fetcher(resolve=resolve).fetch(web.url("/old"), tmp_path)


@pytest.mark.parametrize("location", ["", "file:///etc/passwd", "ftp://a.fr/x", "http://u:p@lists.example/"])
def test_a_redirect_to_something_else_than_the_web_is_refused(location: str, web: WebServer, tmp_path: Path) -> None:
    web.serve("/old", b"", status=302, Location=location)
    with pytest.raises(FetchFailed):
        fetcher().fetch(web.url("/old"), tmp_path)


def test_redirects_end(web: WebServer, tmp_path: Path) -> None:
    web.serve("/round", b"", status=302, Location="/round")
    with pytest.raises(FetchFailed, match="more than 5"):
        fetcher().fetch(web.url("/round"), tmp_path)
    assert len(web.seen) == 6


def test_a_name_that_changes_its_address_after_the_check_is_not_asked_again(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", LIST)
    answers = iter([[HERE], ["10.0.0.1"]])
    assert fetcher(resolve=lambda _host, _port: next(answers)).fetch(web.url(), tmp_path).path is not None
    assert next(answers) == ["10.0.0.1"], "one look-up, whose answer is what was connected to"


def test_the_proxies_of_the_environment_are_not_used(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.serve("/liste.csv", LIST)
    assert fetcher().fetch(web.url(), tmp_path).path is not None


def test_a_web_page_is_not_taken_for_a_list(web: WebServer, tmp_path: Path) -> None:
    web.serve("/liste.csv", b"\n<!DOCTYPE html><title>Connexion</title>", Content_Type="text/html")
    with pytest.raises(FetchFailed, match="web page"):
        fetcher().fetch(web.url(), tmp_path)


@pytest.mark.parametrize(
    ("path", "headers", "content", "name"),
    [
        ("/r/1234", {"Content_Disposition": 'attachment; filename="../../Lieux.CSV"'}, LIST, "Lieux.csv"),
        ("/r/1234", {"Content_Type": "text/csv; charset=utf-8"}, LIST, "1234.csv"),
        ("/api/records", {"Content_Type": "application/geo+json"}, b"{}", "records.geojson"),
        ("/api/records", {}, b' [{"nom": "x"}]', "records.json"),
        ("/", {}, LIST, "list.csv"),
    ],
)
def test_a_list_gets_a_name_that_tells_its_format(
    path: str, headers: dict[str, str], content: bytes, name: str, web: WebServer, tmp_path: Path
) -> None:
    web.serve(path, content, **headers)
    got = fetcher().fetch(web.url(path), tmp_path)
    assert got.path == tmp_path / name


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with web_server() as gone:
        url = gone.url()
    with pytest.raises(PlaceLibreError, match="does not answer"):
        fetcher().fetch(url, tmp_path)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for lists.example, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
            ),
            *("-subj", "/CN=lists.example", "-addext", "subjectAltName=DNS:lists.example"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


def test_https_is_checked_against_the_name_though_the_address_is_pinned(certificate: Path, tmp_path: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    def trusting() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(certificate / "cert.pem"))

    with web_server(serving) as web:
        web.serve("/liste.csv", LIST)
        web.serve("/down", b"", status=302, Location=web.url())
        secure = web.url(scheme="https")
        assert fetcher(trust=trusting()).fetch(secure, tmp_path).path is not None
        with pytest.raises(FetchFailed, match="certificate"):
            fetcher(trust=trusting()).fetch(web.url(scheme="https", host="other.example"), tmp_path)
        with pytest.raises(FetchFailed, match="certificate"):
            fetcher().fetch(secure, tmp_path)
        with pytest.raises(FetchFailed, match="https"):
            fetcher(trust=trusting()).fetch(web.url("/down", scheme="https"), tmp_path)
