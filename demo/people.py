"""The people in the demo. Plain data, so that the launcher can print the accounts without loading Django."""

from typing import NamedTuple


class Account(NamedTuple):
    """A person who can sign in. Without a role it is the organisation's admin. `does` is printed on the terminal."""

    email: str
    name: str
    does: str
    role: str = ""
    teams: tuple[str, ...] = ()


ACCOUNTS = (
    Account("admin@demo.example", "Ada Okafor", "the organisation's admin"),
    Account(
        "manager@demo.example", "Marek Dvorak", "manages teams", "manager", ("Checkout", "Payments", "Search", "Identity")
    ),
    Account("engineer@demo.example", "Elena Ruiz", "works in a team", "engineer", ("Checkout", "Payments")),
    Account("newhire@demo.example", "Nils Bergman", "is in training", "trainee", ("Checkout",)),
)
# Team members who cannot sign in.
COLLEAGUES = (
    "Amara Nwosu", "Anders Holm", "Ayesha Rahman", "Bruno Teixeira", "Chiara Lombardi", "Daniel Weiss",
    "Elif Yildiz", "Farid Haddad", "Grace Mensah", "Hanna Kowalska", "Ines Moreau", "Jonas Becker", "Kavya Iyer",
    "Liam O'Connor", "Mei Tanaka", "Noah Lindqvist", "Olga Petrenko", "Pedro Alvarez", "Ruth Cohen",
    "Samuel Adeyemi", "Tomas Novak", "Yara Costa",
)  # fmt: skip
