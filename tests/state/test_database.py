"""The database: what cannot be used is one line that says what to do; nobody else's tables are touched."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import create_engine, inspect, pool, text

from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state.lock import holder
from kc_lineage_dagster.state.opening import state_of
from kc_lineage_dagster.state.place import place_of
from kc_lineage_dagster.state.receipts import ALIVE, Held, Receipts, SinkFacts


def state_at(tmp_path, place):
    return state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(place)})


def one_line(error) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_file_is_for_its_owner_and_nothing_else_is_made(tmp_path):
    """No secret is in it, and still nobody else needs to read it."""
    state = state_at(tmp_path, tmp_path / "state")
    state.begin_reading()
    file = tmp_path / "state/state.sqlite"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in file.parent.iterdir()} <= {"state.sqlite", "state.sqlite-wal", "state.sqlite-shm"}


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"x" * 5000])
def test_a_damaged_file_says_what_to_do(tmp_path, content):
    """A file that is no database is one line: moved away, everything is sent again."""
    (tmp_path / "state.sqlite").write_bytes(content)
    with pytest.raises(StateError) as error:
        state_at(tmp_path, tmp_path).names()
    assert "move it away" in one_line(error)


def test_a_newer_version_is_left_alone(tmp_path, database):
    """A release that does not know the tables does not touch them."""
    state = state_of("shop", tmp_path)
    state.begin_reading()
    with state.database.writing() as connection:
        connection.execute(text("UPDATE kc_lineage_version SET version_num = '9999'"))
    fresh = type(state)(type(state.database)(state.database.place), "shop")
    with pytest.raises(StateError) as error:
        fresh.names()
    assert "version 9999" in one_line(error)


def test_a_version_that_came_meanwhile_is_named_by_whoever_still_uses_the_old_one(tmp_path, database):
    """A code server lives on while a run of a newer release migrates: its state is not damaged, and not to be moved."""
    state = state_of("shop", tmp_path)
    state.begin_reading()
    with state.database.writing() as connection:
        connection.execute(text("UPDATE kc_lineage_version SET version_num = '9999'"))
        connection.execute(text("ALTER TABLE kc_lineage_cluster DROP COLUMN settled"))
    for use in (state.facts, state.begin_reading):
        if use == state.begin_reading:
            with state.database.writing() as connection:
                connection.execute(text("DROP TABLE kc_lineage_cluster"))
        with pytest.raises(StateError) as error:
            use()
        assert "version 9999" in one_line(error)
        assert "restart" in one_line(error)


FIRST_REVISION = (
    "ALTER TABLE kc_lineage_cluster DROP COLUMN settled",
    "ALTER TABLE kc_lineage_sink DROP COLUMN verified_up_to",
    "ALTER TABLE kc_lineage_sink ADD COLUMN serial INTEGER",
    "ALTER TABLE kc_lineage_sink ADD COLUMN verified_at FLOAT",
    "ALTER TABLE kc_lineage_entity ADD COLUMN verified_at FLOAT",
    "UPDATE kc_lineage_version SET version_num = '0001'",
)


def make_older(state) -> None:
    """Give a state the tables of the first revision."""
    with state.database.writing() as connection:
        for statement in FIRST_REVISION:
            connection.execute(text(statement))


def test_whoever_only_looks_can_tell_an_older_database_and_leaves_it_as_it_is(tmp_path, database):
    """Other machines may still work with the release that wrote it."""
    state = state_of("shop", tmp_path)
    assert not state.database.is_behind()
    state.begin_reading()
    make_older(state)
    looking = type(state.database)(state.database.place)
    assert looking.is_behind()
    assert looking.is_behind()
    with looking.reading():  # a run, a tick or a page: their release is the one that is deployed
        pass
    assert not looking.is_behind()


def test_an_older_database_is_brought_up_to_date(tmp_path, database):
    """The first revision's tables become those of a new database, with what is in them."""
    state = state_of("shop", tmp_path)
    Receipts(state).adopt({"urn:a": Held("c", ALIVE, {"status": "h"})})
    Receipts(state).set_kafka_cluster("K")
    new = shape(state)
    make_older(state)
    assert shape(state) != new
    fresh = type(state)(type(state.database)(state.database.place), "shop")
    receipts = Receipts(fresh)
    assert receipts.facts == SinkFacts(kafka_cluster_id="K")
    assert receipts.of_connectors(["c"]) == {"urn:a": Held("c", ALIVE, {"status": "h"})}
    assert shape(fresh) == new
    receipts.set_verified_up_to("c")
    assert Receipts(fresh).facts.verified_up_to == "c"


def shape(state):
    """Tables with their columns and indexes; of SQLite, which have no row numbers."""
    with state.database.reading() as connection:
        found = inspect(connection)
        names = found.get_table_names()
        columns = {name: {(one["name"], one["nullable"]) for one in found.get_columns(name)} for name in names}
        keys = {name: found.get_pk_constraint(name)["constrained_columns"] for name in names}
        indexes = {one["name"] for name in names for one in found.get_indexes(name)}
        rows = "SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%'"
        without = set(connection.execute(text(rows)).scalars()) if state.database.is_sqlite else set()
    return columns, keys, indexes, without


def test_a_file_that_is_taken_away_is_made_anew(tmp_path):
    """A file that is taken away is made anew, also under a process that has used it."""
    state = state_at(tmp_path, tmp_path / "state")
    state.begin_reading()
    for path in (tmp_path / "state").iterdir():
        path.unlink()
    assert state.names() == []
    assert state.begin_reading() == 1


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("mysql://u:secret-of-the-test@h/db", "not supported"),
        ("postgresql://u:secret-of-the-test@127.0.0.1:1/db", "check that it runs"),
        ("postgresql+psycopg://u:secret-of-the-test@127.0.0.1:1/db", "check that it runs"),
        ("://", "not the address"),
    ],
)
def test_an_address_that_cannot_be_used_is_one_line_without_its_password(tmp_path, place, says):
    """Another database, a server that is away and what is no address are one line without the password."""
    with pytest.raises(StateError) as error:
        state_at(tmp_path, place).names()
    assert says in one_line(error)
    assert "secret-of-the-test" not in str(error.value)


@contextmanager
def foreign(folder, mode):
    """The folder is another user's, and of this mode: root becomes nobody meanwhile."""
    root = os.geteuid() == 0
    folder.chmod(mode)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)


@pytest.fixture
def enterable():
    """A folder that everybody may enter."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_folder_without_rights_is_one_line(enterable, mode):
    """A folder that may not be written, or not even be entered, is one line that names the rights."""
    folder = enterable / "state"
    folder.mkdir()
    state_at(folder, enterable / "other").begin_reading()  # or nobody would have to load modules
    with foreign(folder, mode), pytest.raises(StateError) as error:
        state_at(folder, folder).begin_reading()
    assert "rights" in one_line(error)


def test_a_folder_that_may_not_be_entered_is_one_line_for_those_who_look(enterable):
    """So it is for a command that asks for the age of the state, and for a sensor that asks who works on it."""
    folder = enterable / "state"
    state = state_at(folder, folder)
    state.begin_reading()
    assert holder(state) is None
    for look in (state.database.is_behind, lambda: holder(state)):
        with foreign(folder, 0o000), pytest.raises(StateError) as error:
            look()
        assert "Permission denied" in one_line(error)


def test_long_names_of_clusters_have_a_folder(tmp_path):
    """Long names have folders of their own within the 255 bytes that a file system takes."""
    folder = place_of(tmp_path, {"KC_LINEAGE_STATE": str(tmp_path)}).folder_of("x" * 300)
    other = place_of(tmp_path, {"KC_LINEAGE_STATE": str(tmp_path)}).folder_of("x" * 301)
    assert folder != other
    folder.mkdir(parents=True)


@pytest.mark.postgres
@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_both_drivers_work(tmp_path, new_postgres, driver):
    """Each driver works by its name, and the plain address with whichever is installed."""
    state = state_at(tmp_path, new_postgres.replace("://", f"+{driver}://"))
    assert [state.begin_reading(), state.begin_reading()] == [1, 2]
    assert Receipts(state_at(tmp_path, new_postgres)).count() == 0


@pytest.mark.postgres
def test_dagsters_tables_may_stand_beside(tmp_path, new_postgres):
    """All names begin with kc_lineage_, that of the version too."""
    state_at(tmp_path, new_postgres).begin_reading()
    engine = create_engine(new_postgres.replace("://", "+psycopg2://"), poolclass=pool.NullPool)
    names = inspect(engine).get_table_names()
    assert names
    assert all(name.startswith("kc_lineage_") for name in names)
