"""The forms of training. Each module belongs to the views of the same name."""
