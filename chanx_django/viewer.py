"""The official viewer of AsyncAPI, as another page of the document: which files it needs, and where they are."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.templatetags.static import static

VERSION = "3.2.1"
PACKAGE = "@asyncapi/react-component"
CDN = f"https://unpkg.com/{PACKAGE}@{VERSION}/"
SCRIPT, STYLE = "browser/standalone/index.js", "styles/default.min.css"
HASHES: Mapping[str, str] = {
    SCRIPT: "sha384-wy5bSOazlkSKMGH7XMW6+pK8ho8+rCPr7mTqKdAb/dvfwXAPWCFivgr3C7wJMFAh",
    STYLE: "sha384-oo9RoQcacP++XdMX6CjTucTvASEORHX3chFik0/V2kHcsHiVboGyWZztGeq/0bum",
}
"""The files of the package that are used, with their hashes as browsers check them."""
FOLDER = "chanx/viewer"
"""Where they are among the static files, if they are there."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the viewer."""

    url: str
    integrity: str = ""


def static_name(file: str) -> str:
    """Name a file of the package among the static files; the version in it lets browsers keep it."""
    return f"{FOLDER}/{VERSION}/{file.rpartition('/')[2]}"


def asset(file: str) -> Asset:
    """Find a file: among the static files, else at the CDN, where the browser checks its hash."""
    name = static_name(file)
    return Asset(static(name)) if finders.find(name) else Asset(CDN + file, HASHES[file])


def fits(file: str, content: bytes) -> bool:
    """Say whether a file of the package is the one that is known here."""
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    return HASHES[file] == f"sha384-{digest}"


def frame_policy(*urls: str) -> str:
    """
    Write the policy of the frame that shows the viewer: it may load these URLs, and nothing else.

    The viewer compiles schemas with ``eval``. The sandbox takes the frame out of the site's origin: what runs there
    reaches neither cookies nor pages nor the network.
    """
    origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, urls) if parts.netloc}
    sources = " ".join(["'self'", *sorted(origins)])
    return (
        f"default-src 'none'; script-src {sources} 'unsafe-eval'; style-src {sources}; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
    )
