"""Legal syllables of Vietnamese: an initial, a rhyme and a tone that go together.

Written to be narrow: rare rhymes and the syllables of other peoples' names are not here. What is
legal here is Vietnamese beyond doubt; what is not may still be.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_OPEN: Final = (
    *("a", "ai", "ao", "au", "ay", "âu", "ây", "e", "eo", "ê", "êu", "i", "ia", "iu", "iêu"),
    *("o", "oi", "ô", "ôi", "ơ", "ơi", "u", "ua", "ui", "uôi", "ư", "ưa", "ưi", "ưu", "ươi"),
    *("ươu", "y", "yêu", "oa", "oai", "oay", "oe", "oeo", "uê", "uy", "uơ", "uây", "uya", "uyu"),
)
_NASAL: Final = (
    *("am", "an", "ang", "anh", "ăm", "ăn", "ăng", "âm", "ân", "âng", "em", "en", "eng"),
    *("êm", "ên", "ênh", "im", "in", "inh", "iêm", "iên", "iêng", "om", "on", "ong"),
    *("ôm", "ôn", "ông", "ơm", "ơn", "um", "un", "ung", "uôm", "uôn", "uông", "ưng"),
    *("ươm", "ươn", "ương", "yêm", "yên", "yêng"),
    *("oan", "oang", "oanh", "oăn", "oăng", "uân", "uyên", "uynh", "uênh"),
)
_STOPPED: Final = (
    *("ac", "ach", "ap", "at", "ăc", "ăp", "ăt", "âc", "âp", "ât", "ec", "ep", "et"),
    *("êch", "êp", "êt", "ich", "ip", "it", "iêc", "iêp", "iêt", "oc", "op", "ot"),
    *("ôc", "ôp", "ôt", "ơp", "ơt", "uc", "up", "ut", "uôc", "uôt", "ưc", "ưt"),
    *("ươc", "ươp", "ươt", "oac", "oach", "oat", "oăc", "oăt", "uât", "uyêt", "uych", "uyt"),
)
_RHYMES: Final = frozenset((*_OPEN, *_NASAL, *_STOPPED))
_STOPS: Final = frozenset(_STOPPED)
_INITIALS: Final = (
    *("ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "th", "tr", "qu"),
    *("b", "c", "d", "đ", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x", ""),
)
_FRONT: Final = frozenset("eêiy")
_LIPS: Final = frozenset(("b", "m", "p", "ph", "v"))
_GLIDES: Final = ("oa", "oă", "oe", "uâ", "uê", "uy", "uơ")
_LONE_Y: Final = frozenset(("", "d", "h", "k", "l", "m", "n", "s", "t", "th", "v"))
_AFTER_QU: Final = frozenset(
    rhyme
    for rhyme in _RHYMES
    if rhyme[0] in "aăâeêiy" and not rhyme.startswith(("ia", "iê", "iu", "au", "âu"))
) | {"ôc", "ơ", "yên", "yêt", "ynh", "yt", "yêm"}
_OF_GI: Final = frozenset(("gi", "gin", "giêng", "giêt", "giêc"))
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_STOPPED_TONES: Final = frozenset("\u0301\u0323")
_TONE: Final = re.compile(f"[{_TONES}]")
_WORD: Final = re.compile(r"[^\s.,;:()/+&\-]+")


def is_legal_text(text: str) -> bool:
    """Whether words are there and each is a legal syllable in a legal case, or digits."""
    words = _WORD.findall(text)
    return bool(words) and all(is_digits(word) or is_legal_word(word) for word in words)


def is_digits(word: str) -> bool:
    """Whether a word is a number in ASCII digits."""
    return word.isascii() and word.isdigit()


@lru_cache(maxsize=20_000)
def is_legal_word(word: str) -> bool:
    """Whether a word is one legal syllable, in small letters, capitals, or one capital first."""
    word = unicodedata.normalize("NFC", word)
    return (word.islower() or word.isupper() or word.istitle()) and _is_syllable(word.lower())


def _is_syllable(word: str) -> bool:
    apart = unicodedata.normalize("NFD", word)
    tones = _TONE.findall(apart)
    bare = unicodedata.normalize("NFC", _TONE.sub("", apart))
    if len(tones) > 1 or not any(
        _is_made_of(initial, bare[len(initial) :])
        for initial in _INITIALS
        if bare.startswith(initial)
    ):
        return bare in _OF_GI and len(tones) < 2
    stopped = bare.endswith(("c", "ch", "p", "t"))
    if stopped and not (tones and tones[0] in _STOPPED_TONES):
        return False
    return not tones or _is_in_place(bare, _place_of_tone(apart))


def _is_made_of(initial: str, rhyme: str) -> bool:
    if rhyme not in _RHYMES and initial != "qu":
        return False
    if initial == "qu":
        return rhyme in _AFTER_QU
    if initial == "gi":
        return rhyme[0] not in "iy"
    if initial in ("k", "gh", "ngh"):
        return rhyme[0] in _FRONT and (rhyme[0] != "y" or rhyme == "y")
    if initial in ("c", "g", "ng") and rhyme[0] in _FRONT:
        return False
    if rhyme[0] == "y":
        return initial in _LONE_Y if rhyme == "y" else initial == ""
    if rhyme.startswith("iê"):
        return initial != ""
    glides = rhyme.startswith(_GLIDES)
    return not (glides and (initial in _LIPS or initial in ("c", "g")))


def _place_of_tone(apart: str) -> int:
    """Which letter bears the tone, counted without marks."""
    before = apart[: next(place for place, letter in enumerate(apart) if letter in _TONES)]
    return sum(not unicodedata.combining(letter) for letter in before) - 1


def _is_in_place(bare: str, place: int) -> bool:
    """Whether the tone stands on the vowel that bears it; "oà" and "òa" are both right."""
    skipped = 2 if bare.startswith("qu") or (bare.startswith("gi") and len(bare) > 2) else 0
    if skipped and bare in _OF_GI:
        skipped = 1
    vowels = [at for at, letter in enumerate(bare) if at >= skipped and letter in "aăâeêioôơuưy"]
    if not vowels:
        return False
    group = "".join(bare[at] for at in vowels)
    marked = [at for at in vowels if bare[at] in "ăâêôơ" or (bare[at] == "ư" and "ơ" not in group)]
    if marked:
        return place == marked[-1]
    if group in ("oa", "oe", "uy"):
        return place in vowels
    if group in ("oai", "oay", "oeo", "uya", "uyu"):
        return place == vowels[1]
    return place == vowels[0]
