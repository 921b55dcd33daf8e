"""The moderators' queue and the search for near-duplicates, in a conversation of 20 000 statements, in English and in Hebrew.

The limit for the pages is the policy page of the same server (one conversation, one account, no statement read); that for the search is
a plain scan of all statements by rapidfuzz. Both take their turns in the same run.
"""

from __future__ import annotations

import http.client
import random
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.serve._house import cpu_seconds, home, postgresql
from tests.databases import point_store_at
from tests.serving import RunningServer

STATEMENTS, SEARCHES, VIEWS = 20_000, 200, 30
_VOWELS, _CONSONANTS, _HEBREW = "aeiou", "bcdfghklmnprstvw", "אבגדהוזחטיכלמנסעפצקרשת"
_LITTLE = {
    "en": ("the", "a", "of", "and", "to", "in", "should", "we", "our", "for"),
    "he": ("של", "את", "גם", "צריך", "כל", "עם", "לא", "יותר", "בעיר", "אנחנו"),
}
_PREFIXES, _ENDINGS = {"en": ("",), "he": ("", "ה", "ב", "ל", "ו", "מה")}, {"en": ("", "s", "ed", "ing"), "he": ("", "ים", "ות", "ה")}
_PAGES = {
    "the policy page, the limit": "policy/",
    "the queue, one by one": "",
    "the queue as a list": "?view=list",
    "the list, from its middle": "?view=list&after={middle}",
    "rejected statements": "?tab=rejected",
    "all statements": "?tab=all",
    "a search for words": "?tab=all&q={word}",
    "side by side": "{first}/pair/",
}


def run(options: Options) -> None:
    size = 2_000 if options.quick else STATEMENTS
    found: dict[str, Any] = {"search": {code: _search(code, size) for code in ("en", "he")}, "pages": {}}
    with ExitStack() as stack:
        engine = stack.enter_context(postgresql())
        urls = {"SQLite": ""}
        if engine is not None:
            engine.execute("CREATE DATABASE bench_moderation")
            urls["PostgreSQL"] = engine.url("bench_moderation")
        for name, url in urls.items():
            for mode in ("before", "after"):
                found["pages"][f"{name}, moderated {mode}"] = _pages(url, size, mode)
    publish(options, "moderation", _text(found, size), found)


def _words(code: str, chance: random.Random) -> list[str]:
    """Return made-up words with the endings and prefixes of a language, the frequent ones first, as in every language."""
    roots = []
    for _ in range(3000):
        if code == "en":
            roots.append(
                "".join(chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(chance.randint(1, 3)))
                + chance.choice(_CONSONANTS)
            )
        else:
            roots.append("".join(chance.choice(_HEBREW) for _ in range(chance.randint(3, 5))))
    return roots


def _texts(code: str, size: int, seed: int = 7) -> list[str]:
    """Return statements of 6 to 25 words, one in ten nearly the same as another one: other endings, another order, a word more."""
    chance = random.Random(seed)
    roots = _words(code, chance)
    weights = [1 / (place + 10) for place in range(len(roots))]

    def word(root: str) -> str:
        return chance.choice(_PREFIXES[code]) + root + chance.choice(_ENDINGS[code])

    said: list[list[str]] = []
    while len(said) < size:
        if said and chance.random() < 0.1:
            other = list(chance.choice(said))
            chance.shuffle(other)
            said.append([*(word(root) for root in other), chance.choice(_LITTLE[code])])
        else:
            said.append(chance.choices(roots, weights, k=chance.randint(4, 15)))
    return [
        " ".join(chance.choice(_LITTLE[code]) + " " + word(root) if chance.random() < 0.5 else word(root) for root in one) for one in said
    ]


def _search(code: str, size: int) -> dict[str, Any]:
    """Return what a search costs in the index, and in a scan of all statements."""
    from rapidfuzz import fuzz, process

    from klal.services.word_index import WordIndex

    texts = _texts(code, size)
    index = WordIndex()
    built = _timed(lambda: index.add((number, (text,)) for number, text in enumerate(texts)))
    asked = random.Random(1).sample(texts, min(SEARCHES, size))
    ours, scan, before = [], [], time.process_time()
    for text in asked:
        ours.append(_timed(lambda text=text: index.search(text, most=3, at_least=0.45, keep=lambda _: True)))
    processor = (time.process_time() - before) / len(asked)
    for text in asked[: len(asked) // 4]:
        scan.append(_timed(lambda text=text: process.extract(text, texts, scorer=fuzz.token_set_ratio, limit=3)))
    added = _timed(lambda: index.add([(size, (texts[0] + " more",))]))
    return {"built": built, "added": added, "search": sorted(ours), "scan": sorted(scan), "processor": processor}


def _pages(url: str, size: int, mode: str) -> dict[str, dict[str, Any]]:
    with home() as folder, RunningServer(folder, "--no-worker", database_url=url) as server:
        point_store_at(folder, url)
        cookie, facts = _furnish(size, mode)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        found: dict[str, dict[str, Any]] = {}
        for name, path in _PAGES.items():
            address = f"/convene/c/{mode}/moderate/" + path.format(**facts)
            first, before = _ask(connection, address, cookie), cpu_seconds(server.process.pid)
            taken = sorted(_ask(connection, address, cookie) for _ in range(VIEWS))
            processor = (cpu_seconds(server.process.pid) - before) / VIEWS
            found[name] = {"first": first, "processor": processor, "views": taken}
        connection.close()
    return found


def _furnish(size: int, mode: str) -> tuple[str, dict[str, Any]]:
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client

    from klal.store.models import Conversation, Membership, Snapshot, Statement

    account, _ = User.objects.get_or_create(username="anna")
    held = Conversation.objects.create(slug=mode, topic="What joins us?", languages=["en", "he"], moderation_mode=mode)
    Membership.objects.create(conversation=held, account=account, role="owner")
    texts = [text for pair in zip(_texts("en", size // 2), _texts("he", size // 2), strict=True) for text in pair]
    rows = [
        Statement(
            conversation=held, label=str(n), text=text, language="he" if n % 2 else "en", state="rejected" if n % 10 == 9 else "pending"
        )
        for n, text in enumerate(texts)
    ]
    Statement.objects.bulk_create(rows, batch_size=1000)
    numbers = list(held.statements.order_by("pk").values_list("pk", flat=True))
    figures = {str(number): {"agree": 1, "disagree": 1, "pass": 1, "seen": number % 97} for number in numbers}
    Snapshot.objects.create(
        conversation=held, number=1, changes=0, milliseconds=1, findings={"statements": figures, "counts": {}}, places=b""
    )
    Conversation.objects.filter(pk=held.pk).update(snapshot_number=1)
    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    connection.close()
    return client.cookies["klal-session"].value, {"middle": numbers[len(numbers) // 2], "first": numbers[0], "word": texts[4].split()[0]}


def _ask(connection: http.client.HTTPConnection, address: str, cookie: str) -> float:
    began = time.perf_counter()
    connection.request("GET", address, headers={"Cookie": f"klal-session={cookie}", "Accept": "text/html", "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError((answer.status, address))
    return time.perf_counter() - began


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _text(found: dict[str, Any], size: int) -> str:
    search = [
        [
            {"en": "English", "he": "Hebrew"}[code],
            f"{1000 * statistics.median(one['search']):.1f}",
            f"{1000 * one['search'][int(0.99 * len(one['search']))]:.1f}",
            f"{1000 * one['processor']:.1f}",
            f"{1000 * statistics.median(one['scan']):.0f}",
            f"{statistics.median(one['scan']) / statistics.median(one['search']):.0f}",
            f"{1000 * one['added']:.2f}",
            f"{one['built']:.2f}",
        ]
        for code, one in found["search"].items()
    ]
    rows = []
    for where, pages in found["pages"].items():
        limit = statistics.median(pages["the policy page, the limit"]["views"])
        for name, one in pages.items():
            middle = statistics.median(one["views"])
            figures = (f"{1000 * value:.0f}" for value in (middle, one["views"][-1], one["processor"], one["first"]))
            rows.append([where, name, *figures, f"{middle / limit:.1f}"])
    head = [
        "",
        "middle, ms",
        "slowest 1 %, ms",
        "of the processor, ms",
        "plain scan, ms",
        "times faster",
        "one statement added, ms",
        "index built once, s",
    ]
    pages_head = ["", "page", "middle, ms", "slowest, ms", "of the processor, ms", "first ever, ms", "times the limit"]
    return (
        f"## Moderation\n\nA conversation of {size:,} made-up statements of 4 to 30 words, one in ten nearly the same as another one; "
        "nine in ten of them wait. `python -m benchmarks --out docs/_tables --only moderation`\n\n"
        f"Search for near-duplicates, {SEARCHES} of the statements each against all; the limit is a plain scan by rapidfuzz "
        f"(`token_set_ratio`).\n\n{table(head, search)}\n\n"
        f"Pages of the queue, {VIEWS} views each on one connection, served by `klal serve`; the first one ever also counts, reads and "
        f"indexes what is kept in memory from then on.\n\n{table(pages_head, rows)}"
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
