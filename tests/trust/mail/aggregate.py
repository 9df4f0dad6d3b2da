"""DMARC aggregate reports made for tests."""

from __future__ import annotations

from typing import Any


def line(ip: str, count: int, **how: Any) -> str:
    """One record: `dkim`, `spf` as (domain, result); whether aligned follows from `aligned`."""
    dkim = "".join(
        f"<dkim><domain>{d}</domain><selector>s</selector><result>{r}</result></dkim>" for d, r in how.get("dkim", [])
    )
    spf = "".join(f"<spf><domain>{d}</domain><result>{r}</result></spf>" for d, r in how.get("spf", []))
    good = how.get("aligned", ())
    reason = f"<reason><type>{how['reason']}</type></reason>" if "reason" in how else ""
    return (
        f"<record><row><source_ip>{ip}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>"
        f"<dkim>{'pass' if 'dkim' in good else 'fail'}</dkim><spf>{'pass' if 'spf' in good else 'fail'}</spf>{reason}"
        f"</policy_evaluated></row><identifiers><header_from>{how.get('sender', 'city.example.jp')}</header_from></identifiers>"
        f"<auth_results>{dkim}{spf}</auth_results></record>"
    )


def report(
    day: int, *lines: str, reporter: str = "big.example", domain: str = "city.example.jp", ns: str = ""
) -> bytes:
    """A report of one day, `day` days after 2026-10-01."""
    begin = 1_790_812_800 + day * 86_400
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><feedback{ns}><version>1.0</version><report_metadata>'
        f"<org_name>{reporter}</org_name><email>x@{reporter}</email><report_id>{reporter}-{day}</report_id>"
        f"<date_range><begin>{begin}</begin><end>{begin + 86_399}</end></date_range></report_metadata><policy_published>"
        f"<domain>{domain}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><pct>100</pct></policy_published>"
        f"{''.join(lines)}</feedback>"
    ).encode()


GOOD = line(
    "192.0.2.1", 100, dkim=[("city.example.jp", "pass")], spf=[("city.example.jp", "pass")], aligned=("dkim", "spf")
)
BULK = line("198.51.100.7", 40, dkim=[("bulk.example.com", "pass")], spf=[("mail.bulk.example.com", "pass")])
OWN = line("192.0.2.9", 12, spf=[("city.example.jp", "pass")])
LIST = line("203.0.113.5", 6, dkim=[("city.example.jp", "fail"), ("list.example.org", "pass")], reason="mailing_list")
FORGED = line("203.0.113.99", 500, spf=[("evil.example", "fail")])
