"""One file per noun; each parses and prints, and decides nothing."""
