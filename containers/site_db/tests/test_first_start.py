"""The first start of the PostgreSQL image, which creates the cluster."""
import pytest
from database import DATA, PASSWORD, SCRIPTS, Database, image
from engine import Engine, run_to_end


@pytest.fixture(scope="module")
def database(shared_engine):
    return Database(shared_engine).ready()


def test_the_server_is_process_1_and_not_root(database):
    assert database.execute("id", "-u").stdout.strip() != "0"
    assert database.execute("cat", "/proc/1/comm").stdout.strip() == "postgres"


def test_a_wrong_password_is_refused(database):
    done = database.execute("psql", "-h", "127.0.0.1", "-U", "postgres", "-c", "SELECT 1", env={"PGPASSWORD": "wrong"}, check=False)
    assert "password authentication failed" in done.stderr


def test_the_password_is_stored_as_a_SCRAM_verifier(database):
    assert database.value("SHOW password_encryption") == "scram-sha-256"
    assert database.value("SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'postgres'") == "t"


def test_the_password_is_neither_in_the_environment_of_the_server_nor_in_the_log(database):
    environment = database.execute("cat", "/proc/1/environ").stdout

    assert "PGDATA=" in environment
    assert "POSTGRES_PASSWORD" not in environment
    assert PASSWORD not in database.logs()


def test_an_expensive_statement_runs_without_the_just_in_time_compiler(database):
    plan = database.value("SET jit_above_cost = 0; EXPLAIN (ANALYZE) SELECT sum(n) FROM generate_series(1, 100000) AS n")

    assert "Execution Time" in plan and "JIT" not in plan


def test_user_and_database_are_created_with_a_password_from_a_file(engine):
    secret = engine.folder({"password": PASSWORD + "\n"})
    database = Database(engine, "--volume", f"{secret}:/secrets:ro", "--env", "POSTGRES_PASSWORD_FILE=/secrets/password",
                        password=None, user="bones", database="yard")
    database.password = PASSWORD

    assert database.ready().value("SELECT current_user || '|' || current_database()") == "bones|yard"


def test_init_scripts_run_once_and_in_order_before_the_server_listens(engine):
    volume, scripts = engine.volume(), engine.folder({
        "10-table.sql": "CREATE TABLE runs (at timestamptz DEFAULT now());",
        "20-row.sh": 'if (exec 3<>/dev/tcp/127.0.0.1/5432) 2>/dev/null; then echo "port 5432 is open"; exit 1; fi\n'
                     'psql -v ON_ERROR_STOP=1 -c "INSERT INTO runs DEFAULT VALUES"'})
    first = Database(engine, volume=volume, scripts=scripts).ready()
    assert first.value("SELECT count(*) FROM runs") == "1"
    assert first.stop() == 0
    first.remove()

    second = Database(engine, volume=volume, scripts=scripts).ready()

    assert second.value("SELECT count(*) FROM runs") == "1"


def test_a_failed_init_script_is_fatal_at_each_start_until_it_is_corrected(engine):
    volume, scripts = engine.volume(), engine.folder({"10-table.sql": "CREATE TABLE half ();", "20-wrong.sql": "CREATE TABEL oops ();"})
    for _ in range(2):
        failed = Database(engine, volume=volume, scripts=scripts)
        assert failed.exit_code() == 1
        assert f"error: {SCRIPTS}/20-wrong.sql failed and the initialisation is discarded" in failed.logs()

    (scripts / "20-wrong.sql").write_text("CREATE TABLE corrected ();")
    corrected = Database(engine, volume=volume, scripts=scripts).ready()

    assert corrected.value("SELECT to_regclass('half') || '|' || to_regclass('corrected')") == "half|corrected"


def kill_during_initdb(engine: Engine, initdb: str) -> str:
    """The volume of a first start that was killed while this replacement of initdb ran."""
    volume, bin_folder = engine.volume(), engine.folder({"initdb": f'#!/bin/bash\ninitdb() {{ /usr/lib/postgresql/17/bin/initdb "$@"; }}\n{initdb}'})
    (bin_folder / "initdb").chmod(0o755)
    database = Database(engine, "--volume", f"{bin_folder}:/replaced:ro", "--env", "PATH=/replaced:/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin",
                        user="bones", volume=volume)
    database.wait_for_log("initdb is running")
    database.kill()
    return volume


@pytest.mark.parametrize("initdb", [
    'initdb "$@"; echo "initdb is running" >&2; sleep infinity',
    'if [[ $1 == --sync-only ]]; then echo "initdb is running" >&2; sleep infinity; fi; initdb "$@"',
], ids=["while the cluster is created", "before it is on the disk"])
def test_an_interrupted_initialisation_starts_over(engine, initdb):
    volume = kill_during_initdb(engine, initdb)

    database = Database(engine, user="bones", volume=volume).ready()

    assert "initialisation was interrupted; starting over" in database.logs()
    assert database.execute("find", DATA, "-maxdepth", "1", "-name", ".*", "!", "-path", DATA).stdout == ""


@pytest.mark.parametrize("message, options, settings", [
    ("POSTGRES_PASSWORD is empty: set it or POSTGRES_PASSWORD_FILE", (), {"password": None}),
    ("POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set; set one of them", ("--env", "POSTGRES_PASSWORD_FILE=/etc/hostname"), {}),
    ("POSTGRES_PASSWORD_FILE is '/none', which does not exist or is not readable", ("--env", "POSTGRES_PASSWORD_FILE=/none"), {"password": None}),
])
def test_a_wrong_password_setting_is_refused(engine, message, options, settings):
    database = Database(engine, *options, **settings)

    assert database.exit_code() == 1
    assert f"error: {message}" in database.logs()


def test_a_folder_with_other_files_is_refused_and_unchanged(engine):
    volume = engine.volume()
    mount = ("--volume", f"{volume}:{DATA}", "--entrypoint")
    run_to_end(image(), *mount, "touch", command=(f"{DATA}/photo.jpg",))

    database = Database(engine, volume=volume)

    assert database.exit_code() == 1
    assert f"error: {DATA} is not empty and has no PG_VERSION, so it is not a database cluster" in database.logs()
    assert run_to_end(image(), *mount, "ls", command=(DATA,)).stdout == "photo.jpg\n"
