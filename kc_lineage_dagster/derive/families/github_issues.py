"""Stephane Maarek's source copies the issues of GitHub repositories into topics.

Its first release reads one repository (``github.owner``, ``github.repo``) into ``topic``, later ones the pairs
``owner/repository:topic`` of ``github.repos``. A dataset is spelled as for Confluent's source:
``owner/repository.issues``.

Source: https://github.com/simplesteph/kafka-connect-github-source
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PAIRS, _OWNER, _REPOSITORY, _TOPIC = "github.repos", "github.owner", "github.repo", "topic"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    pairs, topic = items(config.get(_PAIRS)), first(config, _TOPIC)
    for pair in pairs:
        name, _, its_topic = pair.partition(":")
        yield Record(_issues(name), its_topic) if its_topic else Unresolved(pair, "names no topic behind a colon")
    if pairs:
        return
    owner, repository = first(config, _OWNER), first(config, _REPOSITORY)
    if topic is None:
        yield Unresolved(_PAIRS, "is not set, nor is the topic of earlier releases")
    elif owner and repository:
        yield Record(_issues(f"{owner}/{repository}"), topic)
    else:
        yield Unresolved(_REPOSITORY if owner else _OWNER, "is not set")
        yield Record(None, topic)


def _issues(repository: str) -> Dataset:
    return Dataset("github", f"{repository}.issues")


FAMILY = SourceFamily(
    name="github_issues_source",
    classes=("com.simplesteph.kafka.GitHubSourceConnector",),
    platform="github",
    reads=_reads,
    rule="https://github.com/simplesteph/kafka-connect-github-source",
    naming=(_PAIRS, _OWNER, _REPOSITORY, _TOPIC),
    spelled="owner/repository.issues (DataHub has no platform and no ingestion of it)",
)
