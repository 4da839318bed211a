"""The day as a grid: a column for each person or room, and everything in its place."""
