"""What a bug bankruptcy keeps back: defects of high severity, and those about security, data loss or money.

Plain Python, so that the rule can be read and tested without a database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

SEVERITY, SECURITY, DATA_LOSS, MONEY = "severity", "security", "data_loss", "money"

# Each word also matches longer ones that begin with it: "corrupt" finds "corrupted".
WORDS: Mapping[str, tuple[str, ...]] = {
    SECURITY: (
        *("security", "vulnerab", "exploit", "injection", "XSS", "CSRF", "SSRF", "CVE", "password", "credential"),
        *("secret", "unauthori", "permission", "privilege", "encrypt", "certificate", "personal data", "GDPR"),
    ),
    DATA_LOSS: (
        *("data loss", "lost data", "loses", "lost", "corrupt", "overwrit", "wiped", "truncat", "backup", "restore"),
    ),
    MONEY: (
        *("money", "payment", "paid", "invoice", "refund", "charge", "billing", "price", "tax", "currency"),
        *("checkout", "discount", "payout", "voucher"),
    ),
}


class Finding(NamedTuple):
    """Why a defect is kept back: the kind, the word that says so, and the field with it."""

    kind: str
    word: str
    field: str


class Scan:
    """`rank`: keeps back severities up to this one, 1 is the worst. `words`: by kind, as people enter them."""

    def __init__(self, rank: int, words: Mapping[str, Iterable[str]]):
        self.rank = rank
        self.patterns = [(kind, pattern) for kind, each in words.items() if (pattern := _pattern(each))]

    def finding(self, rank: int, texts: Mapping[str, str], *, impact: str = "") -> Finding | None:
        """Why to keep the defect back, or None. `texts`: its texts by field; `impact`: its effect on customers."""
        if rank <= self.rank:
            return Finding(SEVERITY, "", "")
        if impact == DATA_LOSS:
            return Finding(DATA_LOSS, "", "customer_impact")
        for kind, pattern in self.patterns:
            for field, text in texts.items():
                if found := pattern.search(text):
                    return Finding(kind, found[0][:40], field)
        return None


def _pattern(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of the words where one begins, with the rest of the longer word."""
    each = [r"\s+".join(map(re.escape, word.split())) for word in words if word.split()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(each, key=len, reverse=True))})\w*", re.IGNORECASE) if each else None
