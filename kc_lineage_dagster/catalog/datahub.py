"""DataHub as a catalog: ask a GMS, through DataHub's own client, for the datasets of a platform and their schemas.

All datasets of a platform are read by scrolling through GraphQL searches, which costs a hundredth of what DataHub's
typed classes cost. A few single datasets are read from the primary store, which knows them before the search index
does. Neither answer proves that a dataset does not exist. The token needs the privileges to search and to view
datasets, as every reader of DataHub has them.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kc_lineage_dagster.catalog.dataset_urns import format_urn, parse_urn
from kc_lineage_dagster.catalog.field_paths import columns_of
from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema
from kc_lineage_dagster.catalog.metadata_files import is_view, schema_of
from kc_lineage_dagster.catalog.questions import Questions
from kc_lineage_dagster.wording import counted, first_few

if TYPE_CHECKING:
    from datahub.ingestion.graph.client import DataHubGraph

PAGE_SIZE = 500  # datasets with their fields: about a megabyte
MOST_DATASETS = 200_000  # of one platform
FEW = 1_000  # datasets of one platform that are asked for one by one, in batches
_BATCH = 200
_MOST_SHOWN = 5  # names in a note

_SCROLL = """
query datasetsOfPlatform($types: [EntityType!], $orFilters: [AndFilterInput!], $count: Int!, $scrollId: String) {
  scrollAcrossEntities(input: {
    query: "*", count: $count, scrollId: $scrollId, types: $types, orFilters: $orFilters,
    searchFlags: {skipHighlighting: true, skipAggregates: true}
  }) {
    nextScrollId
    searchResults {
      entity {
        urn
        ... on Dataset {
          schemaMetadata(version: 0) { fields { fieldPath } }
          subTypes { typeNames }
          viewProperties { materialized }
        }
      }
    }
  }
}
"""


@dataclass(slots=True)
class DataHubCatalog:
    """A GMS as a provider (``questions.Provider``).

    Args:
        open: Makes DataHub's client; called when something is asked for the first time.
        shown: The GMS's address for people, without credentials.
        env: DataHub's environment, for example ``PROD``; datasets of other environments do not count.
        seconds: How long the GMS may take in one run, all requests together.
        names: Whether all the datasets of a platform may be asked for (``schema_resolver_expand_patterns``).
        columns: Whether the fields of datasets count (``schema_resolver_finegrained_lineage``).
        clock: Seconds that never go backwards; given by tests only.
    """

    open: Callable[[], DataHubGraph]
    shown: str
    env: str
    seconds: float = 120.0
    names: bool = True
    columns: bool = True
    clock: Callable[[], float] = time.monotonic
    _client: DataHubGraph | None = field(default=None, init=False, repr=False)
    _spent: float = field(default=0.0, init=False)
    _given_up: tuple[str, ...] = field(default=(), init=False)  # why nothing more is asked in this run
    _listed: set[str] = field(default_factory=set, init=False)
    _unreadable: list[str] = field(default_factory=list, init=False)

    @property
    def scope(self) -> str:
        """See ``Provider``."""
        return f"DataHub {self.shown} {self.env} names={self.names} columns={self.columns}"

    def answer(self, questions: Questions) -> Holdings:
        """Return all datasets of the platforms in question, and of other platforms the single datasets in question."""
        if self._given_up:
            return Holdings(notes=self._given_up)
        found: defaultdict[str, dict[str, Schema]] = defaultdict(dict)
        notes: list[str] = []
        started = self.clock()
        try:
            self._ask(questions, found)
        except _Late:
            self._given_up = (f"{self._about}: it took more than {self.seconds:g} s, so some datasets are not known",)
        except _failures() as error:
            self._given_up = (f"{self._about}: {_cause(error)}; what only it knows stays open",)
        if self._unreadable:
            shown = first_few(self._unreadable, _MOST_SHOWN)
            notes.append(
                f"{self._about}: DataHub's client cannot read {counted(len(self._unreadable), 'dataset')}, whose"
                f" columns stay unknown (a newer acryl-datahub may read them): {shown}"
            )
            self._unreadable.clear()
        self._spent += self.clock() - started
        return Holdings({name: Platform(names) for name, names in found.items()}, notes=(*self._given_up, *notes))

    @property
    def _about(self) -> str:
        return f"DataHub's catalog ({self.shown})"

    def _ask(self, questions: Questions, found: defaultdict[str, dict[str, Schema]]) -> None:
        client = self._client = self._client or self.open()
        until = self.clock() + self.seconds - self._spent
        single: defaultdict[str, list[str]] = defaultdict(list)
        for platform, name in sorted(questions.datasets):
            single[platform].append(name)
        for platform in sorted(questions.platforms | single.keys()):
            wanted = single.get(platform, [])
            if self.names and (platform in questions.platforms or len(wanted) > FEW) and platform not in self._listed:
                self._listed.add(platform)
                self._scroll(client, platform, found[platform], until)
            missing = [name for name in wanted if name not in found[platform]]
            for start in range(0, min(len(missing), FEW), _BATCH):
                self._batch(client, platform, missing[start : start + _BATCH], found[platform], until)

    def _scroll(self, client: DataHubGraph, platform: str, found: dict[str, Schema], until: float) -> None:
        """Add all datasets of a platform to ``found``, page by page."""
        seen: set[str | None] = {None}
        scroll: str | None = None
        while True:
            variables = {
                "types": ["DATASET"],
                "orFilters": self._filter(platform),
                "count": PAGE_SIZE,
                "scrollId": scroll,
            }
            page = client.execute_graphql(_SCROLL, variables=variables)["scrollAcrossEntities"]
            for result in page["searchResults"]:
                self._take(result["entity"], platform, found)
            scroll = page.get("nextScrollId")
            if not scroll or scroll in seen or len(found) >= MOST_DATASETS:
                return
            seen.add(scroll)
            if self.clock() > until:
                raise _Late

    def _filter(self, platform: str) -> Any:
        from datahub.ingestion.graph.filters import RemovedStatusFilter, generate_filter

        return generate_filter(platform, None, self.env, None, RemovedStatusFilter.NOT_SOFT_DELETED, None)

    def _take(self, entity: Mapping[str, Any], platform: str, found: dict[str, Schema]) -> None:
        parsed = parse_urn(str(entity.get("urn")))  # compared below, because a server may ignore the filter
        if parsed is not None and parsed.platform == platform and parsed.env == self.env:
            fields = (entity.get("schemaMetadata") or {}).get("fields")
            kinds = (entity.get("subTypes") or {}).get("typeNames")
            view = True if entity.get("viewProperties") else is_view(kinds)
            schema = schema_of({"fields": fields}) if self.columns else Schema()
            found[parsed.name] = Schema(schema.fields, schema.key_fields, view=view)

    def _batch(
        self, client: DataHubGraph, platform: str, names: list[str], found: dict[str, Schema], until: float
    ) -> None:
        """Add those of the datasets ``names`` to ``found`` that are stored and not removed.

        DataHub's client refuses a whole answer for one aspect whose shape it does not know, so a refused batch is
        halved until the dataset with that aspect stands alone.
        """
        from avro.errors import AvroException

        urns = {format_urn(platform, name, self.env): name for name in names}
        aspects = ["datasetKey", "status", "schemaMetadata", "subTypes"]
        try:
            answer = client.get_entities("dataset", list(urns), aspects)
        except AvroException:
            if len(names) == 1:
                self._unreadable += names
                return
            middle = len(names) // 2
            self._batch(client, platform, names[:middle], found, until)
            self._batch(client, platform, names[middle:], found, until)
            return
        for urn, held in answer.items():
            parts = {name: aspect for name, (aspect, _) in held.items()}
            if urn in urns and parts and not getattr(parts.get("status"), "removed", False):
                value, key = columns_of(_paths(parts.get("schemaMetadata") if self.columns else None))
                kinds = getattr(parts.get("subTypes"), "typeNames", None)
                found[urns[urn]] = Schema(value or None, key or None, view=is_view(kinds))
        if self.clock() > until:
            raise _Late


def _paths(schema: Any) -> Iterator[str]:
    for one in getattr(schema, "fields", ()):
        yield one.fieldPath


class _Late(Exception):  # noqa: N818 - named for what happened
    """The GMS has taken more than ``DataHub.seconds`` in this run."""


def _failures() -> tuple[type[Exception], ...]:
    """Return what DataHub's client raises for a GMS that is away, refuses, or answers in another shape."""
    import requests
    from datahub.configuration.common import MetaError

    shapes = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
    return (MetaError, requests.RequestException, OSError, *shapes)


def _cause(error: BaseException) -> str:
    """Return the cause of a failure in a few words, without what the server said, which may repeat credentials."""
    import requests
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return f"its settings are not valid ({', '.join(str(one['loc'][0]) for one in error.errors() if one['loc'])})"
    chain: list[BaseException] = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 10:
        chain.append(inner)
    for link in chain:
        response = getattr(link, "response", None)
        if response is not None:
            hint = " (a token that may search and view datasets?)" if response.status_code in (401, 403) else ""
            return f"it answers {response.status_code}{hint}"
    for link in chain:
        if isinstance(link, requests.Timeout):
            return "it does not answer in time"
        if isinstance(link, (requests.ConnectionError, ConnectionError)):
            return "it cannot be reached"
    return f"its answer makes no sense ({type(error).__name__})"
