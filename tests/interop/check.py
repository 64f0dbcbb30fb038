"""Reads what Strongroom made with tools that Strongroom did not make: `cryptography`, `asn1crypto`, `PyJWT`.

Usage: check.py FOLDER, which holds holder.der, issuing.der, root.der, request.der, list.der, token.txt, token.key,
expected.json. Prints one word, `agreed`, or says where the two do not agree.
"""

import hashlib
import json
import pathlib
import sys

import jwt
from asn1crypto import core
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

PREFIX = b"CompositeAlgorithmSignatures2025"
LABEL = b"COMPSIG-MLDSA65-Ed25519-SHA512"
OID = "1.3.6.1.5.5.7.6.48"
MLDSA_KEY, MLDSA_SIGNATURE = 1952, 3309


def halves(key: bytes):
    return (
        mldsa.MLDSA65PublicKey.from_public_bytes(key[:MLDSA_KEY]),
        ed25519.Ed25519PublicKey.from_public_bytes(key[MLDSA_KEY:]),
    )


def verify(key: bytes, signature: bytes, message: bytes):
    """Both halves of the composite over its message representative; the context of X.509 is empty."""
    representative = PREFIX + LABEL + b"\x00" + hashlib.sha512(message).digest()
    lattice, curve = halves(key)
    lattice.verify(signature[:MLDSA_SIGNATURE], representative, context=LABEL)
    curve.verify(signature[MLDSA_SIGNATURE:], representative)


def must_fail(key: bytes, signature: bytes, message: bytes, at: int):
    """One flipped bit in either half is noticed."""
    broken = bytearray(signature)
    broken[at] ^= 1
    try:
        verify(key, bytes(broken), message)
    except InvalidSignature:
        return
    raise AssertionError(f"a signature with a flipped bit at {at} verified")


def key_of(der: bytes, path) -> bytes:
    """The subject's public key, found by walking the DER: no library knows its algorithm yet."""
    value = core.Sequence.load(der)[0]
    info = value[path]
    assert info[0][0].dotted == OID, info[0][0].dotted
    bits = info[1]
    return bytes(bits.contents[1:])


def certificate(folder: pathlib.Path, name: str):
    der = (folder / f"{name}.der").read_bytes()
    return x509.load_der_x509_certificate(der), key_of(der, 6)


def main(folder: pathlib.Path):
    expected = json.loads((folder / "expected.json").read_text())
    root, root_key = certificate(folder, "root")
    issuing, issuing_key = certificate(folder, "issuing")
    holder, holder_key = certificate(folder, "holder")

    for subject, key in ((root, root_key), (issuing, root_key), (holder, issuing_key)):
        assert subject.signature_algorithm_oid.dotted_string == OID
        verify(key, subject.signature, subject.tbs_certificate_bytes)
        for at in (0, MLDSA_SIGNATURE - 1, MLDSA_SIGNATURE):
            must_fail(key, subject.signature, subject.tbs_certificate_bytes, at)
    assert holder.issuer == issuing.subject and issuing.issuer == root.subject
    assert format(holder.serial_number, "x") == expected["serial"]
    common_name = holder.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert [name.value for name in common_name] == [expected["user"]]
    assert holder.not_valid_after_utc.timestamp() == int(expected["not_after_s"])
    assert hashlib.sha3_256((folder / "holder.der").read_bytes()).hexdigest() == expected["certificate"]
    basic = issuing.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical and basic.value.ca and basic.value.path_length == 0
    usage = holder.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and not usage.key_cert_sign
    authority = holder.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    subject = issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert authority.key_identifier == subject.digest
    unknown = [e for e in holder.extensions if isinstance(e.value, x509.UnrecognizedExtension)]
    assert len(unknown) == 1 and unknown[0].critical, "the seven controls are one critical extension"

    der = (folder / "request.der").read_bytes()
    request = x509.load_der_x509_csr(der)
    assert key_of(der, 2) == holder_key, "the certificate holds the key that was asked for"
    verify(holder_key, request.signature, request.tbs_certrequest_bytes)
    must_fail(holder_key, request.signature, request.tbs_certrequest_bytes, 7)

    listed = x509.load_der_x509_crl((folder / "list.der").read_bytes())
    verify(issuing_key, listed.signature, listed.tbs_certlist_bytes)
    must_fail(issuing_key, listed.signature, listed.tbs_certlist_bytes, MLDSA_SIGNATURE + 5)
    number = listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert str(number) == expected["crl_number"]
    assert listed.get_revoked_certificate_by_serial_number(holder.serial_number) is None
    entry = listed.get_revoked_certificate_by_serial_number(int(expected["revoked"], 16))
    assert entry is not None, "a revoked certificate is on the list"
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    assert reason == x509.ReasonFlags.key_compromise

    token = (folder / "token.txt").read_text()
    key = (folder / "token.key").read_bytes()
    claims = jwt.decode(token, key, algorithms=["HS256"])
    assert claims["sub"] == expected["user"] and claims["crt"] == expected["certificate"]
    assert claims["exp"] - claims["iat"] == 600 and claims["cnf"]["kid"]
    for wrong_key, algorithms in ((key[::-1], ["HS256"]), (key, ["HS512"]), (key, ["none"])):
        try:
            jwt.decode(token, wrong_key, algorithms=algorithms)
        except jwt.InvalidTokenError:
            continue
        raise AssertionError(f"a token verified under {algorithms}")
    print("agreed")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
