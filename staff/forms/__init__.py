"""Forms at the door, and of people and their hours."""
