"""Who may do what: the roles of convenors in a conversation and the rights each of them has."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What an account is in a conversation."""

    OWNER = "owner"
    MODERATOR = "moderator"
    VIEWER = "viewer"


class Right(StrEnum):
    """What a role may allow."""

    WATCH = "watch"
    MODERATE = "moderate"
    MANAGE = "manage"


_RIGHTS = {
    Role.VIEWER: frozenset({Right.WATCH}),
    Role.MODERATOR: frozenset({Right.WATCH, Right.MODERATE}),
    Role.OWNER: frozenset(Right),
}


def rights_of(role: Role | str) -> frozenset[Right]:
    """Return what a role allows.

    Parameters
    ----------
    role : Role or str
        Of an account in a conversation.

    Returns
    -------
    frozenset of Right
        ``WATCH``: see how it runs and take its data home. ``MODERATE``: decide on statements. ``MANAGE``: everything else, from its
        words to who else convenes it.
    """
    return _RIGHTS[Role(role)]
