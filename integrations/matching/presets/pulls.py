"""Reads reviews, sizes and AI assistance of pull requests, for GitHub, GitLab and Azure DevOps."""

from __future__ import annotations

from integrations.matching.nested import names, objects
from integrations.matching.nested import said as text_of
from integrations.matching.preset import Said
from pipeline.assistance import assisted


def count_lines(said: Said) -> None:
    """Changed lines are those added and those removed."""
    counts = [said.pop(name, "") for name in ("additions", "deletions")]
    if any(text.isdigit() for text in counts):
        said.setdefault("lines", str(sum(int(text) for text in counts if text.isdigit())))


def read_reviews(said: Said) -> None:
    """The number of reviewers and the time of the first review. What authors say on their own changes doesn't count."""
    author, text = said.pop("author", ""), said.pop("reviews", "")
    if not text:
        return
    reviews = [(login(each.get("author") or each.get("user")), each) for each in objects(text)]
    others = [(who, each) for who, each in reviews if who and who != author]
    said.setdefault("reviewers", str(len({who for who, _ in others})))
    times = [moment for _, each in others if (moment := text_of(each.get("submittedAt") or each.get("submitted_at")))]
    if times:
        said.setdefault("first_review_at", min(times))


def read_commits(said: Said) -> str:
    """The time of the first commit. Returns the messages."""
    commits = objects(said.pop("commits", ""))
    if times := [moment for each in commits if (moment := text_of(each.get("authoredDate")))]:
        said.setdefault("committed_at", min(times))
    return "\n".join(text_of(each.get("messageBody")) for each in commits)


def read_assistance(said: Said, *messages: str) -> None:
    """Whether a label or a trailer says that AI assisted."""
    found = assisted(names(said.pop("labels", "")), "\n".join([said.pop("body", ""), *messages]))
    if found is not None:
        said.setdefault("ai_assisted", "yes" if found else "no")


def login(person: object) -> str:
    return text_of(person.get("login")) if isinstance(person, dict) else ""
