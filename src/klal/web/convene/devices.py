"""What a browser calls itself, in two words that its owner recognises."""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_MACHINES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """Return browser and machine, such as ``Firefox · Android``; empty if neither is known.

    Parameters
    ----------
    agent : str
        The header ``User-Agent``: what the browser says, and so no proof of anything.

    Examples
    --------
    >>> device_name("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox · Linux'
    """
    found = (next((name for mark, name in known if mark in agent), "") for known in (_BROWSERS, _MACHINES))
    return " · ".join(filter(None, found))
