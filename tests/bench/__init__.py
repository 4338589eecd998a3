"""`make bench`: the speed of the portal as ratios to the fastest thing that could be served in its place."""
