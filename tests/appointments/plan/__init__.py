"""The day as a grid, before it is drawn."""
