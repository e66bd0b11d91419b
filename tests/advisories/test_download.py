"""Downloading from servers that cut, lie, dawdle and misdirect."""

import gzip
import time
from pathlib import Path

import pytest

from builtby.advisories.addresses import Untrusted, checked
from builtby.advisories.download import Download, Failed, Fetched, Limits, Unreachable, client
from builtby.advisories.http_answer import Validators
from tests.advisories.site import Answer, Handler, Site, cut_after, dripping, in_turn, served

BODY = bytes(range(256)) * 4000
QUICK = Limits(tries=3, wait=0.001)


def fetch(site: Site, folder: Path, limits: Limits = QUICK, known: Validators | None = None,
          slept: list[float] | None = None, silence: float = 5.0) -> Fetched:
    with client(silence) as http:
        return Download(http, f"{site.url}/file", folder / "file", known=known, limits=limits,
                        sleep=(slept if slept is not None else []).append).run()


def content(got: Fetched) -> bytes:
    assert got.path is not None
    return got.path.read_bytes()


def status(code: int, **headers: str) -> Answer:
    return lambda handler: handler.send(code, b"words", **headers)


def test_a_file_comes_whole_and_leaves_nothing_beside_it(site: Site, tmp_path: Path) -> None:
    site.put("/file", BODY)
    got = fetch(site, tmp_path)
    assert content(got) == BODY
    assert got.validators.etag
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_unchanged_file_is_not_sent_again(site: Site, tmp_path: Path) -> None:
    site.put("/file", BODY)
    first = fetch(site, tmp_path)
    again = fetch(site, tmp_path, known=first.validators)
    assert again.path is None
    assert again.validators == first.validators
    assert site.asked("/file")[1]["If-None-Match"] == first.validators.etag


def test_a_cut_connection_is_gone_on_with_where_it_ended(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = in_turn(cut_after(BODY, 500_000), served(BODY))
    assert content(fetch(site, tmp_path)) == BODY
    start = int(site.asked("/file")[1]["Range"][6:-1])
    assert 0 < start <= 500_000
    assert "If-None-Match" not in site.asked("/file")[1]


def test_a_line_that_is_cut_all_the_time_still_comes_to_an_end(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = in_turn(*[cut_after(BODY, 200_000)] * 5, served(BODY))
    assert content(fetch(site, tmp_path)) == BODY
    assert len(site.asked("/file")) == 6, "more tries than QUICK allows without progress"


def test_what_an_earlier_run_left_is_gone_on_with(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = in_turn(cut_after(BODY, 300_000), status(500))
    with pytest.raises(Failed, match="500"):
        fetch(site, tmp_path)
    assert (tmp_path / "file.part").stat().st_size > 0
    site.put("/file", BODY)
    assert content(fetch(site, tmp_path)) == BODY
    assert site.asked("/file")[-1]["Range"].startswith("bytes=")


def test_a_part_of_an_older_state_is_thrown_away(site: Site, tmp_path: Path) -> None:
    newer = BODY[::-1]
    site.answers["/file"] = in_turn(cut_after(BODY, 300_000), served(newer))
    assert content(fetch(site, tmp_path)) == newer


@pytest.mark.parametrize("note", [b"", b"{", b'{"url": 3}', b'{"url": "https://elsewhere", "validators": {}}'])
def test_a_part_that_nobody_knows_the_origin_of_is_thrown_away(site: Site, tmp_path: Path, note: bytes) -> None:
    (tmp_path / "file.part").write_bytes(b"rubbish")
    (tmp_path / "file.part.json").write_bytes(note)
    site.put("/file", BODY)
    assert content(fetch(site, tmp_path)) == BODY


def test_another_part_than_was_asked_for_is_not_taken(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = in_turn(
        cut_after(BODY, 300_000), status(206, Content_Range="bytes 0-4/1024000"), served(BODY))
    assert content(fetch(site, tmp_path)) == BODY


def test_a_part_that_is_already_whole_starts_anew(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = in_turn(cut_after(BODY, 300_000), status(416), served(BODY))
    assert content(fetch(site, tmp_path)) == BODY
    assert "Range" not in site.asked("/file")[2]


def test_a_length_that_is_too_long_is_a_lie(site: Site, tmp_path: Path) -> None:
    def lie(handler: Handler) -> None:
        handler.send(200, BODY, Content_Length=str(len(BODY) + 10))
        handler.cut()

    site.answers["/file"] = lie
    with pytest.raises(Failed, match="cut"):
        fetch(site, tmp_path)
    assert not (tmp_path / "file").exists()


def test_a_length_that_is_too_short_is_found_by_the_checksum(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = served(BODY, Content_Length=str(len(BODY) - 10), Connection="close")
    with pytest.raises(Failed, match="checksum"):
        fetch(site, tmp_path)
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("said", ["md5=AAAAAAAAAAAAAAAAAAAAAA==", "crc32c=AAAAAA==", "crc32c=!"])
def test_a_damaged_file_is_fetched_again_from_the_start(site: Site, tmp_path: Path, said: str) -> None:
    site.answers["/file"] = in_turn(served(BODY, x_goog_hash=said), served(BODY))
    assert content(fetch(site, tmp_path)) == BODY
    assert "Range" not in site.asked("/file")[1]


def test_a_file_of_parts_has_only_a_crc(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = served(b"123456789", x_goog_hash="crc32c=4waSgw==")
    assert content(fetch(site, tmp_path)) == b"123456789"


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_a_server_with_troubles_is_asked_again(site: Site, tmp_path: Path, code: int) -> None:
    site.answers["/file"] = in_turn(status(code, Retry_After="7"), status(code), served(BODY))
    slept: list[float] = []
    assert content(fetch(site, tmp_path, slept=slept)) == BODY
    assert slept == [7.0, 0.002]


def test_nobody_makes_us_wait_for_a_day(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = in_turn(status(503, Retry_After="86400"), served(BODY))
    slept: list[float] = []
    fetch(site, tmp_path, slept=slept)
    assert slept == [60.0]


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_clear_no_is_taken_at_once(site: Site, tmp_path: Path, code: int) -> None:
    site.answers["/file"] = status(code)
    with pytest.raises(Failed, match=str(code)):
        fetch(site, tmp_path)
    assert len(site.requests) == 1


def test_a_plain_request_is_not_answered_by_304_for_ever(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = lambda handler: handler.send(304, Content_Length="")
    with pytest.raises(Failed, match="304"):
        fetch(site, tmp_path)


def test_a_silent_server_is_left(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = lambda _handler: time.sleep(1)
    with pytest.raises(Failed, match="no answer in time"):
        fetch(site, tmp_path, silence=0.05)


def test_a_server_that_drips_is_left(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = dripping(b"x" * 1000, 0.02)
    begun = time.monotonic()
    with pytest.raises(Failed, match="not complete after"):
        fetch(site, tmp_path, Limits(seconds=0.2, tries=3))
    assert time.monotonic() - begun < 5


def test_nobody_there(site: Site, tmp_path: Path) -> None:
    with client() as http, pytest.raises(Unreachable, match="no connection") as raised:
        Download(http, "http://127.0.0.1:1/file", tmp_path / "file", limits=QUICK, sleep=lambda _: None).run()
    assert "import" in raised.value.remedy


@pytest.mark.parametrize("announced", [True, False])
def test_more_than_is_taken(site: Site, tmp_path: Path, announced: bool) -> None:
    def endless(handler: Handler) -> None:
        handler.send(200, b"", Content_Length="10000000000" if announced else "", Connection="close")
        for _ in range(1000):
            handler.wfile.write(b"x" * 100_000)

    site.answers["/file"] = endless
    with pytest.raises(Failed, match="more than"):
        fetch(site, tmp_path, Limits(bytes=1_000_000))
    assert len(site.requests) == 1
    assert not list(tmp_path.glob("file.part"))


def test_redirects_are_followed(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = status(302, Location="/there")
    site.put("/there", BODY)
    assert content(fetch(site, tmp_path)) == BODY


@pytest.mark.parametrize(("place", "said"), [
    ("http://mirror.example/file", "not encrypted"), ("ftp://mirror.example/file", "https://"),
    ("file:///etc/passwd", "https://"), ("/file", "redirects"), ("http://[::1", "Invalid URL"),
])
def test_redirects_that_are_not_followed(site: Site, tmp_path: Path, place: str, said: str) -> None:
    site.answers["/file"] = status(302, Location=place)
    with pytest.raises(Failed, match=said):
        fetch(site, tmp_path)


def test_no_other_machine_sends_us_to_this_one() -> None:
    with pytest.raises(Untrusted, match="redirects to this machine"):
        checked("https://127.0.0.1/admin", before="https://feed.example/all.zip")


@pytest.mark.parametrize("url", ["http://mirror.example/x", "mirror.example/x", "", "https://", "file:///x"])
def test_addresses_that_are_not_spoken_to(tmp_path: Path, url: str) -> None:
    with client() as http, pytest.raises(Untrusted):
        Download(http, url, tmp_path / "file")


def test_a_compressed_answer_is_kept_as_it_came(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = lambda handler: handler.send(200, gzip.compress(BODY), Content_Encoding="gzip") if (
        handler.headers["Accept-Encoding"] == "gzip") else handler.send(406)
    got = fetch(site, tmp_path)
    assert got.gzipped
    assert gzip.decompress(content(got)) == BODY


def test_an_encoding_that_nobody_asked_for(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = status(200, Content_Encoding="br")
    with pytest.raises(Failed, match="encoding"):
        fetch(site, tmp_path)


def test_progress_is_told(site: Site, tmp_path: Path) -> None:
    site.put("/file", BODY)
    seen: list[tuple[int, int | None]] = []
    with client() as http:
        Download(http, f"{site.url}/file", tmp_path / "file", progress=lambda *now: seen.append(now)).run()
    assert seen[-1] == (len(BODY), len(BODY))
    assert seen == sorted(seen)


def test_a_password_in_an_address_is_used_but_never_shown(site: Site, tmp_path: Path) -> None:
    site.answers["/file"] = status(403)
    with client() as http, pytest.raises(Failed) as raised:
        url = f"http://user:secret@{site.url.removeprefix('http://')}/file"
        Download(http, url, tmp_path / "file", limits=QUICK).run()
    assert site.asked("/file")[0]["Authorization"].startswith("Basic ")
    assert "secret" not in str(raised.value)
    with pytest.raises(Untrusted) as refused:
        checked("http://user:secret@mirror.example/x")
    assert "secret" not in str(refused.value)
