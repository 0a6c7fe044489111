"""Migrations: upgrade, downgrade, simultaneous starts, newer schemas."""

import os
import threading

import pytest
from sqlalchemy import text
from webtest import TestApp

import boneyard_blog
from boneyard_blog import commands, models, schema
from boneyard_blog.settings import Environment, Settings


def _administer(engine, *statements):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # On a busy machine these take longer than the timeout of pages.
        for statement in ("SET statement_timeout = 0", *statements, "RESET statement_timeout"):
            connection.execute(text(statement))


_OWN = "boneyard_schema_test"


@pytest.fixture
def empty_database(engine):
    """An empty database."""
    _administer(engine, f"DROP DATABASE IF EXISTS {_OWN} WITH (FORCE)", f"CREATE DATABASE {_OWN}")
    variables = dict(os.environ) | {"BLOG_DATABASENAME": _OWN}
    own = models.connect(Settings.from_environment(Environment(variables)), statement_timeout_ms=0)
    yield own
    own.dispose()
    _administer(engine, f"DROP DATABASE {_OWN} WITH (FORCE)")


def _structure(engine) -> list:
    with engine.connect() as connection:
        return connection.execute(text("""
                SELECT 'column', table_name, column_name, data_type, is_nullable, column_default
                FROM information_schema.columns WHERE table_schema = 'public'
                UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
                UNION ALL SELECT 'constraint', CAST(conrelid::regclass AS text), conname, pg_get_constraintdef(oid), '', ''
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
                UNION ALL SELECT 'trigger', CAST(tgrelid::regclass AS text), tgname, pg_get_triggerdef(oid), '', ''
                FROM pg_trigger WHERE NOT tgisinternal
                ORDER BY 1, 2, 3
            """)).all()


def _migrate(engine, target):
    with engine.begin() as connection:
        schema.migrate(connection, target)


def _version(engine):
    with engine.connect() as connection:
        return schema.current_version(connection)


def test_an_empty_database_gets_the_schema_and_the_sample_posts(empty_database):
    schema.upgrade(empty_database)

    with empty_database.connect() as connection:
        assert schema.current_version(connection) == schema.HEAD
        assert connection.scalar(text("SELECT count(*) FROM posts")) == 5
        assert connection.scalar(text("SELECT sum(posts) FROM month_counts")) == 5
        assert connection.scalar(text("SELECT sum(posts) FROM tag_counts")) == connection.scalar(
            text("SELECT count(*) FROM post_tags")
        )


@pytest.mark.parametrize("version", schema.VERSIONS[:-1])
def test_every_migration_can_be_downgraded_and_upgraded(empty_database, version):
    _migrate(empty_database, version)
    before = _structure(empty_database)
    _migrate(empty_database, schema.HEAD)
    whole = _structure(empty_database)

    _migrate(empty_database, version)

    assert _structure(empty_database) == before
    _migrate(empty_database, schema.HEAD)
    assert _structure(empty_database) == whole


def test_the_whole_schema_can_be_dropped(empty_database):
    _migrate(empty_database, schema.HEAD)
    whole = _structure(empty_database)

    _migrate(empty_database, None)

    assert _version(empty_database) is None
    assert {row[1] for row in _structure(empty_database)} <= {"alembic_version"}
    with empty_database.connect() as connection:
        ours = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert connection.scalar(text(ours)) == 0
    _migrate(empty_database, schema.HEAD)
    assert _structure(empty_database) == whole


def test_the_command_line_drops_the_whole_schema(empty_database, monkeypatch, capsys):
    _migrate(empty_database, "0001")
    monkeypatch.setenv("BLOG_DATABASENAME", empty_database.url.database)

    assert commands.main(["schema", "downgrade", "nothing"]) == 0

    assert capsys.readouterr().out == f"database empty, container {schema.HEAD}\n"


def test_the_command_line_refuses_to_change_a_newer_schema(empty_database, monkeypatch, capsys):
    _migrate(empty_database, "0001")
    with empty_database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    monkeypatch.setenv("BLOG_DATABASENAME", _OWN)

    for target in ("0001", "nothing"):
        assert commands.main(["schema", "downgrade", target]) == 1
        said = capsys.readouterr().err
        assert f"the schema has version 9999, newer than this container's {schema.HEAD}" in said and said.count("\n") == 1

    assert commands.main(["schema", "upgrade"]) == 0
    assert _version(empty_database) == "9999"


def test_the_command_line_names_the_remedy_for_a_missing_schema(empty_database, monkeypatch, capsys):
    monkeypatch.setenv("BLOG_DATABASENAME", _OWN)

    assert commands.main(["author", "list"]) == 1

    said = capsys.readouterr().err
    assert "run boneyard-blog schema upgrade" in said and said.count("\n") == 1


def test_edited_sample_posts_survive_a_downgrade(empty_database):
    _migrate(empty_database, schema.HEAD)
    with empty_database.begin() as connection:
        connection.execute(text("UPDATE posts SET body = 'Ours.' WHERE slug = 'moving-house'"))

    _migrate(empty_database, "0001")

    with empty_database.connect() as connection:
        assert connection.execute(text("SELECT slug, body FROM posts")).all() == [("moving-house", "Ours.")]
    _migrate(empty_database, schema.HEAD)
    with empty_database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM posts")) == 5
        assert connection.scalar(text("SELECT body FROM posts WHERE slug = 'moving-house'")) == "Ours."


def test_simultaneous_starts_migrate_once(empty_database):
    failures = []

    def upgrade():
        try:
            schema.upgrade(empty_database)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert _version(empty_database) == schema.HEAD


def test_a_failed_migration_is_rolled_back(empty_database):
    with empty_database.begin() as connection:
        connection.execute(text("CREATE TABLE authors (unexpected integer)"))

    with pytest.raises(Exception, match="authors"):
        schema.upgrade(empty_database)

    assert _version(empty_database) is None


def test_a_newer_schema_is_kept_and_used(empty_database, ini_settings, monkeypatch):
    schema.upgrade(empty_database)
    with empty_database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("ALTER TABLE posts ADD COLUMN mood text NOT NULL DEFAULT 'calm'"))

    schema.upgrade(empty_database)

    assert _version(empty_database) == "9999"
    monkeypatch.setenv("BLOG_DATABASENAME", _OWN)
    browser = TestApp(boneyard_blog.main({}, **ini_settings))
    assert browser.get("/health").json == {"status": "healthy", "database": "reachable", "schema": "9999"}
    for path in ("/", "/post/moving-house", "/archive", "/tags", "/search?q=house", "/feed", "/sitemap.xml", "/sign-in"):
        browser.get(path, status=200)


@pytest.mark.parametrize("version", [None, schema.VERSIONS[-2]])
def test_an_older_schema_is_not_used(version):
    assert not schema.is_usable(version)


def test_models_and_migrations_agree(engine):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    kept_by_triggers = {"month_counts", "site_state", "search_words"}
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), models.Base.metadata)

    unexpected = [
        difference
        for difference in differences
        if not (
            (difference[0] == "remove_table" and difference[1].name in kept_by_triggers)
            or (difference[0] == "remove_column" and difference[3].name in ("search", "title_search"))
            or difference[0] == "remove_index"
        )
    ]
    assert unexpected == []
