"""Figures measured in one run, as ratios where machines differ. Not in the wheel."""
