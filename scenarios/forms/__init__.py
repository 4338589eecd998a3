"""The forms of scenarios: a decision, and what authors write."""
