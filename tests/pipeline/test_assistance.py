"""Labels and trailers that say whether AI assisted a change."""

import pytest

from pipeline.assistance import assisted


@pytest.mark.parametrize(
    ("labels", "message", "expected"),
    [
        ([], "", None),
        (["bug"], "Fix the total", None),
        ([" AI-Assisted "], "", True),
        (["no-ai"], "AI-assisted: yes", False),
        ([], "Fix\n\nAI-assisted: yes", True),
        ([], "Fix\n\nassisted-by: a model", True),
        ([], "Fix\n\nAI-assisted: no", False),
        ([], "Fix\n\nAI-assisted: yes\nAI-assisted: none", False),
        ([], "We talk about ai-assisted: in the middle of a line? No:\n  AI-assisted: yes", None),
        ([], "AI-assisted:   ", None),
    ],
)
def test_what_labels_and_trailers_say(labels, message, expected):
    assert assisted(labels, message) is expected
