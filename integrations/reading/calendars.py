"""Words in dates, in all languages of the CLDR: months, weekdays, AM and PM.

They are loaded when a date first has a word that is not English, which takes a third of a second and 8 MB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Stands for a month name that means different months in different languages.
UNCLEAR = "unclear"
MOST_WORDS = 10
# If a word names different months, its meaning in these languages counts. If these differ too, it is UNCLEAR.
MAIN = (
    *(
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "sv",
        "da",
        "nb",
        "fi",
        "pl",
        "cs",
        "sk",
        "hu",
        "ro",
        "ru",
        "uk",
        "bg",
        "el",
        "tr",
    ),
    *("sl", "hr", "sr", "lt", "lv", "et", "ja", "zh", "ko", "ar", "he", "fa", "hi", "th", "vi", "id", "ca"),
)
# Words without meaning between the parts of a date: of, the, year, day, at, o'clock, and the endings of ordinals.
FILLERS = frozenset(
    (
        *("de", "del", "of", "the", "den", "der", "do", "di", "da", "le", "el", "los", "las", "la", "d", "l", "y", "h"),
        *(
            "a",
            "à",
            "as",
            "às",
            "at",
            "um",
            "uhr",
            "kl",
            "klo",
            "o",
            "ob",
            "ore",
            "в",
            "г",
            "года",
            "год",
            "р",
            "року",
            "рік",
            "ч",
        ),
        *("st", "nd", "rd", "th", "er", "º", "ª", "e"),
    )
)
MARKS = {
    "年": "-",
    "月": "-",
    "년": "-",
    "월": "-",
    "日": " ",
    "일": " ",
    "号": " ",
    "t": "T",
    "z": "Z",
    "utc": "UTC",
    "gmt": "GMT",
}
WORD = re.compile(r"[^\W\d_][^\d\s,/:;()+\-]*")
AROUND_MARK = re.compile(r"\b([ap])\.?\s?m\b\.?|\b([πμ])\.\s?μ\.?", re.IGNORECASE)
MARK_FIRST = re.compile(r"\b(AM|PM)\s*(\d{1,2}:\d{2}(?::\d{2})?)")
HOUR = re.compile(r"(?<= )(\d{1,2}) ?h ?(\d{2})(?=\s|$)")


class NoDate(ValueError):
    """The text has a word that no date has."""


def in_english(text: str) -> str:
    """Translates the words of a date to English: "15 мая 2024 г." becomes "15 May 2024". Raises `NoDate`."""
    text = AROUND_MARK.sub(
        lambda found: {"a": " AM", "p": " PM", "π": " AM", "μ": " PM"}[(found[1] or found[2]).lower()], text
    )
    text = HOUR.sub(r"\1:\2", text.partition(" (")[0])
    keys = [_key(word) for word in WORD.findall(text)]
    if len(keys) > MOST_WORDS:
        raise NoDate(text)
    months, days, _ = words()
    named = [key for key in keys if key in months and key not in FILLERS]
    # "mar." means Tuesday if another month follows.
    passed = named[0] if len(named) > 1 and named[0] in days else ""

    def english(found: re.Match[str]) -> str:
        nonlocal passed
        key = _key(found[0])
        if passed and key == passed:
            passed = ""
            return " "
        return _word(key, found[0])

    text = " ".join(WORD.sub(english, text).replace(",", " ").split())
    text = re.sub(r"(?<=\d)-\s+(?=\d)", "-", re.sub(r"(?<=\d)\.(?=\s|$)", "", text)).strip(" .-")
    return MARK_FIRST.sub(r"\2 \1", text)


def month_in_english(name: str) -> str:
    """The English month in lower case; empty if the name is no month."""
    return words()[0].get(_key(name), "").casefold()


def _word(key: str, text: str) -> str:
    months, days, halves = words()
    if key in ("am", "pm"):
        return f" {key.upper()} "
    if key in MARKS:
        return MARKS[key]
    if key in FILLERS:
        return " "
    if key in months:
        return f" {months[key]} "
    if key in days:
        return " "
    if key in halves:
        return f" {halves[key]} "
    raise NoDate(text)


def _key(word: str) -> str:
    word = word.casefold().replace(".", "").replace("\u0307", "").strip("'’")
    return word[2:] if word[:2] in ("d'", "d’") else word


@cache
def words() -> tuple[dict[str, str], frozenset[str], dict[str, str]]:
    """(name -> English month, names of weekdays, name -> AM or PM)."""
    months: dict[str, str] = {}
    unclear: set[str] = set()
    days: set[str] = set()
    halves: dict[str, str] = {}
    for place, (_, data) in enumerate(_locales()):
        for number, name in _names(data, "months"):
            if len(name) < 3 and name.isascii():
                continue
            english = ENGLISH[number - 1]
            if place < len(MAIN) and months.get(name, english) != english:
                unclear.add(name)
            months.setdefault(name, english)
        days.update(part for _, name in _names(data, "days") for part in re.split("[ -]", name))
        for half in ("am", "pm"):
            for widths in data.get("day_periods", {}).values():
                for names in widths.values():
                    if isinstance(names, dict) and half in names and (name := _key(str(names[half]))) not in FILLERS:
                        halves.setdefault(name, half.upper())
    months |= dict.fromkeys(unclear, UNCLEAR)
    return months, frozenset(days), halves


def _locales() -> Iterator[tuple[str, Any]]:
    from babel import localedata

    names = [name for name in localedata.locale_identifiers() if "_" not in name]
    for name in (*MAIN, *sorted(set(names) - set(MAIN))):
        yield name, localedata.load(name, merge_inherited=False)
        getattr(localedata, "_cache", {}).pop(name, None)  # free the memory, it is not needed again


def _names(data: Any, what: str) -> Iterator[tuple[int, str]]:
    for widths in data.get(what, {}).values():
        for width in ("wide", "abbreviated", "short"):
            names = widths.get(width, {})
            if isinstance(names, dict):
                yield from ((number, _key(str(name))) for number, name in names.items())
