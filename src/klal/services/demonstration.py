"""Make the demonstration conversation, as a file or in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from klal.domain.records import ConversationInfo

if TYPE_CHECKING:
    from klal.io.conversation import Conversation
    from klal.store import models

SLUG = "demo"
"""Where the demonstration is in the store."""


def demonstration(*, seed: int = 0) -> Conversation:
    """Return the demonstration conversation, in Hebrew and English, its votes synthetic and labelled so.

    Parameters
    ----------
    seed : int
        Equal seeds give equal votes.

    Returns
    -------
    Conversation
        Ready to be analysed or written.
    """
    from klal.io.conversation import Conversation
    from klal.simulation.demonstration import DESCRIPTION, TOPIC, demonstration_guesses, demonstration_log, demonstration_statements

    info = ConversationInfo(topic=TOPIC, description=DESCRIPTION, source="klal demo", notes=("synthetic",))
    return Conversation(info, demonstration_statements(), demonstration_log(seed=seed), guesses=demonstration_guesses(seed=seed))


def build_demonstration() -> models.Conversation:
    """Put the demonstration into the store, with every text in Hebrew and in English; once it is there, it is left as it is.

    What making it needs (NumPy, tables of votes) is loaded only then. A server that wants to stay small makes it in another process.

    Returns
    -------
    klal.store.models.Conversation
        At the address ``demo``.
    """
    from klal.errors import ConversationExistsError
    from klal.store.models import Conversation as Stored

    found = Stored.objects.filter(slug=SLUG).first()
    if found is not None:
        return found
    try:
        return _make()
    except ConversationExistsError:  # another process was quicker
        return Stored.objects.get(slug=SLUG)


def _make() -> models.Conversation:
    from django.db import transaction

    from klal.services.exchange import bring_in
    from klal.simulation.demonstration import INTRODUCTIONS, demonstration_texts
    from klal.store.models import Statement

    main, *others = INTRODUCTIONS
    with transaction.atomic():
        row = bring_in(demonstration(), slug=SLUG, languages=list(INTRODUCTIONS))
        for name, text in INTRODUCTIONS[main].items():
            setattr(row, name, text)
        row.texts = {code: INTRODUCTIONS[code] for code in others}
        row.save()
        statements = list(row.statements.order_by("pk"))
        for one, (language, texts) in zip(statements, demonstration_texts(), strict=True):
            one.language = language
            one.translations = {code: text for code, text in texts.items() if code != language}
        Statement.objects.bulk_update(statements, ["language", "translations"])
    return row
