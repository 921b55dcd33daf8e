from __future__ import annotations

from klal.domain.moderation import Act


def test_the_author_is_told_why_what_is_asked_and_what_became_of_it(talk, seen):
    from klal.services.moderation.appealing import appeal
    from klal.services.moderation.deciding import Decision, decide
    from klal.services.moderation.merging import reword_both
    from klal.services.moderation.proposing import propose
    from klal.services.moderation.telling import told
    from klal.services.receipts import withdraw_statement

    author, other = talk.authors
    first, second, third, fourth, fifth, _ = talk.said
    reword_both(talk.held, talk.anna, *seen(first, second), "Buses should run at night, in the suburbs too.")
    propose(talk.held, talk.anna, seen(third)[0], ["A bench in every street of the town."], note="Clearer?")
    decide(talk.held, talk.anna, Decision(Act.REJECT, "unclear"), seen(fifth))
    decide(talk.held, talk.anna, Decision(Act.REJECT, "spam"), seen(fourth))

    mine = told(talk.held, author)
    assert set(mine) == {first.pk, third.pk, fifth.pk}
    assert (mine[first.pk].reason, mine[first.pk].can_appeal) == ("replaced", False)
    assert mine[first.pk].children == (("Buses should run at night, in the suburbs too.", "en"),)
    assert (mine[third.pk].proposal.note, mine[third.pk].reason) == ("Clearer?", "")
    assert (mine[fifth.pk].reason, mine[fifth.pk].can_appeal, mine[fifth.pk].appeal) == ("unclear", True, None)
    assert told(talk.held, other)[second.pk].children == mine[first.pk].children

    appeal(talk.held, author, fifth.pk, "Look again.")
    withdraw_statement(talk.held, author, third.pk)
    mine = told(talk.held, author)
    assert (mine[fifth.pk].can_appeal, mine[fifth.pk].appeal.text) == (False, "Look again.")
    assert (mine[third.pk].proposal, mine[third.pk].reason) == (None, "")


def test_a_child_that_is_no_longer_shown_is_not_told_of(talk, seen):
    from klal.services.moderation.deciding import Decision, decide
    from klal.services.moderation.merging import keep_one
    from klal.services.moderation.telling import told

    first, second = talk.said[:2]
    keep_one(talk.held, talk.anna, *seen(first, second))
    assert told(talk.held, talk.authors[1])[second.pk].children == ()
    decide(talk.held, talk.anna, Decision(Act.ACCEPT), seen(first))
    assert told(talk.held, talk.authors[1])[second.pk].children == ((first.text, "en"),)
