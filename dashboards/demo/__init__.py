"""An organisation that never was: its teams, their words and two years of their records."""
