"""Threads for blocking handlers, apart from everybody else's."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

THREAD_PREFIX = "chanx-handler"

pool = ThreadPoolExecutor(max_workers=min(32, (os.cpu_count() or 1) + 4), thread_name_prefix=THREAD_PREFIX)
