"""The icons: 24 × 24, drawn with one line of the text's colour. Never the only bearer of a meaning."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

PATHS = {
    "phone": '<path d="M6.5 3.5h3l1.5 4-2 1.6a11 11 0 0 0 5.9 5.9l1.6-2 4 1.5v3a2 2 0 0 1-2.2 2A16.4 16.4 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2Z"/>',
    "calendar": '<path d="M4 6h16v14H4ZM4 10.5h16M8 3.5V7m8-3.5V7"/>',
    "next": '<path d="M5 12h14m-6-6 6 6-6 6"/>',
    "back": '<path d="M19 12H5m6-6-6 6 6 6"/>',
    "walk": '<circle cx="13" cy="4" r="1.7"/><path d="M9 21l2.5-6-2-3 1-5 3 3 3 1M11.5 15l3.5 6M10.5 7L7 9.5V13"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/>',
    "shield": '<path d="M12 3l7.5 2.8V11c0 5-3.2 8.4-7.5 10-4.3-1.6-7.5-5-7.5-10V5.8Z"/><path d="M8.7 12l2.4 2.4 4.2-4.7"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>',
    "ramp": '<path d="M3 19h18V9ZM3 19"/>',
    "people": '<circle cx="9" cy="8" r="3.2"/><path d="M3 20c0-4 2.5-6.5 6-6.5s6 2.5 6 6.5M15.5 5.2a3.2 3.2 0 0 1 0 5.8M17.5 14c2.2.8 3.5 3 3.5 6"/>',
    "map": '<path d="M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2ZM9 4v14m6-12v14"/>',
    "paper": '<path d="M6 3h8.5L18 6.5V21H6ZM9 11h6m-6 4h6"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v6m0-10v.1"/>',
    "ok": '<circle cx="12" cy="12" r="9"/><path d="M7.8 12.3l3 3 5.4-6"/>',
    "no": '<path d="M8 2.8h8L21.2 8v8L16 21.2H8L2.8 16V8Z"/><path d="M8.5 8.5l7 7m0-7-7 7"/>',
    "unknown": '<circle cx="12" cy="12" r="9"/><path d="M9.3 9.5a2.8 2.8 0 1 1 4 2.5c-.9.4-1.3 1-1.3 2M12 17v.1"/>',
    "sign": '<path d="M8 12V5.5a1.5 1.5 0 0 1 3 0V11m0-6.5a1.5 1.5 0 0 1 3 0V11m0-4.5a1.5 1.5 0 0 1 3 0V14c0 4-2 7-6 7-3 0-4.5-1.5-6-4l-2-3.5c-.6-1.2 1-2.3 2-1.2L8 14"/>',
    "speech": '<path d="M4 5h16v11h-9l-4.5 4v-4H4Z"/>',
    "place": '<path d="M12 21s7-6.4 7-11.5A7 7 0 0 0 5 9.5C5 14.6 12 21 12 21Z"/><circle cx="12" cy="9.5" r="2.5"/>',
    "home": '<path d="M4 11l8-7 8 7v9H14v-5h-4v5H4Z"/>',
    "listen": '<path d="M4 9.5v5h3.5L12 18V6L7.5 9.5ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>',
    "camera": '<path d="M4 8h4l1.5-2.5h5L16 8h4v11H4Z"/><circle cx="12" cy="13.3" r="3.2"/>',
    "mail": '<path d="M3.5 6h17v12h-17Zm0 .5L12 13l8.5-6.5"/>',
    "settings": '<circle cx="12" cy="12" r="3"/><path d="M12 3v3m0 12v3m9-9h-3M6 12H3m15.4-6.4-2.1 2.1M7.7 16.3l-2.1 2.1m12.8 0-2.1-2.1M7.7 7.7 5.6 5.6"/>',
    "print": '<path d="M7 9V3.5h10V9M7 17H4V9h16v8h-3M7 14h10v6.5H7Z"/>',
    "download": '<path d="M12 3.5V15m-5-4.5 5 5 5-5M4 20h16"/>',
    "bus": '<path d="M5 4.5h14V17H5ZM5 11h14M7.5 17v3m9-3v3"/><path d="M8 14v.1m8-.1v.1"/>',
}


def icon(name: str) -> SafeString:
    """SVG of one icon, hidden from screen readers: the words beside it say the same.

    Raises
    ------
    KeyError
        Where there is no such icon.
    """
    return mark_safe(f'<svg class="i" viewBox="0 0 24 24" aria-hidden="true">{PATHS[name]}</svg>')
