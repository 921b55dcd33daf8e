"""Keep who one is: a code to write down, and what it opens on another device."""

from __future__ import annotations

from django.db import transaction

from klal.domain.identity import Identity, new_recovery_code, recovery_digest
from klal.errors import BadRecoveryCodeError
from klal.services.joining import find_or_join
from klal.store.models import Conversation, Participant
from klal.store.opening import configuration


def make_recovery_code(conversation: Conversation, identity: Identity) -> str:
    """Return a new recovery code; one that was given before is worth nothing from then on.

    Only a keyed hash is stored, so that nobody can read the code again.

    Parameters
    ----------
    conversation : Conversation
        Which.
    identity : Identity
        Whose browser; a participant is made of it if it is new.

    Raises
    ------
    BadIdentityError
        If the browser's cookie was revoked.
    """
    code = new_recovery_code()
    with transaction.atomic():
        participant = find_or_join(conversation, identity)
        participant.recovery = recovery_digest(code, conversation.slug, configuration().secret_key)
        participant.save(update_fields=["recovery"])
    return code


def recover(conversation: Conversation, code: str) -> Identity:
    """Return who a recovery code belongs to.

    Parameters
    ----------
    conversation : Conversation
        Which.
    code : str
        As typed; case, blanks, hyphens and look-alike letters make no difference.

    Raises
    ------
    BadRecoveryCodeError
        If it is nobody's here.
    """
    digests = [recovery_digest(code, conversation.slug, key) for key in configuration().secret_keys]
    known = [digest for digest in digests if digest]
    found = Participant.objects.filter(conversation=conversation, recovery__in=known).first() if known else None
    if found is None or found.key is None:
        raise BadRecoveryCodeError
    return Identity(found.key, found.epoch)
