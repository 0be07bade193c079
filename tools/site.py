"""MkDocs' hooks: files of the repository outside ``docs/`` that a page links to are part of the site.

The same links lead somewhere in a browser of the repository and on the site: ``../bench/results.md`` in a page of
``docs/`` is the page ``bench/results.md`` there, ``../deploy/Dockerfile`` a file beside the pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
DOCS = "docs"
# the target of a link or of an image, up to its anchor
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add what pages link to outside ``docs/``, and what those pages link to."""
    pages = {file.src_uri: (ROOT / DOCS / file.src_uri) for file in files.documentation_pages()}
    pages |= {one: ROOT / one for one in _named_in(config["nav"]) if one not in pages and (ROOT / one).is_file()}
    waiting = list(pages)
    while waiting:
        uri = waiting.pop()
        for place in _targets(_place(uri), pages[uri].read_text(encoding="utf-8")):
            other = _uri(place)
            if other not in pages and place.suffix == ".md" and (ROOT / place).is_file():
                pages[other] = ROOT / place
                waiting.append(other)
            if files.get_file_from_path(other) is None and (ROOT / place).is_file():
                files.append(File.generated(config, other, abs_src_path=str(ROOT / place)))
    for uri, path in pages.items():
        if files.get_file_from_path(uri) is None:
            files.append(File.generated(config, uri, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn the links of a page in the repository into links of the site."""
    here = _place(page.file.src_uri)
    folder = str(PurePosixPath(page.file.src_uri).parent)

    def as_on_the_site(link: re.Match[str]) -> str:
        place = _resolved(here, link[1])
        return relpath(_uri(place), folder) if (ROOT / place).exists() else link[1]

    return _LINK.sub(as_on_the_site, markdown)


def _targets(page: PurePosixPath, text: str) -> Iterator[PurePosixPath]:
    return (_resolved(page, target) for target in _LINK.findall(text))


def _resolved(page: PurePosixPath, target: str) -> PurePosixPath:
    """Return the place in the repository of what a page there links to."""
    return PurePosixPath(normpath(page.parent / target))


def _place(uri: str) -> PurePosixPath:
    """Return where a page of the site is in the repository."""
    return PurePosixPath(DOCS, uri) if (ROOT / DOCS / uri).exists() else PurePosixPath(uri)


def _uri(place: PurePosixPath) -> str:
    """Return where a file of the repository is on the site."""
    return str(place.relative_to(DOCS)) if place.parts[0] == DOCS else str(place)


def _named_in(nav: Any) -> Iterator[str]:
    """Yield the pages that the navigation names."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, (list, dict)):
        for one in nav.values() if isinstance(nav, dict) else nav:
            yield from _named_in(one)
