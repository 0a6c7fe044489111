"""Settings and certificate files that the entry point refuses, and where it finds a certificate."""
import os

import pytest
from certificates import Pair, encrypted, expired_pair, new_pair, put, serves, tls_folder
from front import Front, image

PAIR = new_pair()

WRONG_SETTINGS = {
    "BLOG_URL=siteblog:8000": "BLOG_URL is 'siteblog:8000'; it must be an HTTP URL without query, such as http://siteblog:8000",
    "BLOG_URL=http://a;b": "BLOG_URL is 'http://a;b'",
    "BLOG_URL=http://a\nb": "BLOG_URL is 'http://a\nb'",
    "CACHE=maybe": "CACHE is 'maybe'; it must be 'on' or 'off'",
    "HSTS=1": "HSTS is '1'; it must be 'on' or 'off'",
    "HTTPS_PORT=0": "HTTPS_PORT is '0'; it must be a port from 1 to 65535",
    "HTTPS_PORT=65536": "HTTPS_PORT is '65536'",
    "HTTPS_PORT=https": "HTTPS_PORT is 'https'",
    "HTTP3_PORT=on": "HTTP3_PORT is 'on'; it must be a port from 1 to 65535",
    "SITE_HOSTS=a;b": "SITE_HOSTS is 'a;b'; it must be host names and addresses separated by spaces, or 'certificate'",
    "TLS_HOST=-x": "TLS_HOST is '-x'; it must be a host name or an IP address",
    "SITE_HOSTS=certificate": "SITE_HOSTS is 'certificate', but /www/tls is empty",
    "TLS_CERTIFICATE=/run/secrets/none.pem": "/run/secrets/none.pem does not exist",
    "TLS_KEY=/etc/hostname": "/www/tls/fullchain.pem does not exist",
}


class Refused:
    """A container in which the entry point can run again and again."""

    def __init__(self, engine):
        self.folder = engine.folder()
        self._container = engine.start(image(), "--volume", f"{self.folder}:/www/tls:ro", "--entrypoint", "sleep", command=("infinity",))

    def error(self, **settings: str) -> str:
        done = self._container.execute("docker-entrypoint.sh", "nginx", "-t", env=settings, check=False)
        assert done.returncode == 1
        assert done.stderr.count("error: ") == 1
        return done.stderr


@pytest.fixture(scope="module")
def refused(shared_engine):
    return Refused(shared_engine)


@pytest.fixture
def folder(refused):
    """The folder at /www/tls, with a good pair before the test and empty after it."""
    put(refused.folder, PAIR)
    yield refused.folder
    refused.folder.chmod(0o755)
    for file in refused.folder.iterdir():
        file.unlink()


@pytest.mark.parametrize("setting", WRONG_SETTINGS)
def test_a_wrong_setting_is_refused(refused, setting):
    name, _, value = setting.partition("=")
    assert refused.error(**{name: value}).startswith(f"error: {WRONG_SETTINGS[setting]}")


def test_a_key_that_Nginx_cannot_read_is_refused(refused, folder):
    (folder / "privkey.pem").chmod(0o600)
    assert refused.error() == ("error: /www/tls/privkey.pem is not a file that user 10001 can read: "
                               "give it to that group on the host (chgrp 10001, chmod 640)\n")


def test_a_folder_that_Nginx_cannot_enter_is_refused(refused, folder):
    folder.chmod(0o700)
    assert refused.error() == ("error: /www/tls is not accessible to user 10001: "
                               "give the mounted folder to that group on the host (chgrp 10001, chmod 750)\n")


def test_a_certificate_without_a_key_is_refused(refused, folder):
    (folder / "privkey.pem").unlink()
    assert refused.error().startswith("error: /www/tls/privkey.pem does not exist: mount a folder with fullchain.pem and privkey.pem")


def test_a_link_out_of_the_container_is_refused(refused, folder):
    (folder / "privkey.pem").unlink()
    (folder / "privkey.pem").symlink_to("../../archive/site/privkey1.pem")
    assert refused.error().startswith("error: /www/tls/privkey.pem is a link to ../../archive/site/privkey1.pem, which does not exist in the container")


@pytest.mark.parametrize("pair, message", [
    (Pair(new_pair().chain, PAIR.key), "key values mismatch"),
    (Pair("garbage", PAIR.key), 'cannot load certificate "/www/tls/fullchain.pem"'),
    (encrypted(PAIR), "the private key must not be encrypted"),
], ids=["mismatch", "garbage", "encrypted"])
def test_a_pair_that_Nginx_cannot_use_is_refused(refused, folder, pair, message):
    put(folder, pair)

    error = refused.error()

    assert error.startswith("error: the certificate /www/tls/fullchain.pem cannot be used: ")
    assert message in error
    assert len(error.splitlines()) == 1


def test_an_expired_certificate_is_served_with_a_warning(engine):
    expired = expired_pair()

    front = Front(engine, tls=tls_folder(engine, expired))

    assert serves(front, expired)
    assert "warning: visitors will refuse the certificate /www/tls/fullchain.pem: certificate has expired" in front.logs()


def test_the_certificate_may_be_at_other_paths(engine):
    folder = tls_folder(engine, PAIR)
    os.rename(folder / "fullchain.pem", folder / "site.crt")
    os.rename(folder / "privkey.pem", folder / "site.key")

    front = Front(engine, "--volume", f"{folder}:/run/secrets:ro", "--env", "TLS_CERTIFICATE=/run/secrets/site.crt", "--env", "TLS_KEY=/run/secrets/site.key")

    assert serves(front, PAIR)
