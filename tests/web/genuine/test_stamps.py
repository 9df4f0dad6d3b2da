"""Others vouch for the log: time-stamps that nothing waits for, neighbours' cosignatures, both shown to everybody."""

from __future__ import annotations

import hashlib
import subprocess
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from django.test import Client

from daremo.trust import timestamp
from daremo.trust.keys import COSIGNATURE, new_signer
from daremo.trust.log import note as notes
from daremo.web.apps.genuine.models import Note
from tests.web.genuine.conftest import Office

pytestmark = pytest.mark.django_db


def fresh(n: int) -> bytes:
    return hashlib.shake_256(b"stamps").digest(n)


def get(path: str) -> Any:
    return Client().get(path)


def test_the_worker_has_the_last_checkpoint_stamped_once_an_hour_by_the_test_authority(office: Office) -> None:
    from daremo.web.apps.genuine import ledger, stamping

    assert not stamping.stamp(office.town.act()), "nothing is signed yet"
    office.released()
    assert stamping.unstamped() == ledger.head().size
    assert stamping.stamp(office.town.act()) and stamping.unstamped() == 0
    assert not stamping.stamp(office.town.act(2)), "the log has not grown"
    office.released(title="つぎ", text="【みほん市】つぎのお知らせです。")
    assert not stamping.stamp(office.town.act(0.5)), "an hour is not over"
    assert stamping.stamp(office.town.act(1.1)) and Note.objects.filter(kind="stamp").count() == 2
    mode = (stamping.keys.folder() / stamping.TEST_FILE).stat().st_mode
    assert mode & 0o077 == 0


def test_an_absent_or_lying_authority_holds_up_nothing_and_the_page_says_what_is_in_arrears(office: Office) -> None:
    from daremo.web.apps.genuine import stamping

    act = office.town.act()
    other = timestamp.OwnAuthority(token_bytes, act.now - timedelta(days=1))

    def absent(query: bytes) -> bytes:
        raise TimeoutError

    lying = {
        "absent": absent,
        "rubbish": lambda query: b"<html>maintenance</html>",
        "too long": lambda query: b"0" * 200_000,
        "for another message": lambda query: other.answer(timestamp.request(b"x", 7), act.now),
        "replayed": lambda query: other.answer(timestamp.request(body, 7), act.now),
    }
    office.released()
    body = notes.parse(Note.objects.filter(kind="checkpoint").last().text)[1].encode()
    for name, authority in lying.items():
        assert not stamping.stamp(act, authority), name
        assert office.verdict("HA4A-3FQZ-Y9").verdict == "unknown"
    office.released(title="つぎ", text="【みほん市】つぎのお知らせです。")
    assert not Note.objects.filter(kind="stamp").exists()
    page = get("/genuine/log/").content.decode()
    assert f"いちばん新しい{stamping.unstamped()}件には、まだ時刻の印がありません" in page


def test_an_address_that_nobody_answers_is_given_up_without_an_error(office: Office, settings: Any) -> None:
    from daremo.web import jobs
    from daremo.web.apps.genuine import stamping

    office.released()
    settings.DAREMO_TSA_URL = "http://127.0.0.1:9/tsa"
    assert not stamping.stamp(office.town.act())
    assert jobs.WORK["stamp"](office.town.act()) is False


def test_an_authority_is_asked_over_http_as_rfc_3161_says_and_another_answer_is_refused(
    office: Office, settings: Any
) -> None:
    from daremo.web.apps.genuine import stamping

    act, asked = office.town.act(), []
    outside = timestamp.OwnAuthority(token_bytes, act.now - timedelta(days=1))

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers["Content-Type"]))
            self.send_response(200 if len(asked) > 1 else 503)
            self.end_headers()
            self.wfile.write(outside.answer(body, act.now))

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.DAREMO_TSA_URL = f"http://127.0.0.1:{server.server_port}/tsa?x=1"
        office.released()
        assert not stamping.stamp(act), "503 is no time-stamp"
        assert stamping.stamp(act) and stamping.last_stamp().authority  # type: ignore[union-attr]
        server.shutdown()
    assert asked == [("/tsa?x=1", "application/timestamp-query")] * 2


def test_production_without_an_authority_asks_nobody(office: Office, settings: Any) -> None:
    from daremo.web.apps.genuine import stamping

    office.released()
    settings.DAREMO_MODE = "production"
    assert not stamping.stamp(office.town.act()) and not (stamping.keys.folder() / stamping.TEST_FILE).exists()


def test_pages_name_authority_time_and_that_it_is_a_test_and_openssl_verifies_what_they_give(
    office: Office, tmp_path: Path
) -> None:
    from daremo.web.apps.genuine import stamping

    office.released()
    stamping.stamp(office.town.act())
    size = Note.objects.filter(kind="stamp").get().size
    for path in ("/genuine/log/", f"/genuine/log/signed/{size}/", "/genuine/keys/"):
        page = get(path).content.decode()
        assert "daremo test time-stamps (not accredited)" in page and "試験用" in page, path
        assert "認定" not in page, path
    assert "この署名のものです" in get(f"/genuine/log/signed/{size}/").content.decode()
    for name in ("stamp.tsr", "stamped.txt"):
        (tmp_path / name).write_bytes(get(f"/genuine/log/signed/{size}/{name}").content)
    (tmp_path / "roots.pem").write_bytes(get("/genuine/log/tsa-roots.pem").content)
    at = str(int(office.town.act().now.timestamp()))
    told = subprocess.run(
        ["openssl", "ts", "-verify", "-attime", at, "-data", "stamped.txt", "-in", "stamp.tsr", "-CAfile", "roots.pem"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verification: OK" in told.stdout + told.stderr
    for path in ("/genuine/log/signed/999/", "/genuine/log/signed/999/stamp.tsr", f"/genuine/log/signed/{size}/x"):
        assert get(path).status_code == 404


def test_an_authority_of_the_settings_is_named_as_they_say_and_checked_against_their_roots(
    office: Office, settings: Any, tmp_path: Path
) -> None:
    from daremo.web.apps.genuine import stamping

    act = office.town.act()
    outside = timestamp.OwnAuthority(token_bytes, act.now - timedelta(days=1))
    (tmp_path / "roots.pem").write_bytes(outside.root_pem * 2)
    settings.DAREMO_TSA_ROOTS, settings.DAREMO_TSA_URL = str(tmp_path / "roots.pem"), "http://127.0.0.1:9/"
    office.released()
    stranger = timestamp.OwnAuthority(token_bytes, act.now - timedelta(days=1))
    assert not stamping.stamp(act, lambda query: stranger.answer(query, act.now))
    assert stamping.stamp(act, lambda query: outside.answer(query, act.now))
    assert stamping.last_stamp().holds and stamping.root_pem() == outside.root_pem * 2  # type: ignore[union-attr]
    settings.DAREMO_TSA_ROOTS = None
    assert stamping.last_stamp().holds is None  # type: ignore[union-attr]


def test_a_known_neighbours_cosignature_is_kept_and_shown_and_a_strangers_is_not(office: Office, settings: Any) -> None:
    from daremo.web.apps.genuine import services

    neighbour = new_signer("tonari.example", fresh, COSIGNATURE)
    stranger = new_signer("tonari.example", lambda n: b"s" * n, COSIGNATURE)
    settings.DAREMO_WITNESSES = (str(neighbour.public),)
    office.released()
    note = get("/genuine/log/checkpoint").content.decode()
    state, body, _ = notes.parse(note)
    at = int(office.town.act().now.timestamp())

    def send(text: str) -> Any:
        return Client(enforce_csrf_checks=True).generic("POST", "/genuine/log/cosignature", text, "text/plain")

    theirs = notes.with_signature(note, notes.cosignature(body, neighbour, at))
    assert send(notes.with_signature(note, notes.cosignature(body, stranger, at))).json() == {"new": 0}
    assert send(theirs).json() == {"new": 1} and send(theirs).json() == {"new": 0}
    for path in ("/genuine/log/", f"/genuine/log/signed/{state.size}/", "/genuine/keys/"):
        assert "tonari.example" in get(path).content.decode(), path
    assert notes.witnessed_by(services.last_checkpoint(), [neighbour.public]) == {"tonari.example": at}
    # the check goes on from the longer note
    row = office.released(title="つぎ", text="【みほん市】つぎのお知らせです。")
    assert office.verdict(row.code).verdict == "official"
    for wrong in ("", "x", theirs.replace(f"\n{state.size}\n", f"\n{state.size + 1}\n")):
        assert send(wrong).status_code == 400
    assert send("x" * 30_000).status_code == 413 and get("/genuine/log/cosignature").status_code == 405


def test_settings_that_name_no_witness_and_no_authority_are_refused_at_the_start(tmp_path: Path) -> None:
    from daremo.web.configuration import Configuration

    good = str(new_signer("tonari.example", fresh, COSIGNATURE).public)
    wrong = str(new_signer("tonari.example", fresh).public)
    assert not Configuration({"DAREMO_WITNESSES": good, "DAREMO_TSA_URL": "https://tsa.example/x"}).troubles
    for given in (
        {"DAREMO_WITNESSES": wrong},
        {"DAREMO_WITNESSES": "x"},
        {"DAREMO_TSA_URL": "file:///etc/passwd"},
        {"DAREMO_TSA_ROOTS": "/none"},
    ):
        assert [t.setting for t in Configuration(given).troubles] == list(given)
