"""Advice on the wording of a statement: what makes one hard to vote on. Advice only; nothing is ever refused for it.

The rules are plain patterns for English and Hebrew, tuned on the statements of six public conversations so that they stay silent
rather than fire for nothing; what they cannot see, a reader can.
"""

from __future__ import annotations

import re
from enum import StrEnum

from klal.domain.wording import as_statement, script_of

COMFORTABLE = 170
"""Characters up to which a statement is read at a glance on a phone."""


class Advice(StrEnum):
    """What could be better about a statement."""

    NOT_A_CLAIM = "not_a_claim"
    """Nothing one can agree or disagree with: a greeting, a heading, an unfinished thought."""
    QUESTION = "question"
    SEVERAL_IDEAS = "several_ideas"
    """Who agrees with one half and not with the other cannot vote."""
    DOUBLE_NEGATIVE = "double_negative"
    """To disagree with it is to say no to a no."""
    UNCLEAR_WHO = "unclear_who"
    """It says "they" and stands alone: nobody knows who is meant."""
    HEATED = "heated"
    """It calls people names; those it is about are to vote on it too."""
    LONG = "long"


def advice_on(text: str, language: str = "") -> tuple[Advice, ...]:
    """Say what could be better about a statement.

    Parameters
    ----------
    text : str
        As typed.
    language : str
        Code of its language; told from its writing if left out. In languages other than English and Hebrew only questions, length
        and several sentences are seen.

    Returns
    -------
    tuple of Advice
        In the order of `Advice`; empty if there is nothing to say, and while there is no word yet.

    Examples
    --------
    >>> advice_on("Parks should be open at night and they should be lit.")
    (<Advice.SEVERAL_IDEAS: 'several_ideas'>,)
    >>> advice_on("לא אסור לעשן בפארק")
    (<Advice.DOUBLE_NEGATIVE: 'double_negative'>,)
    """
    plain = _ADDRESS.sub("", as_statement(text))
    words = _WORD.findall(plain.casefold().replace("’", "'"))
    if not words:
        return ()
    rules = _RULES.get(language or _BY_SCRIPT.get(script_of(plain), ""), _ANY)
    found = {
        Advice.NOT_A_CLAIM: rules.is_no_claim(words),
        Advice.QUESTION: "?" in plain or "؟" in plain,
        Advice.SEVERAL_IDEAS: rules.has_several_ideas(plain),
        Advice.DOUBLE_NEGATIVE: rules.has_double_negative(plain),
        Advice.UNCLEAR_WHO: rules.is_unclear(words),
        Advice.HEATED: any(word in rules.heated for word in words),
        Advice.LONG: len(plain) > COMFORTABLE,
    }
    return tuple(one for one, fires in found.items() if fires)


_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W_]+(?:['׳״\"-][^\W_]+)*")
# a dot before a small letter, or after "St" or "etc", ends an abbreviation
_SENTENCE_END = re.compile(r"(?<![A-Z.])(?<!\b(?:St|Dr|Mr|Ms|vs|ex|Co|No))(?<!\b(?:etc|Mrs))[.!?][\"'”’)]*\s+(?![a-z])|;")
_CLAUSE_END = re.compile(r"[.,;:!?()]|\s[–—-]\s")
_SHORTEST_SENTENCE, _SHORTEST_CLAIM, _HEADING = 3, 3, 3
_REACH = 4


class _Rules:
    """What the words of one language tell.

    Attributes are sets of words and patterns; every one may be empty.
    """

    joining = re.compile(r"(?!)")
    """Where a second claim is tied to the first."""
    clause = re.compile(r"(?!)")
    """Words that begin another clause."""
    negative: frozenset[str] = frozenset()
    denying: frozenset[str] = frozenset()
    """Verbs and adjectives that say no themselves, counted after a negative word."""
    harmless = re.compile(r"(?!)")
    """Phrases with a negative word that negate nothing."""
    openings: frozenset[str] = frozenset()
    """First words of what is not meant as a statement."""
    greeting = 0
    """Words that such a text has at most."""
    telling: frozenset[str] = frozenset()
    """Words of which one makes a short text a claim; without such a list every text is taken for one."""
    they = re.compile(r"(?!)")
    heated: frozenset[str] = frozenset()

    def is_no_claim(self, words: list[str]) -> bool:
        """Say whether there is nothing to agree with."""
        if words[0] in self.openings:
            return len(words) <= self.greeting
        if not self.telling or any(word in self.telling for word in words):
            return False
        return len(words) < _SHORTEST_CLAIM or (len(words) <= _HEADING and not any(self.is_inflected(word) for word in words))

    def is_inflected(self, word: str) -> bool:
        """Say whether a word may be a verb by its form; without a better idea any may."""
        del word
        return True

    def has_several_ideas(self, text: str) -> bool:
        """Say whether it makes more than one claim."""
        sentences = [part for part in _SENTENCE_END.split(text) if len(part.split()) >= _SHORTEST_SENTENCE]
        return len(sentences) > 1 or self.joining.search(text) is not None

    def has_double_negative(self, text: str) -> bool:
        """Say whether two negations meet in one clause."""
        plain = self.harmless.sub(" ", text.casefold().replace("’", "'"))
        for part in _CLAUSE_END.split(plain):
            for clause in self.clause.split(part):
                words = _WORD.findall(clause)
                places = [place for place, word in enumerate(words) if self.negates(word)]
                if any(self._meets(words, place) for place in places):
                    return True
        return False

    def negates(self, word: str) -> bool:
        """Say whether a word is a negation."""
        return word in self.negative

    def _meets(self, words: list[str], place: int) -> bool:
        near = words[place + 1 : place + 1 + _REACH]
        return any(self.negates(word) or word in self.denying for word in near)

    def is_unclear(self, words: list[str]) -> bool:
        """Say whether it speaks of somebody it has not named."""
        return self.they.match(" ".join(words[:3])) is not None


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


class _English(_Rules):
    joining = re.compile(
        r"\band (?:also|i|we|you|he|she|it|they|there|should|must|shall|will|would|can|could|need|needs|ought)\b"
        r"|\b(?:in addition|additionally|furthermore|moreover),? ",
        re.IGNORECASE,
    )
    clause = re.compile(
        r"\b(?:and|or|but|because|if|unless|when|while|so|since|although|though|who|which|that|than|as|until|where|should|must)\b"
    )
    negative = _set("not no never nobody none nothing nowhere cannot")
    denying = _set(
        "impossible unnecessary unacceptable unlikely unfair unjust unreasonable unimportant uncommon unwilling unable "
        "incorrect illegal oppose opposed prohibit prohibited forbid forbidden ban banned prevent prevented disallow disallowed "
        "disagree reject rejected abolish abolished avoid avoided deny denied refuse refused without"
    )
    harmless = re.compile(
        r"\b(?:not (?:only|just|simply|merely|necessarily|least)|no (?:longer|matter|doubt|one else)|why not|whether or not)\b"
    )
    openings = _set("hi hello hey hola thanks thank test testing lol ok ditto")
    greeting = 5
    telling = _set(
        "is are was were be been am i'm it's that's isn't aren't has have had do does did don't doesn't didn't should shouldn't "
        "must mustn't shall will won't would wouldn't can can't cannot could couldn't may might need needs ought let let's want "
        "wants like likes love loves hate hates believe think feel support oppose agree deserve deserves make makes keep build "
        "stop give get bring allow ban legalize legalise raise lower reduce increase improve fix add create open close end "
        "protect respect listen vote work works matter matters"
    )
    they = re.compile(
        r"(?:they|they're|they've|them|these people|those people|such people|all of them|most of them)\b(?! (?:who|that|say|said)\b)"
    )
    heated = _set(
        "stupid stupidest idiot idiots idiotic moron morons scum vermin parasite parasites leeches retard retarded retards fuck "
        "fucking fucked shit bullshit asshole assholes bitch traitor traitors disgusting savages subhuman"
    )

    def negates(self, word: str) -> bool:
        return word in self.negative or word.endswith("n't")

    def is_inflected(self, word: str) -> bool:
        return word.endswith(("s", "ed"))


class _Hebrew(_Rules):
    joining = re.compile(
        r"(?:^|\s)(?:וגם|ובנוסף|נוסף על כך|בנוסף לכך|כמו כן|ויש|ואין"
        r"|וצריך|וצריכה|וצריכים|ויש צורך|וכדאי|וראוי|וחייב|וחייבת|וחייבים|וחובה|ואסור|ומותר"
        r"|ואני|ואנחנו|והוא|והיא|והם|והן|ואפשר|ואי אפשר)(?=\s)"
    )
    clause = re.compile(r"(?:^|\s)(?:אבל|אך|כי|אם|אלא|או|כאשר|למרות|מפני|משום|בגלל|כדי|עד|מאשר)(?=\s)")
    negative = _set("לא אין אינו אינה אינם אינן אינני איני איננו איננה בלתי אסור שלא ולא שאין ואין כשאין כשלא שאסור ואסור")
    denying = _set("בלי ללא לאסור אסורה אסורים לבטל למנוע לשלול להתנגד מתנגד מתנגדת מתנגדים נמנע להימנע מיותר מיותרת מיותרים נגד")
    harmless = re.compile(r"(?:לא|אין) (?:רק|סתם|בהכרח|פחות|משנה|ספק)(?=\s|$)|אם לא(?=\s|$)|(?:יותר|עוד) לא(?=\s|$)|בין אם לא")
    openings = _set("שלום היי הי תודה בדיקה ניסיון אוקיי סבבה")
    greeting = 2
    telling = _set(
        "צריך צריכה צריכים אסור מותר כדאי חייב חייבים חייבת חובה יש אין די אפשר ראוי טוב רע חשוב אני אנחנו הוא היא הם זה זו זאת לא"
    )
    they = re.compile(r"(?:הם|אותם|ההם|האנשים האלה|האנשים ההם|אנשים כאלה|כל אלה)(?= |$)(?! ש)")
    heated = _set(
        "טיפש טיפשים טיפשה אידיוט אידיוטים מטומטם מטומטמים מפגר מפגרים חלאה חלאות פרזיט פרזיטים טפיל טפילים בוגד בוגדים "
        "בוגדת מגעיל מגעילים חרא מניאק מניאקים פראים"
    )


_RULES: dict[str, _Rules] = {"en": _English(), "he": _Hebrew()}
_ANY = _Rules()
_BY_SCRIPT = {"LATIN": "en", "HEBREW": "he"}
