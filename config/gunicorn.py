"""How gunicorn serves the site: `gunicorn --config config/gunicorn.py config.wsgi`."""

import gc
from typing import Any

from config.environment import Environment

_env = Environment()

bind = f"127.0.0.1:{_env.integer('PORT', default=8000, least=1, most=65535)}"
workers = _env.integer("WEB_WORKERS", default=2, least=1, most=64)
# One thread each: views are mostly Python, and more threads make them take turns (measured:
# 1.2 to 1.7 times slower with four). `gthread` for its connections that are kept open.
worker_class = "gthread"
threads = _env.integer("WEB_THREADS", default=1, least=1, most=64)
# Imports are done once and their memory is shared. No connection is open before the fork.
preload_app = True
timeout = 30
graceful_timeout = 10
keepalive = 5
loglevel = "warning"
control_socket_disable = True


def pre_fork(server: Any, worker: Any) -> None:
    """What is loaded by now stays for good: the collector of cycles need not look at it again.

    A page of hundreds of appointments makes so many objects that it looked a dozen times.
    """
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    gc.set_threshold(20_000, 10, 10)
