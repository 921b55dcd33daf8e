"""Tell the owner of an account by mail that the way into it was changed, in case it was not them."""

from __future__ import annotations

from django.contrib.auth.models import User

from klal.domain.language import Language
from klal.services.mailing import post


def tell(account: User, what: str, language: Language) -> None:
    """Mail a change to an account's own address, if it has one.

    Parameters
    ----------
    account : User
        Whose.
    what : str
        Key of the sentence that says what was changed.
    language : Language
        Of who changed it.
    """
    if account.email:
        body = language.text("convene.mail.told_body", name=account.get_username(), what=language.text(what))
        post(account.email, language.text("convene.mail.told_subject"), body)
