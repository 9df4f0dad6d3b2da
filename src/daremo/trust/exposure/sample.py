"""Files of a made-up town to begin with: an inventory, two SBOMs, advisories, services. Nothing in them is real."""

from __future__ import annotations

import json
from typing import Any

INVENTORY = """\ufeff資産,組織,製品,版,purl,種類,供給者,国,節点,外から届く
water-plc,みほん市水道局,みほん制御装置,3.2,,,みほん電機,JP,water-plc,いいえ
water-plc-2,みほん市水道局,みほん制御装置,3.2,,,みほん電機,JP,water-plc-2,いいえ
mail-gate,みほん市,Sample Mail Gate,12.1.7,,,Sample Soft,US,mail-gate,はい
clinic-karte,みほん診療所,,,pkg:maven/jp.example.karte/core@2.4.0,,みほん医療情報,JP,clinic-karte,いいえ
school-portal,みほん市教育委員会,,,pkg:npm/sample-portal@4.9.1,,Sample Soft,US,school-portal,はい
city-cloud,みほん市,Sample Cloud,2026.3,,,Sample Cloud,US,city-cloud,はい
"""
SERVICES = """\ufeff節点,区分,名前,英語名,要るもの,使う割合,対象,欠かせない,供給者,国,製品,版
water,service,水道,Water,(water-plc | water-plc-2) & power,1.0,all,はい,,,,
clinic,service,診療の予約とカルテ,Clinic,clinic-karte & power & line,0.3,75-84,はい,,,,
school,service,学校の連絡,School messages,school-portal & city-cloud,0.9,school,はい,,,,
payment,service,窓口とコンビニの支払い,Payments,payment-gate & line & (city-cloud | city-server),0.6,working,はい,,,,
notice,service,防災のお知らせ,Emergency notices,mail-gate | (city-cloud & line),0.8,all,はい,,,,
water-plc,system,浄水場の制御装置1,Waterworks controller 1,,,,,みほん電機,JP,みほん制御装置,3.2
water-plc-2,system,浄水場の制御装置2,Waterworks controller 2,,,,,みほん電機,JP,みほん制御装置,3.2
clinic-karte,system,電子カルテ,Patient records,clinic-server,,,,みほん医療情報,JP,karte,2.4.0
clinic-server,system,診療所のサーバー,Clinic server,power,,,,みほん医療情報,JP,,
school-portal,system,学校の連絡の仕組み,School portal,city-cloud,,,,Sample Soft,US,sample-portal,4.9.1
mail-gate,system,メールの出入口,Mail gateway,city-server,,,,Sample Soft,US,Sample Mail Gate,12.1.7
payment-gate,system,支払いの仕組み,Payment gateway,city-cloud | city-server,,,,Sample Pay,JP,,
city-cloud,system,市のクラウド,City cloud,line,,,,Sample Cloud,US,Sample Cloud,2026.3
city-server,system,市役所のサーバー,City server,power,,,,みほん電機,JP,,
line,utility,通信の回線,Line,power,,,,みほん通信,JP,,
power,utility,電気,Power,,,,,みほん電力,JP,,
"""


def _osv(
    number: int, system: str, package: str, events: list[dict[str, str]], vector: str, title: str
) -> dict[str, Any]:
    return {
        "schema_version": "1.6.0", "id": f"SAMPLE-2026-{number:04}", "modified": "2026-11-01T00:00:00Z", "summary": title,
        "aliases": [f"SAMPLE-CVE-{number}"], "severity": [{"type": "CVSS_V3", "score": vector}],
        "affected": [{"package": {"ecosystem": system, "name": package}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
    }  # fmt: skip


def _csaf() -> dict[str, Any]:
    gate = {
        "category": "product_version_range",
        "name": "vers:generic/>=12.0|<12.1.9",
        "product": {"product_id": "G1", "name": "Sample Mail Gate before 12.1.9"},
    }
    plc = {"category": "product_version", "name": "3.2", "product": {"product_id": "P1", "name": "みほん制御装置 3.2"}}
    return {
        "document": {
            "category": "csaf_security_advisory", "csaf_version": "2.0", "title": "見本の勧告 / Sample advisory",
            "publisher": {"category": "vendor", "name": "Sample Soft", "namespace": "urn:example:sample-soft"},
            "tracking": {"id": "SAMPLE-CSAF-1", "status": "final", "version": "1", "current_release_date": "2026-11-10T00:00:00Z"},
        },
        "product_tree": {"branches": [
            {"category": "vendor", "name": "Sample Soft", "branches": [{"category": "product_name", "name": "Sample Mail Gate", "branches": [gate]}]},
            {"category": "vendor", "name": "みほん電機", "branches": [{"category": "product_name", "name": "みほん制御装置", "branches": [plc]}]},
        ]},
        "vulnerabilities": [
            {
                "title": "メールの出入口を外から操られる / Mail gateway can be controlled from outside",
                "ids": [{"system_name": "sample", "text": "SAMPLE-CVE-10"}],
                "product_status": {"known_affected": ["G1"]},
                "scores": [{"products": ["G1"], "cvss_v3": {"baseScore": 9.8, "version": "3.1"}}],
                "threats": [{"category": "exploit_status", "details": "Exploited in the wild"}],
                "remediations": [{"category": "vendor_fix", "details": "12.1.9に上げる / Update to 12.1.9"}],
            },
            {
                "title": "制御装置が止まる / Controller can be stopped",
                "ids": [{"system_name": "sample", "text": "SAMPLE-CVE-11"}],
                "product_status": {"known_affected": ["P1"]},
                "scores": [{"products": ["P1"], "cvss_v3": {"baseScore": 7.5, "version": "3.1"}}],
                "remediations": [{"category": "mitigation", "details": "網を分ける / Separate the network"}],
            },
        ],
    }  # fmt: skip


def sample_files() -> dict[str, str]:
    """Text of every sample file by its name."""
    bom = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "name": "school-portal", "properties": [{"name": "daremo:exposed", "value": "yes"}]}},
        "components": [
            {"type": "library", "name": "sample-forms", "version": "2.0.3", "purl": "pkg:pypi/sample-forms@2.0.3"},
            {"type": "library", "name": "sample-ssl", "version": "1.1.1n-0+deb11u4", "purl": "pkg:deb/debian/sample-ssl@1.1.1n-0%2Bdeb11u4?distro=debian-11"},
        ],
    }  # fmt: skip
    spdx = {
        "spdxVersion": "SPDX-2.3", "name": "clinic-karte", "SPDXID": "SPDXRef-DOCUMENT",
        "packages": [{
            "SPDXID": "SPDXRef-1", "name": "sample-log", "versionInfo": "2.14.1", "supplier": "Organization: Sample Soft",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:maven/org.example/sample-log@2.14.1"}],
        }],
    }  # fmt: skip
    worst, medium = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:N/AC:H/PR:L/UI:R/S:U/C:L/I:L/A:N"
    osv = [
        _osv(1, "Maven", "org.example:sample-log", [{"introduced": "2.0"}, {"fixed": "2.15.0"}], worst, "記録の部品から操られる / Remote control through the log library"),
        _osv(2, "PyPI", "sample_forms", [{"introduced": "0"}, {"fixed": "2.0.3"}], medium, "書式の部品 / Forms library (already repaired in 2.0.3)"),
        _osv(3, "Debian:11", "sample-ssl", [{"introduced": "0"}, {"fixed": "1.1.1n-0+deb11u5"}], medium, "暗号の部品 / Crypto library"),
        _osv(4, "npm", "sample-portal", [{"introduced": "4.0.0"}, {"last_affected": "4.9.1"}], worst, "連絡の仕組みに入られる / Portal can be entered"),
    ]  # fmt: skip
    known = {"title": "sample", "catalogVersion": "2026.11.10", "vulnerabilities": [{"cveID": "SAMPLE-CVE-4"}]}
    files = {
        "assets/inventory.csv": INVENTORY,
        "assets/school-portal.cdx.json": _text(bom),
        "assets/clinic-karte.spdx.json": _text(spdx),
        "services.csv": SERVICES,
        "advisories/sample-csaf-1.json": _text(_csaf()),
        "advisories/exploited.json": _text(known),
    }
    return files | {f"advisories/{o['id'].lower()}.json": _text(o) for o in osv}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
