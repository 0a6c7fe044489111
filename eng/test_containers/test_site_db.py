"""The database image: a first start, the starts after it, and what it refuses."""
import subprocess
import threading
import unittest

from test_containers import engine

PASSWORD = "it's a \\ \"secret\""
DATA = "/var/lib/postgresql/data"
SCRIPTS = "/docker-entrypoint-initdb.d"


class Database(engine.Container):
    def __init__(self, *options: str, password: str | None = PASSWORD, volume: str | None = None, scripts=None, user: str = "postgres"):
        self.user, self.password = user, password or ""
        if password is not None:
            options += ("--env", f"POSTGRES_PASSWORD={password}")
        if volume:
            options += ("--volume", f"{volume}:{DATA}")
        if scripts:
            options += ("--volume", f"{scripts}:{SCRIPTS}:ro")
        super().__init__(engine.DATABASE, *options)

    def ask(self, sql: str, database: str = "postgres", check: bool = True) -> subprocess.CompletedProcess:
        """Over TCP and with a password, as everybody else has to."""
        return self.execute("psql", "-h", "127.0.0.1", "-U", self.user, "-d", database, "-v", "ON_ERROR_STOP=1", "-Atc", sql,
                            env={"PGPASSWORD": self.password}, check=check)

    def value(self, sql: str, database: str = "postgres") -> str:
        return self.ask(sql, database).stdout.strip()

    def ready(self) -> "Database":
        self.wait_for("ready", lambda: self.running() and self.ask("SELECT 1", check=False).returncode == 0)
        return self

    def running(self) -> bool:
        state = engine.output("inspect", "--format", "{{.State.Running}}", self.name)
        if state != "true":
            raise AssertionError(f"{self.name} has ended. Its log:\n{self.logs()}")
        return True


class ARunningDatabase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = Database().ready()

    def test_is_not_run_by_root(self):
        self.assertNotEqual("0", self.database.execute("id", "-u").stdout.strip())
        self.assertNotEqual("0", self.database.execute("stat", "-c", "%u", "/proc/1").stdout.strip())

    def test_refuses_a_wrong_password(self):
        done = self.database.execute("psql", "-h", "127.0.0.1", "-U", "postgres", "-c", "SELECT 1", env={"PGPASSWORD": "wrong"}, check=False)
        self.assertIn("password authentication failed", done.stderr)

    def test_keeps_no_password_but_a_SCRAM_verifier(self):
        self.assertEqual("scram-sha-256", self.database.value("SHOW password_encryption"))
        self.assertEqual("t", self.database.value("SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'postgres'"))

    def test_does_not_show_the_password_to_what_runs_in_it(self):
        environment = self.database.execute("cat", "/proc/1/environ").stdout
        self.assertIn("PGDATA=", environment)
        self.assertNotIn("POSTGRES_PASSWORD", environment)
        self.assertNotIn(PASSWORD, self.database.logs())


class AFirstStart(unittest.TestCase):
    def test_makes_the_user_and_database_that_are_asked_for(self):
        database = Database("--env", "POSTGRES_USER=bones", "--env", "POSTGRES_DB=yard", user="bones")
        database.wait_for("ready", lambda: database.ask("SELECT 1", "yard", check=False).returncode == 0)
        self.assertEqual("bones|yard", database.value("SELECT current_user || '|' || current_database()", "yard"))

    def test_takes_the_password_from_a_file(self):
        secret = engine.folder(password=PASSWORD + "\n")
        database = Database("--volume", f"{secret}:/secrets:ro", "--env", "POSTGRES_PASSWORD_FILE=/secrets/password", password=None)
        database.password = PASSWORD
        self.assertEqual("1", database.ready().value("SELECT 1"))

    def test_runs_scripts_once_in_order_and_keeps_what_they_did(self):
        scripts = engine.folder(
            **{"10-table__sql": "CREATE TABLE runs (at timestamptz DEFAULT now());",
               "20-row__sh": 'psql -v ON_ERROR_STOP=1 -c "INSERT INTO runs DEFAULT VALUES"'})
        volume = engine.volume()
        first = Database(volume=volume, scripts=scripts).ready()
        self.assertEqual("1", first.value("SELECT count(*) FROM runs"))
        self.assertEqual(0, first.stop())
        first.remove()

        second = Database(volume=volume, scripts=scripts).ready()

        self.assertEqual("1", second.value("SELECT count(*) FROM runs"))

    def test_listens_to_nobody_before_its_scripts_are_done(self):
        scripts = engine.folder(
            **{"10-closed__sh": 'if (exec 3<>/dev/tcp/127.0.0.1/5432) 2>/dev/null; then echo "port 5432 is open"; exit 1; fi\n'
                                'psql -c "CREATE TABLE closed ()"'})
        database = Database(scripts=scripts).ready()
        self.assertEqual("closed", database.value("SELECT to_regclass('closed')"))

    def test_that_failed_is_fatal_and_not_taken_for_done(self):
        scripts = engine.folder(**{"10-table__sql": "CREATE TABLE half ();", "20-wrong__sql": "CREATE TABEL oops ();"})
        volume = engine.volume()
        failed = Database(volume=volume, scripts=scripts)
        self.assertNotEqual(0, failed.exit_code())
        self.assertIn(f"{SCRIPTS}/20-wrong.sql failed", failed.logs())
        again = Database(volume=volume, scripts=scripts)
        self.assertNotEqual(0, again.exit_code())
        self.assertIn("20-wrong.sql failed", again.logs())

        (scripts / "20-wrong.sql").write_text("CREATE TABLE mended ();")
        mended = Database(volume=volume, scripts=scripts).ready()

        self.assertEqual("half|mended", mended.value("SELECT to_regclass('half') || '|' || to_regclass('mended')"))


    def stopped_in(self, initdb: str) -> str:
        """The volume of a first start that was killed while initdb, which this stands in for, was at work."""
        volume, stand_in = engine.volume(), engine.folder(initdb=f"#!/bin/bash\ninitdb() {{ /usr/lib/postgresql/17/bin/initdb \"$@\"; }}\n{initdb}")
        (stand_in / "initdb").chmod(0o755)
        path = "/stand-in:/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin"
        database = Database("--volume", f"{stand_in}:/stand-in:ro", "--env", f"PATH={path}", "--env", "POSTGRES_USER=bones", volume=volume)
        database.wait_for_log("initdb is at work")
        engine.run("kill", database.name)
        return volume

    def test_that_was_killed_while_it_made_the_cluster_is_done_anew(self):
        volume = self.stopped_in('initdb "$@"; echo "initdb is at work" >&2; sleep infinity')

        database = Database("--env", "POSTGRES_USER=bones", volume=volume, user="bones")
        database.wait_for("ready", lambda: database.running() and database.ask("SELECT 1", "bones", check=False).returncode == 0)

        self.assertIn("it is done anew", database.logs())
        self.assertEqual("", database.execute("find", DATA, "-maxdepth", "1", "-name", ".*", "!", "-path", DATA).stdout)

    def test_is_not_called_done_before_all_of_it_is_on_the_disk(self):
        volume = self.stopped_in('if [[ $1 == --sync-only ]]; then echo "initdb is at work" >&2; sleep infinity; fi; initdb "$@"')

        database = Database("--env", "POSTGRES_USER=bones", volume=volume, user="bones")
        database.wait_for("ready", lambda: database.running() and database.ask("SELECT 1", "bones", check=False).returncode == 0)

        self.assertIn("it is done anew", database.logs())


class AVolumeWithTwoServers(unittest.TestCase):
    def setUp(self):
        self.volume = engine.volume()
        self.first = Database(volume=self.volume).ready()

    def test_is_refused_to_the_second_and_the_first_goes_on(self):
        second = Database("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", volume=self.volume)

        self.assertEqual(1, second.exit_code(), second.logs())
        self.assertIn(f"error: another server is using the data in {DATA}", second.logs())
        self.assertIn("docker ps --filter volume=NAME", second.logs())
        self.first.ask("CREATE TABLE kept AS SELECT 42 AS answer")
        self.assertEqual("42", self.first.value("SELECT answer FROM kept"))

    def test_goes_to_the_second_when_the_first_stops_meanwhile(self):
        second = Database(volume=self.volume)
        second.wait_for("waiting", lambda: "flock" in engine.output("top", second.name))

        self.assertEqual(0, self.first.stop())

        self.assertEqual("1", second.ready().value("SELECT 1"))

    def test_is_not_kept_by_one_that_was_killed(self):
        engine.run("kill", self.first.name)

        second = Database("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", volume=self.volume).ready()

        self.assertIn("not properly shut down", second.logs())


class ALaterStart(unittest.TestCase):
    def test_keeps_data_and_password(self):
        volume = engine.volume()
        first = Database(volume=volume).ready()
        first.ask("CREATE TABLE kept AS SELECT 42 AS answer")
        first.stop()
        first.remove()

        second = Database(volume=volume, password="another")
        second.password = PASSWORD

        self.assertEqual("42", second.ready().value("SELECT answer FROM kept"))

    def test_survives_a_crash(self):
        volume = engine.volume()
        first = Database(volume=volume).ready()
        first.ask("CREATE TABLE kept AS SELECT 42 AS answer")
        engine.run("kill", first.name)
        first.remove()

        self.assertEqual("42", Database(volume=volume).ready().value("SELECT answer FROM kept"))


class AStop(unittest.TestCase):
    def test_is_quick_and_clean_though_a_client_is_at_work(self):
        volume = engine.volume()
        database = Database(volume=volume).ready()
        client = threading.Thread(target=database.ask, args=("SELECT pg_sleep(60)",), kwargs={"check": False})
        client.start()
        database.wait_for("at work", lambda: database.value("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(60)' AND pid <> pg_backend_pid()") == "1")

        code = database.stop()
        client.join()

        self.assertEqual(0, code)
        self.assertIn("database system is shut down", database.logs())
        self.assertNotIn("not properly shut down", Database(volume=volume).ready().logs())


class WhatIsRefused(unittest.TestCase):
    def refused(self, message: str, *options: str, **settings):
        database = Database(*options, **settings)
        self.assertEqual(1, database.exit_code(), database.logs())
        self.assertIn(message, database.logs())

    def test_no_password(self):
        self.refused("POSTGRES_PASSWORD is empty", password=None)

    def test_a_password_and_a_file_of_it(self):
        self.refused("POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are both set", "--env", "POSTGRES_PASSWORD_FILE=/etc/hostname")

    def test_a_file_that_is_not_there(self):
        self.refused("POSTGRES_PASSWORD_FILE is '/nowhere', which cannot be read", "--env", "POSTGRES_PASSWORD_FILE=/nowhere", password=None)

    def test_a_folder_that_holds_something_else(self):
        volume = engine.volume()
        engine.run("run", "--rm", "--name", engine.new_name(), "--volume", f"{volume}:{DATA}", "--entrypoint", "touch", engine.DATABASE, f"{DATA}/photo.jpg")
        self.refused(f"{DATA} is not empty, but is no cluster", volume=volume)
        self.assertEqual("photo.jpg", engine.output("run", "--rm", "--name", engine.new_name(), "--volume", f"{volume}:{DATA}", "--entrypoint", "ls", engine.DATABASE, DATA))
