"""What settings must say so that the shared look works: import these, write none of it twice."""

from __future__ import annotations

from pathlib import Path

import daremo.report

#: The one source of tokens.css, daremo.css and logo.svg, served under ``static/ui/``.
DESIGN = Path(daremo.report.__file__).parent / "design"
STATICFILES_DIRS = [("ui", str(DESIGN))]

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("ja-easy", "やさしい日本語"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "daremo_language"
#: One year: the choice of words stays on.
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60

CONTEXT_PROCESSORS = ["daremo.web.ui.context.page"]

#: Who runs the service, in each language; a value missing in a language is taken from Japanese.
#: Texts may hold ruby as ``{漢字|かんじ}``. This is the sample town; production overrides ``DAREMO_SITE``.
SAMPLE_SITE: dict[str, dict[str, str]] = {
    "ja": {
        "city": "みほん市",
        "service": "スマホなんでも相談",
        "office": "デジタル推進課",
        "address": "見本町1丁目1番1号",
        "phone": "0000-12-3456",
        "hours": "平日 9:00〜17:00（無料）",
        "counter": "窓口は 市役所1階 3番",
        "staff_phone": "内線 2345",
        "staff_hours": "平日 8:30〜17:15・デジタル推進課",
    },
    "ja-easy": {
        "city": "みほん{市|し}",
        "service": "スマホの {相談|そうだん}",
        "hours": "{月曜日|げつようび}から{金曜日|きんようび} 9:00〜17:00　お{金|かね}は いりません",
        "counter": "{市役所|しやくしょ} 1{階|かい} 3{番|ばん}",
    },
    "en": {
        "city": "Mihon City",
        "service": "Smartphone help",
        "office": "Digital Promotion Division",
        "address": "1-1-1 Mihon-cho",
        "hours": "Weekdays 9:00–17:00 (free, in Japanese)",
        "counter": "City Hall, 1st floor, counter 3",
        "staff_phone": "ext. 2345",
        "staff_hours": "Weekdays 8:30–17:15, Digital Promotion Division",
    },
}
