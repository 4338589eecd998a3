"""Training over the API: scenarios with one's own attempts, and progress."""
