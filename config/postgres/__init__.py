"""The database engine: a server of yours, or an embedded one that starts with the first query."""
