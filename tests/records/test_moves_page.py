"""docs/moves.md is printed from the tables of moves."""

from pathlib import Path

from django.conf import settings

from records.management.commands.print_moves import moves_page


def test_the_page_is_up_to_date():
    assert (Path(settings.BASE_DIR) / "docs" / "moves.md").read_text() == moves_page()
