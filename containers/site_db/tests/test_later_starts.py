"""A data directory that several containers of the PostgreSQL image use, one after the other or at once."""
import threading

from database import DATA, PASSWORD, Database
from engine import output

HARDENED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")


def test_data_and_password_survive_a_stop_that_is_clean_despite_a_busy_client(engine):
    volume = engine.volume()
    first = Database(engine, volume=volume).ready()
    first.query("CREATE TABLE kept AS SELECT 42 AS answer")
    client = threading.Thread(target=first.query, args=("SELECT pg_sleep(60)",), kwargs={"check": False})
    client.start()
    first.wait_for("busy", lambda: first.value(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(60)' AND pid <> pg_backend_pid()") == "1")

    exit_code = first.stop()
    client.join()

    assert exit_code == 0
    assert "database system is shut down" in first.logs()
    second = Database(engine, volume=volume, password="another")
    second.password = PASSWORD
    assert second.ready().value("SELECT answer FROM kept") == "42"
    assert "not properly shut down" not in second.logs()


def test_a_second_container_is_refused_while_the_first_runs(engine):
    volume = engine.volume()
    first = Database(engine, volume=volume).ready()

    second = Database(engine, *HARDENED, volume=volume)

    assert second.exit_code() == 1
    assert f"error: {DATA} is in use by another server: stop that container (docker ps --filter volume=NAME" in second.logs()
    first.query("CREATE TABLE kept AS SELECT 42 AS answer")
    assert first.value("SELECT answer FROM kept") == "42"


def test_a_second_container_starts_when_the_first_stops(engine):
    volume = engine.volume()
    first = Database(engine, volume=volume).ready()
    second = Database(engine, volume=volume)
    second.wait_for("waiting", lambda: "flock" in output("top", second.name))

    assert first.stop() == 0

    assert second.ready().value("SELECT 1") == "1"


def test_the_data_of_a_killed_server_is_recovered_by_the_next(engine):
    volume = engine.volume()
    first = Database(engine, volume=volume).ready()
    first.query("CREATE TABLE kept AS SELECT 42 AS answer")
    first.kill()

    second = Database(engine, *HARDENED, volume=volume).ready()

    assert second.value("SELECT answer FROM kept") == "42"
    assert "not properly shut down" in second.logs()
