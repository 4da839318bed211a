"""Django's PostgreSQL engine; an entry that names an `EMBEDDED` folder brings its own server."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql import base, features
from django.db.utils import OperationalError

from config.postgres.cluster import PORT, Cluster
from config.postgres.keeper import ClusterError

USER = "stilldesk"


@cache
def cluster(folder: str, account: str) -> Cluster:
    """One object a folder, so that all threads of the process watch the same server."""
    return Cluster(folder, account)


def embedded(entry: Mapping[str, Any]) -> Cluster | None:
    """The cluster that a DATABASES entry names, or None for a server of somebody else's."""
    folder = entry.get("EMBEDDED")
    return cluster(str(folder), entry.get("EMBEDDED_ACCOUNT", "")) if folder else None


class DatabaseFeatures(features.DatabaseFeatures):
    minimum_database_version = (15,)
    # Our primary keys are (business_id, id) in the database, so grouping by id alone isn't valid
    # SQL there.
    allows_group_by_selected_pks = False


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    _connection_pools: dict[str, Any]

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        if found := embedded(settings_dict):
            settings_dict.update(HOST=str(found.folder), PORT=PORT)
            settings_dict["USER"] = settings_dict["USER"] or USER
        super().__init__(settings_dict, alias)
        self._cluster = found

    def get_connection_params(self) -> dict[str, Any]:
        """Django's parameters; those of the embedded server, once it runs and has the database.

        Every new connection asks: the server may have been killed, or have ended while nobody was
        connected. While it lives, asking costs one system call.
        """
        params: dict[str, Any] = super().get_connection_params()
        if self._serve() and (stale := self._connection_pools.pop(self.alias, None)):
            stale.close()  # its connections ended with their server, and it would try again late
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            # The server may have ended between the look and the connection.
            if not self._serve(doubted=True):
                raise
            return super().get_new_connection(conn_params)

    def _serve(self, *, doubted: bool = False) -> bool:
        """Has the embedded server running; true if it isn't the one that ran before."""
        if self._cluster is None:
            return False
        user, name = self.settings_dict["USER"], self.settings_dict["NAME"]
        try:
            return self._cluster.ensure(user, name, doubted=doubted)
        except ClusterError as error:
            raise OperationalError(str(error)) from None
