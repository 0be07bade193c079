"""Jobs beside the sync: a preview that sends nothing, and a doctor that says what is missing before the first run."""

from dagster import (
    Failure,
    JobDefinition,
    MarkdownMetadataValue,
    OpExecutionContext,
    Output,
    in_process_executor,
    job,
    op,
)

from kc_lineage_dagster.defs.failures import clear_failure
from kc_lineage_dagster.defs.metadata import table
from kc_lineage_dagster.defs.names import Names
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.run.cluster import Cluster

_SHOWN = 2000  # lines of a diff in the run's metadata


def preview_job(file: RecipeFile) -> JobDefinition:
    """Return ``preview_<slug>``: it shows, in the log and the run's metadata, what a sync would change. It sends
    nothing.
    """
    names = Names(file.slug)

    @op(name=f"{file.slug}__preview", required_resource_keys={names.connect})
    def show(context: OpExecutionContext) -> Output[None]:
        from kc_lineage_dagster.run.preview import preview  # what describes and compares takes a while to load

        with clear_failure():
            found = preview(Cluster.of(file), getattr(context.resources, names.connect))
        text = "\n".join(found.lines[:_SHOWN])
        context.log.info(f"{found.summary}\n{text}")
        fenced = f"```diff\n{text.replace('```', '` ` `')}\n```"
        return Output(None, metadata={"summary": found.summary, "preview": MarkdownMetadataValue(fenced)})

    @job(
        name=names.preview_job,
        executor_def=in_process_executor,
        description=f"What sync_{file.slug} would create, change and remove. Sends nothing.",
    )
    def previewed() -> None:
        show()

    return previewed


def doctor_job(file: RecipeFile) -> JobDefinition:
    """Return ``doctor_<slug>``: it tries recipe, Connect, DataHub and state, and fails when something is missing."""

    @op(name=f"{file.slug}__doctor")
    def examined(context: OpExecutionContext) -> Output[None]:
        from kc_lineage_dagster.run.doctor import examine  # it loads what sends

        findings = list(examine(file))
        context.log.info("\n".join(map(str, findings)))
        missing = [f"{one.what}: {one.text}" for one in findings if one.ok is False]
        if missing:
            raise Failure("\n".join(missing), allow_retries=False)
        rows = [(one.what, "ok" if one.ok else "note", one.text) for one in findings]
        return Output(None, metadata={"findings": MarkdownMetadataValue(table(("what", "", "found"), rows))})

    @job(
        name=Names(file.slug).doctor_job,
        executor_def=in_process_executor,
        description=f"What is missing for sync_{file.slug}, in plain words. Writes nothing.",
    )
    def doctored() -> None:
        examined()

    return doctored
