#!/usr/bin/env python
"""Django's commands for the sandbox: ``python sandbox/manage.py check``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parent.parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sandbox.settings")
    execute_from_command_line(sys.argv)
