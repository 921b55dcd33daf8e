from __future__ import annotations

from klal.domain.language import get


def test_facts_of_every_kind_can_be_told(database):
    from klal.services.accounts.log import kind_of, language_free, sentence_of
    from klal.store.models import AuditEntry

    for fact, words in ((["a", "b"], "a, b"), (True, "True"), (7, "7"), (None, "-"), ({"x": 1}, "{'x': 1}"), ("owner", "owner")):
        entry = AuditEntry(act="invited", facts={"email": fact, "role": "viewer"})
        assert language_free(sentence_of(entry, get("en"))) == f"Invited {words} as viewer"
    assert language_free(sentence_of(AuditEntry(act="invited", facts={}), get("en"))) == "Invited - as -"
    assert kind_of("invited", get("en")) == "Invited … as …"
    assert kind_of("unheard_of", get("he")) == "unheard_of"


def test_who_has_no_address_is_told_nothing(make):
    from klal.services.accounts.telling import tell
    from klal.store.models import Mail

    tell(make(email=""), "convene.mail.told_password", get("en"))
    assert not Mail.objects.exists()
