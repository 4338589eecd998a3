"""What the people of the demo's organisation have learnt so far, and what they still have to."""
