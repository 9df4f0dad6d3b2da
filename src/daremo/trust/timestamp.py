"""Time-stamps of RFC 3161 over checkpoints: the request, the check, and an own authority for development.

The own authority is for tests and trials. What it issues is no time-stamp of an accredited service (in Japan 認定タイムスタンプ)
and is never called one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from daremo.trust.keys import Fresh

MOST_BYTES = 100_000
#: Arc for documentation and tests (2.999), so that nobody takes it for the policy of a real authority.
TEST_POLICY = "2.999.3161.1"
_SHA256 = "2.16.840.1.101.3.4.2.1"


class BadStamp(ValueError):
    """Bytes that are no time-stamp, or one that does not hold."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a time-stamp states, not yet checked.

    Attributes
    ----------
    at : str
        Time as the authority states it, ISO 8601.
    policy : str
    serial : int
    response : TimeStampResponse
    authority : str
        Name in the certificate that came along, as it says itself; empty without one.
    """

    at: str
    policy: str
    serial: int
    response: TimeStampResponse
    authority: str = ""

    @property
    def is_test(self) -> bool:
        """Whether it says itself that it is of an authority for development (policy under 2.999)."""
        return self.policy == "2.999" or self.policy.startswith("2.999.")


def request(message: bytes, nonce: int | None = None) -> bytes:
    """A time-stamp request (DER) for the SHA-256 of a message; asks for the authority's certificate."""
    imprint = _sequence(_algorithm(_SHA256), _der(0x04, hashlib.sha256(message).digest()))
    parts = [_integer(1), imprint, *([] if nonce is None else [_integer(nonce)]), _der(0x01, b"\xff")]
    return _sequence(*parts)


def read(response: bytes) -> Stamp:
    """Read an answer of an authority.

    Raises
    ------
    BadStamp
    """
    if len(response) > MOST_BYTES:
        raise BadStamp("too large")
    try:
        found = decode_timestamp_response(response)
        info = found.tst_info
        name = _authority(found)
        return Stamp(info.gen_time.isoformat(), info.policy.dotted_string, info.serial_number, found, name)
    except (ValueError, TypeError) as e:
        raise BadStamp("not a time-stamp") from e


def _authority(response: TimeStampResponse) -> str:
    """Name of the certificate that signed, among those that came along."""
    serials = {one.serial_number for one in response.signed_data.signer_infos}
    for data in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(data)
        if certificate.serial_number in serials:
            for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
                found = certificate.subject.get_attributes_for_oid(oid)
                if found:
                    return str(found[0].value)[:200]
    return ""


def concerns(stamp: Stamp, message: bytes, nonce: int | None = None) -> bool:
    """Whether a time-stamp is over this message and answers this request; who made it is another question (`verify`)."""
    info = stamp.response.tst_info
    same = info.message_imprint.message == hashlib.sha256(message).digest()
    return same and (nonce is None or info.nonce == nonce)


def verify(response: TimeStampResponse, message: bytes, roots: Sequence[bytes], nonce: int | None = None) -> None:
    """Check a time-stamp over a message against root certificates (PEM) that one trusts.

    Raises
    ------
    BadStamp
    """
    builder = VerifierBuilder(roots=[x509.load_pem_x509_certificate(pem) for pem in roots], nonce=nonce)
    try:
        builder.build().verify_message(response, message)
    except (VerificationError, ValueError) as e:
        raise BadStamp(str(e)) from e


class OwnAuthority:
    """A time-stamp authority for development: root, certificate, key (P-256), and the clock handed in at each answer.

    Parameters
    ----------
    fresh : callable
        Random bytes for keys and serial numbers.
    at : datetime
        Since when its certificates hold (ten years).
    """

    def __init__(self, fresh: Fresh, at: datetime) -> None:
        self._fresh = fresh
        root_key, self._key = _new_key(fresh), _new_key(fresh)
        root_name, name = _name("daremo test root"), _name("daremo test time-stamps (not accredited)")
        self.root = (
            _certificate(root_name, root_name, root_key, fresh, at)
            .add_extension(x509.BasicConstraints(True, 1), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        self.certificate = (
            _certificate(root_name, name, self._key, fresh, at)
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .sign(root_key, hashes.SHA256())
        )

    @property
    def root_pem(self) -> bytes:
        """Root certificate, for those who check."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def to_pem(self) -> bytes:
        """Root, certificate and key in one text, to be kept where nobody else reads it."""
        key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self.root_pem + self.certificate.public_bytes(serialization.Encoding.PEM) + key

    @classmethod
    def from_pem(cls, data: bytes, fresh: Fresh) -> OwnAuthority:
        """Read what `to_pem` wrote.

        Raises
        ------
        BadStamp
        """
        made = cls.__new__(cls)
        try:
            made.root, made.certificate = x509.load_pem_x509_certificates(data)
            key = serialization.load_pem_private_key(data[data.index(b"-----BEGIN PRIVATE KEY") :], None)
        except (ValueError, TypeError) as e:
            raise BadStamp("not a test authority of daremo") from e
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != made.certificate.public_key():
            raise BadStamp("not a test authority of daremo")
        made._key, made._fresh = key, fresh
        return made

    def answer(self, query: bytes, at: datetime) -> bytes:
        """The answer (DER) to a request.

        Raises
        ------
        BadStamp
            Where it is no request for SHA-256.
        """
        imprint, nonce = _read_request(query)
        info = [
            _integer(1), _oid(TEST_POLICY), imprint, _integer(int.from_bytes(self._fresh(8), "big") >> 1),
            _der(0x18, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()),
        ]  # fmt: skip
        content = _sequence(*info, *([nonce] if nonce else []))
        return _sequence(_sequence(_integer(0)), self._signed(content))

    def _signed(self, content: bytes) -> bytes:
        """CMS SignedData over the TSTInfo (RFC 5652, RFC 5816)."""
        own = self.certificate.public_bytes(serialization.Encoding.DER)
        issuer = self.certificate.issuer.public_bytes()
        kind = _oid("1.2.840.113549.1.9.16.1.4")
        names = _sequence(_der(0xA4, issuer))
        known = _sequence(
            _der(0x04, hashlib.sha256(own).digest()), _sequence(names, _integer(self.certificate.serial_number))
        )
        attributes = sorted(
            [
                _attribute("1.2.840.113549.1.9.3", kind),
                _attribute("1.2.840.113549.1.9.4", _der(0x04, hashlib.sha256(content).digest())),
                _attribute("1.2.840.113549.1.9.16.2.47", _sequence(_sequence(known))),
            ]
        )
        signature = self._key.sign(_der(0x31, b"".join(attributes)), ec.ECDSA(hashes.SHA256()))
        signer = _sequence(
            _integer(1), _sequence(issuer, _integer(self.certificate.serial_number)), _algorithm(_SHA256),
            _der(0xA0, b"".join(attributes)), _sequence(_oid("1.2.840.10045.4.3.2")), _der(0x04, signature),
        )  # fmt: skip
        inside = _sequence(kind, _der(0xA0, _der(0x04, content)))
        data = _sequence(_integer(3), _der(0x31, _algorithm(_SHA256)), inside, _der(0xA0, own), _der(0x31, signer))
        return _sequence(_oid("1.2.840.113549.1.7.2"), _der(0xA0, data))


def _new_key(fresh: Fresh) -> ec.EllipticCurvePrivateKey:
    # below 2^255, which lies inside the order of P-256
    return ec.derive_private_key((int.from_bytes(fresh(32), "big") >> 1) + 1, ec.SECP256R1())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePrivateKey, fresh: Fresh, at: datetime
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer, subject, key.public_key(), (int.from_bytes(fresh(16), "big") >> 1) + 1, at, at + timedelta(days=3650)
    ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _read_request(query: bytes) -> tuple[bytes, bytes]:
    """Imprint and nonce of a request, as DER.

    Raises
    ------
    BadStamp
    """
    try:
        (tag, inside, rest) = _next(query)
        parts = []
        while inside:
            begin = inside
            part, _, inside = _next(inside)
            parts.append((part, begin[: len(begin) - len(inside)]))
        wanted = _algorithm(_SHA256)
        bare = _sequence(_oid(_SHA256))
        imprint = parts[1][1]
        _, body, _ = _next(imprint)
        if tag != 0x30 or rest or not body.startswith((wanted, bare)) or body[-34:-32] != b"\x04\x20":
            raise BadStamp("only requests for SHA-256 are answered")
    except IndexError as e:
        raise BadStamp("not a time-stamp request") from e
    return imprint, next((whole for part, whole in parts[2:] if part == 0x02), b"")


def _next(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content and rest of a DER value."""
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        count = length & 0x7F
        if not 0 < count <= 3:
            raise BadStamp("not a time-stamp request")
        length, at = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if len(data) < at + length:
        raise BadStamp("not a time-stamp request")
    return tag, data[at : at + length], data[at + length :]


def _der(tag: int, content: bytes) -> bytes:
    n = len(content)
    if n < 0x80:
        return bytes([tag, n]) + content
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, b"".join(parts))


def _integer(n: int) -> bytes:
    return _der(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def _oid(dotted: str) -> bytes:
    first, second, *rest = (int(x) for x in dotted.split("."))
    out = bytearray()
    for arc in (first * 40 + second, *rest):
        piece = [arc & 0x7F]
        while arc := arc >> 7:
            piece.append(0x80 | arc & 0x7F)
        out += bytes(reversed(piece))
    return _der(0x06, bytes(out))


def _algorithm(dotted: str) -> bytes:
    return _sequence(_oid(dotted), b"\x05\x00")


def _attribute(dotted: str, value: bytes) -> bytes:
    return _sequence(_oid(dotted), _der(0x31, value))
