"""Certificates and TLS clients for the tests."""
import os
import secrets
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from engine import Engine
from front import Front


@dataclass
class Pair:
    """A certificate chain and its private key, in PEM."""
    chain: str
    key: str


def names(*values: str) -> list[x509.GeneralName]:
    def name(value: str) -> x509.GeneralName:
        try:
            return x509.IPAddress(ip_address(value))
        except ValueError:
            return x509.DNSName(value)
    return [name(value) for value in values]


def new_pair(*hosts: str, begin: datetime | None = None, end: datetime | None = None, with_issuer: bool = False,
             extensions: tuple[x509.ExtensionType, ...] = (), others: tuple[x509.GeneralName, ...] = ()) -> Pair:
    """A new certificate, valid for 30 days for localhost and 127.0.0.1 unless the arguments differ, self-signed or with its issuer."""
    begin = begin or datetime.utcnow() - timedelta(minutes=1)
    end = end or begin + timedelta(days=30)
    key = ec.generate_private_key(ec.SECP256R1())
    # A unique name: a client that trusts several certificates finds the right one by it.
    subject = _name(secrets.token_hex(8))
    alternatives = x509.SubjectAlternativeName([*names(*(hosts or ("localhost", "127.0.0.1"))), *others])
    if with_issuer:
        issuer_key, issuer = ec.generate_private_key(ec.SECP256R1()), _name(f"Issuer {secrets.token_hex(8)}")
        authority = _sign(issuer, issuer_key, issuer, issuer_key, begin, end, x509.BasicConstraints(ca=True, path_length=None))
        leaf = _sign(subject, key, issuer, issuer_key, begin, end, alternatives, *extensions)
        chain = _pem(leaf) + _pem(authority)
    else:
        chain = _pem(_sign(subject, key, subject, key, begin, end, alternatives, *extensions))
    return Pair(chain, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode())


def expired_pair() -> Pair:
    return new_pair(begin=datetime(2020, 1, 1), end=datetime(2021, 1, 1))


def client_pair() -> Pair:
    return new_pair(extensions=(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),))


def encrypted(pair: Pair) -> Pair:
    key = serialization.load_pem_private_key(pair.key.encode(), None)
    return Pair(pair.chain, key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")).decode())


def put(folder: Path, pair: Pair) -> None:
    """Replace both files, one after the other, as a renewal does."""
    for name, content in (("privkey.pem", pair.key), ("fullchain.pem", pair.chain)):
        new = folder / f"{name}.new"
        new.write_text(content)
        new.chmod(0o644)
        os.replace(new, folder / name)


def tls_folder(engine: Engine, pair: Pair) -> Path:
    folder = engine.folder()
    put(folder, pair)
    return folder


def trusting(*chains: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata="".join(chains))


def trusting_any() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def handshake(front: Front, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    return context.wrap_socket(socket.create_connection(("127.0.0.1", front.https), timeout=10), server_hostname="localhost", session=session)


def served_certificate(front: Front) -> str:
    """The certificate that a visitor gets, in PEM."""
    with handshake(front, trusting_any()) as connection:
        return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))


def serves(front: Front, pair: Pair) -> bool:
    return pair.chain.startswith(served_certificate(front))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _sign(subject, key, issuer, issuer_key, begin, end, *extensions) -> x509.Certificate:
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), begin, end)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
