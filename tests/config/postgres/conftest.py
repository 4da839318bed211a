"""Clusters that are stopped and thrown away at the end."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.postgres.cluster import Cluster
from tests.config.postgres.clusters import new_place


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for the test; the servers of clusters in it are stopped at the end."""
    place = new_place()
    yield place
    for version in place.rglob("data/PG_VERSION"):
        Cluster(version.parents[1]).stop()
    shutil.rmtree(place)


@pytest.fixture(scope="package")
def used() -> Iterator[Cluster]:
    """A cluster that ran before. The tests share it, since making one takes a second."""
    place = new_place()
    cluster = Cluster(place / "postgres")
    cluster.ensure("stilldesk", "stilldesk")
    yield cluster
    cluster.stop()
    shutil.rmtree(place)


@pytest.fixture
def cluster(used: Cluster) -> Iterator[Cluster]:
    """A cluster that doesn't run."""
    used.stop()
    yield Cluster(used.folder)
    used.stop()


@pytest.fixture
def another(place: Path, cluster: Cluster) -> Cluster:
    """One more that doesn't run."""
    subprocess.run(["cp", "-a", cluster.folder, place], check=True)
    return Cluster(place / "postgres")
