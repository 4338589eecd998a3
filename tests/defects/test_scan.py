"""What a bug bankruptcy keeps back, as a table of cases."""

import pytest

from defects.scan import WORDS, Scan


@pytest.mark.parametrize(
    ("rank", "texts", "finding"),
    [
        (2, {"title": "Colour is wrong"}, ("severity", "", "")),
        (3, {"title": "Colour is wrong"}, None),
        (3, {"title": "XSS in the name"}, ("security", "XSS", "title")),
        (3, {"title": "xss in the name"}, ("security", "xss", "title")),
        (3, {"title": "Vulnerabilities in a library"}, ("security", "Vulnerabilities", "title")),
        (3, {"title": "Slow", "steps": "Upload, then the file is corrupted."}, ("data_loss", "corrupted", "steps")),
        (3, {"title": "Refunded twice"}, ("money", "Refunded", "title")),
        (3, {"title": "Data   loss after a restart"}, ("data_loss", "Data   loss", "title")),
        (3, {"title": "Prepaid cards"}, None),  # "paid" begins no word here
        (3, {"title": "Discover the map"}, None),
        (3, {"title": "Password in the invoice"}, ("security", "Password", "title")),  # the first kind wins
        (3, {"title": ""}, None),
    ],
)
def test_the_first_reason_is_named(rank, texts, finding):
    assert Scan(2, WORDS).finding(rank, texts) == finding


def test_data_loss_at_customers_needs_no_word():
    found = Scan(2, {}).finding(3, {"title": "Wrong colour"}, impact="data_loss")
    assert found == ("data_loss", "", "customer_impact")
    assert Scan(2, {}).finding(3, {"title": "Wrong colour"}, impact="cosmetic") is None


@pytest.mark.parametrize("words", [{}, {"money": []}, {"money": ["", "  "]}])
def test_without_words_only_the_severity_counts(words):
    assert Scan(0, words).finding(1, {"title": "Refund XSS"}) is None


@pytest.mark.parametrize("word", ["(", "a+b", "[x]", "€", "c#", "\\d"])
def test_words_are_no_patterns(word):
    assert Scan(0, {"money": [word]}).finding(3, {"title": f"About {word} here"}) == ("money", word, "title")
    assert Scan(0, {"money": [word]}).finding(3, {"title": "About 7 aab here"}) is None
