"""Time-stamps beside OpenSSL: it verifies ours, we verify its, and both refuse what was altered."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daremo.trust import timestamp

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl on this machine")
#: Within the validity of what OpenSSL signs now, whatever now is.
MESSAGE = b"city.mihon.example/desk\n5\nroot\n"
CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {0}/serial
crypto_device = builtin
signer_cert = {0}/tsa.pem
signer_key = {0}/tsa.key
signer_digest = sha256
default_policy = 2.999.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
basicConstraints = critical,CA:FALSE
"""


def openssl(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(OPENSSL), *words], cwd=folder, capture_output=True, check=False)


def test_openssl_verifies_our_token_with_and_without_the_request(tmp_path: Path):
    at = datetime(2026, 11, 28, tzinfo=UTC)
    authority = timestamp.OwnAuthority(os.urandom, at)
    query = timestamp.request(MESSAGE, 987654321987654321)
    for name, data in (
        ("root.pem", authority.root_pem), ("r.tsr", authority.answer(query, at)), ("q.tsq", query), ("m", MESSAGE),
        ("n", MESSAGE + b"x"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
    # -attime: the certificates hold for ten years from `at`
    common = ("-in", "r.tsr", "-CAfile", "root.pem", "-attime", str(int(at.timestamp()) + 60))
    assert b"Verification: OK" in openssl(tmp_path, "ts", "-verify", "-data", "m", *common).stdout
    assert b"Verification: OK" in openssl(tmp_path, "ts", "-verify", "-queryfile", "q.tsq", *common).stdout
    assert openssl(tmp_path, "ts", "-verify", "-data", "n", *common).returncode != 0


def test_we_verify_a_token_of_openssl_and_refuse_another_text_nonce_or_root(tmp_path: Path):
    (tmp_path / "c.cnf").write_text(CONFIG.format(tmp_path), encoding="ascii")
    (tmp_path / "serial").write_text("01\n", encoding="ascii")
    for words in (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=root -days 30",
        "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa",
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 30 -extfile c.cnf -extensions ext",
    ):
        done = openssl(tmp_path, *words.split())
        assert done.returncode == 0, done.stderr
    (tmp_path / "q.tsq").write_bytes(timestamp.request(MESSAGE, 77))
    done = openssl(tmp_path, "ts", "-reply", "-config", "c.cnf", "-queryfile", "q.tsq", "-out", "r.tsr")
    assert done.returncode == 0, done.stderr
    response = (tmp_path / "r.tsr").read_bytes()
    root = (tmp_path / "ca.pem").read_bytes()
    timestamp.verify(timestamp.read(response).response, MESSAGE, [root], 77)
    other = timestamp.OwnAuthority(os.urandom, datetime.now(UTC)).root_pem
    for text, roots, nonce in ((MESSAGE + b"x", [root], 77), (MESSAGE, [root], 78), (MESSAGE, [other], 77)):
        with pytest.raises(timestamp.BadStamp):
            timestamp.verify(timestamp.read(response).response, text, roots, nonce)
    with pytest.raises(timestamp.BadStamp):
        timestamp.read(response[:-40])
    with pytest.raises(timestamp.BadStamp):
        timestamp.OwnAuthority(os.urandom, datetime.now(UTC)).answer(b"rubbish", datetime.now(UTC))
