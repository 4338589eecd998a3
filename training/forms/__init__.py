"""The forms of training, each module beside the views of the same name."""
