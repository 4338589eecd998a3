"""Finds the older encoding of a text by decoding it with each one and judging the result.

The bytes don't tell, but the letters do: a word has letters of one script, capitals come at its start, and each encoding
has letters that are common in its languages.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from itertools import pairwise

# Codec -> (name, letters that are common in its languages), likeliest first.
CODEPAGES = {
    "cp1252": ("Windows-1252 (Western Europe)", "äöüßÄÖÜéèêëàâçîïôûùœñáíóúãõåæøÉÀÇÑÅÆØÁÍÓÚìò"),
    "cp1251": ("Windows-1251 (Cyrillic)", "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў"),
    "cp1254": ("Windows-1254 (Turkish)", "çğıöşüÇĞİÖŞÜâî"),
    "cp1250": ("Windows-1250 (Central Europe)", "áčďéěíňóřšťúůýžąćęłńśźżőűöüăâîşţäßđČŠŽŘŁŚŻÁÉÍÓÖÚÜŐŰÝĆĐ"),
    "cp1253": ("Windows-1253 (Greek)", "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰΆΈΉΊΌΎΏ"),
    "iso8859_7": ("ISO-8859-7 (Greek)", "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰΆΈΉΊΌΎΏ"),
    "cp1257": ("Windows-1257 (Baltic)", "ąčęėįšųūžāēģīķļņõäöüĄČĘĖĮŠŲŪŽĀĒĢĪĶĻŅÕÄÖÜ"),
    "cp1255": ("Windows-1255 (Hebrew)", "אבגדהוזחטיךכלםמןנסעףפץצקרשת"),
    "cp1256": ("Windows-1256 (Arabic)", "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئ،؟پچژگ"),
    "gb18030": ("GB 18030 (Chinese)", ""),
    "cp932": ("Shift-JIS (Japanese)", ""),
    "big5": ("Big5 (Chinese)", ""),
    "cp949": ("Windows-949 (Korean)", ""),
    "euc_jp": ("EUC-JP (Japanese)", ""),
    "koi8_r": ("KOI8-R (Cyrillic)", "абвгдежзийклмнопрстуфхцчшщъыьэюяё"),
    "iso8859_2": ("ISO-8859-2 (Central Europe)", "áčďéěíňóřšťúůýžąćęłńśźżőűöüăâîşţäßđČŠŽŘŁŚŻÁÉÍÓÖÚÜŐŰÝĆĐ"),
    "mac_roman": ("Mac Roman", "äöüßÄÖÜéèêëàâçîïôûùñáíóú"),
    "cp850": ("DOS 850 (Western Europe)", "äöüßÄÖÜéèêëàâçîïôûùñáíóú"),
    "cp866": ("DOS 866 (Cyrillic)", "абвгдежзийклмнопрстуфхцчшщъыьэюяё"),
}
# First bytes of common characters in two-byte encodings.
COMMON_LEADS = {
    "gb18030": range(0xB0, 0xD8),
    "cp932": (*range(0x82, 0x84), *range(0x88, 0x98)),
    "big5": range(0xA4, 0xC7),
    "cp949": range(0xB0, 0xC9),
    "euc_jp": (*range(0xA4, 0xA6), *range(0xB0, 0xD0)),
}
# The oddity of a common character: with more common characters, finding only those means less.
CROWDED = {"gb18030": 0.1, "cp932": 0.1, "big5": 0.12, "cp949": 0.0, "euc_jp": 0.2}
# Encodings that hardly any machine writes today.
OLD = frozenset({"mac_roman", "cp850", "cp866"})
# Signs that occur in texts of every language.
PUNCTUATION = frozenset("“”‘’„‚«»‹›–—…•·°§€£©®™№¿¡´×½±\xa0、。，！？（）：；「」『』【】・ー～％")
VOWELS = {
    "CYRILLIC": frozenset("аеёиоуыэюяіїє"),
    "GREEK": frozenset("αεηιουωάέήίόύώϊϋΐΰ"),
}
ACCENTED = frozenset("άέήίόύώΐΰ")
RARE = frozenset("щъэёфцюΰ")
ONLY_LAST = frozenset("ςךםןףץ")
WORD = re.compile(r"[^\W\d_]+")
FOREIGN = re.compile(r"[^\W\d_\x00-\x7f]{3,}")
INSIDE = re.compile(r"[^\W\d_][“”„«»‹›…•·°§€£©®™№¿¡×½±][^\W\d_]")
SHOWN = 6


def ranked(sample: list[bytes]) -> list[tuple[str, str]]:
    """(codec, a line of the sample decoded with it) for the likeliest codecs, best first."""
    found: dict[str, tuple[float, str, str]] = {}
    for place, codec in enumerate(CODEPAGES):
        try:
            texts = [codecs.getincrementaldecoder(codec)().decode(line) for line in sample]
        except UnicodeDecodeError:
            continue
        whole = "\n".join(texts)
        candidate = (_oddity(whole, codec) + place / 100, codec, _shown(texts))
        found[whole] = min(candidate, found.get(whole, candidate))
    return [(codec, text) for _, codec, text in sorted(found.values())[:SHOWN]]


def _shown(texts: list[str]) -> str:
    """An excerpt around the first letter that is not ASCII, from the line with most of them."""
    text = max(texts[:50], key=lambda text: sum(1 for letter in text[:80] if letter.isalpha() and not letter.isascii()))
    first = next((place for place, letter in enumerate(text) if not letter.isascii()), 0)
    return " ".join(text[max(0, first - 20) : first + 60].split())


def _oddity(text: str, codec: str) -> float:
    """How unlike the codec's languages the text looks: 0 is normal, about 1 for each letter is nonsense."""
    letters = CODEPAGES[codec][1]
    common = frozenset(letters + letters.upper() + letters.lower())
    odd = 0.5 if codec in OLD else 0.0
    for letter, count in _counted(text).items():
        if letter not in PUNCTUATION:
            odd += count * (_strangeness(letter, common) if letters else _rarity(letter, codec))
    odd += 2 * len(INSIDE.findall(text))
    for word in WORD.findall(text):
        if not word.isascii():
            odd += _clashes(word)
    return odd


def _counted(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for letter in text:
        if not letter.isascii():
            counts[letter] = counts.get(letter, 0) + 1
    return counts


def _rarity(letter: str, codec: str) -> float:
    if "\uff61" <= letter <= "\uff9f" or unicodedata.category(letter) in ("Co", "Cn", "Cc"):
        return 2
    if "\u3041" <= letter <= "\u30ff":
        return 0 if codec in ("cp932", "euc_jp") else 0.5
    return CROWDED[codec] if letter.encode(codec)[0] in COMMON_LEADS[codec] else 1


def _strangeness(letter: str, common: frozenset[str]) -> float:
    if letter in common:
        return 0.25 if letter in RARE else 0
    match unicodedata.category(letter)[0]:
        case "C":
            return 5
        case "L":
            return 1
        case _:
            return 2


def _clashes(word: str) -> float:
    """The oddity of a word: letters of several scripts, capitals after lower case, and combinations no language has."""
    scripts = {_script(letter) for letter in word}
    odd: float = 2 * (len(scripts) - 1)
    odd += sum(1 for before, letter in pairwise(word) if before.islower() and letter.isupper())
    odd += sum(1 for letter in word[:-1] if letter in ONLY_LAST)
    if "LATIN" in scripts:
        odd += sum(0.7 * (len(run) - 2) for run in FOREIGN.findall(word))
    for script, vowels in VOWELS.items():
        if script in scripts and len(word) > 3 and not vowels & set(word.lower()):
            odd += 1.5
    if "GREEK" in scripts and len(word) > 2 and not word.isupper() and not ACCENTED & set(word.lower()):
        odd += 0.3
    return odd


def _script(letter: str) -> str:
    if letter.isascii():
        return "LATIN"
    name = unicodedata.name(letter, "?").split(" ")[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC") else name
