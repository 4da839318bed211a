"""Forms of the practice: what the admin and the desk's set-up ask for and refuse alike."""
