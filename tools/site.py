"""MkDocs' hooks: add the files outside ``docs/`` that a page links to, so that the links work on the site too.

A link that works in the repository works on the site: ``../bench/results.md`` in a page of ``docs/`` becomes the page
``bench/results.md`` of the site, and ``../deploy/Dockerfile`` a file beside the pages.
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
    """Return the site's files, with those that its pages link to outside ``docs/``, and those that these link to.

    Source: https://www.mkdocs.org/dev-guide/plugins/#on_files
    """
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
    """Return a page's text with links between files of the repository turned into links of the site.

    Source: https://www.mkdocs.org/dev-guide/plugins/#on_page_markdown
    """
    here = _place(page.file.src_uri)
    folder = str(PurePosixPath(page.file.src_uri).parent)

    def as_on_the_site(link: re.Match[str]) -> str:
        place = _resolved(here, link[1])
        return relpath(_uri(place), folder) if (ROOT / place).exists() else link[1]

    return _LINK.sub(as_on_the_site, markdown)


def _targets(page: PurePosixPath, text: str) -> Iterator[PurePosixPath]:
    return (_resolved(page, target) for target in _LINK.findall(text))


def _resolved(page: PurePosixPath, target: str) -> PurePosixPath:
    """Return the path in the repository that a link of a page leads to."""
    return PurePosixPath(normpath(page.parent / target))


def _place(uri: str) -> PurePosixPath:
    """Return the path in the repository of a page of the site."""
    return PurePosixPath(DOCS, uri) if (ROOT / DOCS / uri).exists() else PurePosixPath(uri)


def _uri(place: PurePosixPath) -> str:
    """Return the path on the site of a file of the repository."""
    return str(place.relative_to(DOCS)) if place.parts[0] == DOCS else str(place)


def _named_in(nav: Any) -> Iterator[str]:
    """Yield the pages that MkDocs' ``nav`` names."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, (list, dict)):
        for one in nav.values() if isinstance(nav, dict) else nav:
            yield from _named_in(one)
