"""The copy on paper: a page with the words of a credential and a QR code that holds the whole signed token."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping
from typing import Any

import segno

from daremo.trust.credentials.model import listed

#: A QR code of level L holds 2,953 bytes; beyond it no paper copy is possible.
MOST_QR_BYTES = 2_953


class TooLongForPaper(ValueError):
    """The token does not fit into one QR code."""


def qr_svg(token: str, *, width_mm: float = 85.0) -> str:
    """The token as a QR code in SVG, to be printed `width_mm` wide.

    Raises
    ------
    TooLongForPaper
        Over 2,953 bytes.
    """
    if len(token) > MOST_QR_BYTES:
        raise TooLongForPaper(f"{len(token)} bytes")
    code = segno.make(token, error="l", micro=False, boost_error=False)
    out = io.BytesIO()
    code.save(
        out,
        kind="svg",
        border=4,
        xmldecl=False,
        svgns=True,
        nl=False,
        unit="mm",
        scale=width_mm / code.symbol_size(1, 4)[0],
    )
    return out.getvalue().decode()


def page(document: Mapping[str, Any], token: str, *, person: str = "", check_at: str = "") -> str:
    """An HTML page to print: what was awarded, by whom, until when, and the QR code.

    Parameters
    ----------
    document : mapping
        The credential.
    token : str
        Its token, for the QR code.
    person : str
        Name to print (it does not stand in the credential).
    check_at : str
        Where a reader of the code can check it, in words.

    Raises
    ------
    TooLongForPaper
    """
    subject = document.get("credentialSubject")
    achievement = subject.get("achievement", {}) if isinstance(subject, Mapping) else {}
    issuer = document.get("issuer")
    profile: Mapping[str, Any] = issuer if isinstance(issuer, Mapping) else {"name": issuer}
    criteria = achievement.get("criteria", {})
    rows = [
        ("お名前 / Name", person),
        ("内容 / About", achievement.get("description", "")),
        ("基準 / Criteria", criteria.get("narrative", "") if isinstance(criteria, Mapping) else ""),
        ("発行 / Issuer", profile.get("name", "")),
        ("電話 / Phone", profile.get("phone", "")),
        ("日付 / Date", str(document.get("validFrom", ""))[:10]),
        ("期限 / Until", str(document.get("validUntil", ""))[:10]),
        ("番号 / Number", document.get("id", "")),
    ]
    title = next((t for t in listed(document.get("name") or achievement.get("name", "")) if isinstance(t, str)), "")
    body = "".join(f"<tr><th scope=row>{html.escape(k)}</th><td>{html.escape(str(v))}</td></tr>" for k, v in rows if v)
    where = f"<p>{html.escape(check_at)}</p>" if check_at else ""
    lang = achievement.get("inLanguage", "ja") if isinstance(achievement, Mapping) else "ja"
    return (
        f'<!doctype html><html lang="{html.escape(str(lang))}"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        "<style>body{font:14pt/1.6 'BIZ UDPGothic',sans-serif;margin:20mm}th{text-align:left;padding-right:1em;"
        "vertical-align:top}@page{size:A4}</style></head><body>"
        f"<h1>{html.escape(title)}</h1><table>{body}</table>{qr_svg(token)}"
        "<p>このQRコードには、署名つきの証明書が全部入っています。インターネットがなくても確かめられます。<br>"
        "This code holds the whole signed credential; it can be checked without the internet.</p>"
        f"{where}</body></html>"
    )
