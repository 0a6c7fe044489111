"""Settings from the environment and the ini file."""

import pytest

from boneyard_blog.settings import ContactLink, DatabaseSettings, Environment, SettingError, Settings, check_ini

GOOD = {"BLOG_HOST": "db", "BLOG_USERNAME": "u", "BLOG_PASSWORD": "p", "SESSION_SECRET": "s" * 32}


def _settings(**changes) -> Settings:
    variables = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return Settings.from_environment(Environment(variables))


def test_the_variables_of_an_aspire_reference_are_read():
    settings = _settings(BLOG_PORT="6543", BLOG_DATABASENAME="journal", BLOG_URI="postgresql://ignored")

    assert settings.database == DatabaseSettings("db", 6543, "journal", "u", "p")


def test_database_url_is_an_alternative():
    settings = _settings(
        BLOG_HOST=None, BLOG_USERNAME=None, BLOG_PASSWORD=None, DATABASE_URL="postgresql://a%40b:c%2Fd@db:99/n"
    )

    assert settings.database == DatabaseSettings("db", 99, "n", "a@b", "c/d")


def test_a_secret_can_be_read_from_a_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file\n")

    assert _settings(BLOG_PASSWORD=None, BLOG_PASSWORD_FILE=str(file)).database.password == "from a file"


def test_contact_links_are_parsed():
    links = _settings(CONTACT_LINKS="Mastodon=https://example.org/@me?a=b, E-mail=mailto:me@example.org").contact_links

    assert links == (
        ContactLink("Mastodon", "https://example.org/@me?a=b"),
        ContactLink("E-mail", "mailto:me@example.org"),
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"BLOG_HOST": None}, "BLOG_HOST is not set"),
        ({"BLOG_USERNAME": ""}, "BLOG_USERNAME is not set"),
        ({"BLOG_PASSWORD": None}, "BLOG_PASSWORD is not set"),
        ({"BLOG_PORT": "abc"}, "BLOG_PORT=abc: must be a whole number from 1 to 65535"),
        ({"BLOG_PORT": "0"}, "BLOG_PORT=0: must be"),
        ({"BLOG_PORT": "70000"}, "BLOG_PORT=70000: must be"),
        ({"SESSION_SECRET": None}, "SESSION_SECRET is not set"),
        ({"SESSION_SECRET": "short"}, "SESSION_SECRET has 5 characters"),
        ({"FIRST_AUTHOR": "ada"}, "Only one of FIRST_AUTHOR and FIRST_AUTHOR_PASSWORD is set"),
        ({"FIRST_AUTHOR": "ada", "FIRST_AUTHOR_PASSWORD": "short"}, "FIRST_AUTHOR_PASSWORD has 5 characters"),
        ({"SITE_URL": "example.org"}, "SITE_URL=example.org: must look like"),
        ({"CONTACT_LINKS": "nonsense"}, "CONTACT_LINKS=nonsense: must look like"),
        ({"CONTACT_LINKS": "x=javascript:alert(1)"}, "CONTACT_LINKS=x=javascript:alert(1): must look like"),
        ({"GUNICORN_THREADS": "-1"}, "GUNICORN_THREADS=-1: must be"),
        ({"BLOG_PASSWORD_FILE": "/nowhere"}, "BLOG_PASSWORD and BLOG_PASSWORD_FILE are both set"),
        ({"BLOG_PASSWORD": None, "BLOG_PASSWORD_FILE": "/nowhere"}, "BLOG_PASSWORD_FILE=/nowhere: cannot be read"),
        ({"BLOG_HOST": None, "DATABASE_URL": "mysql://u:secret@h/n"}, "DATABASE_URL must look like"),
        ({"BLOG_HOST": None, "DATABASE_URL": "postgresql://u:secret@h:port/n"}, "DATABASE_URL must look like"),
    ],
)
def test_an_error_names_the_setting_and_the_remedy(changes, message):
    with pytest.raises(SettingError) as error:
        _settings(**changes)

    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_no_secret_is_in_the_representation():
    settings = _settings(
        SESSION_SECRET="z" * 40,
        BLOG_PASSWORD="hidden-password",
        FIRST_AUTHOR="a",
        FIRST_AUTHOR_PASSWORD="first-password",
    )

    assert "zzz" not in repr(settings) and "hidden" not in repr(settings) and "first-password" not in repr(settings)


def test_an_error_about_database_url_does_not_contain_the_password():
    with pytest.raises(SettingError) as error:
        _settings(BLOG_HOST=None, DATABASE_URL="mysql://u:secret@h/n")

    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blog.title": None}, "blog.title is not set: set it in the section [app:main] of the ini file"),
        ({"blog.title": ""}, "blog.title is not set"),
        ({"blog.title": "two\nlines"}, "blog.title='two\\nlines': must be one line"),
        ({"blog.tagline": None}, "blog.tagline is not set"),
        ({"blog.language": "English"}, "blog.language='English': must name a language, such as en or pt-BR"),
        ({"blog.language": 'en" onload="x'}, "must name a language"),
        ({"blog.posts_per_page": "ten"}, "blog.posts_per_page=ten: must be a whole number from 1 to 100"),
        ({"blog.posts_per_page": "0"}, "blog.posts_per_page=0: must be"),
        ({"blog.posts_per_page": None}, "blog.posts_per_page is not set"),
        ({"blog.statement_timeout_ms": "x"}, "blog.statement_timeout_ms=x: must be a whole number from 1 to 600000"),
        ({"blog.shared_max_age": "-1"}, "blog.shared_max_age=-1: must be a whole number from 0 to 86400"),
        ({"blog.development": "perhaps"}, "blog.development='perhaps': must be true or false"),
    ],
)
def test_an_error_names_the_ini_setting_and_the_remedy(ini_settings, changes, message):
    settings = {name: value for name, value in (ini_settings | changes).items() if value is not None}

    with pytest.raises(SettingError) as error:
        check_ini(settings)

    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_regional_language_and_an_empty_tagline_are_accepted(ini_settings):
    check_ini(ini_settings | {"blog.language": "pt-BR", "blog.tagline": ""})


def test_an_error_names_a_media_folder_that_is_not_writable(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "closed").mkdir(mode=0o555)

    for folder in ("file", "closed", "missing"):
        with pytest.raises(SettingError, match=f"MEDIA_FOLDER={tmp_path / folder}: must be a folder that user"):
            _settings(MEDIA_FOLDER=str(tmp_path / folder)).check_media_folder()
