"""The ground floor: what a thing is and where it is kept."""
