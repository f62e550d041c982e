"""KMS, Secrets Manager, IAM: signatures, secrets, rights."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.conformance.refusals import code, known

TEXT = b"2026-11-29T12:00:00Z\ndigest/2026/11/29/11.json\nabc\nnull"
ALGORITHM = "ECDSA_SHA_256"


@pytest.fixture(scope="module")
def kms(target):
    return target.client("kms")


@pytest.fixture(scope="module")
def signed(kms, make):
    """A key and its signature of TEXT, as the parameters of Verify."""
    asked = {"KeyId": make.signing_key(), "MessageType": "RAW", "SigningAlgorithm": ALGORITHM}
    return asked | {"Signature": kms.sign(**asked, Message=TEXT)["Signature"]}


def test_a_signature_verifies(kms, signed):
    """What a key signed, the same key verifies.

    Source: AWS KMS API Reference, Verify.
    """
    assert kms.verify(**signed, Message=TEXT)["SignatureValid"] is True


def test_a_signature_of_something_else_is_refused(kms, signed):
    """A signature that does not fit the message fails with KMSInvalidSignatureException.

    Source: AWS KMS API Reference, Verify.
    """
    assert code(kms.verify, **signed, Message=TEXT + b".") == "KMSInvalidSignatureException"


def test_the_public_key_verifies_anywhere(kms, signed):
    """GetPublicKey gives a DER-encoded SubjectPublicKeyInfo, and an ECDSA signature is DER: any library
    verifies it.

    Source: AWS KMS API Reference, GetPublicKey and Sign.
    """
    public = load_der_public_key(kms.get_public_key(KeyId=signed["KeyId"])["PublicKey"])
    assert isinstance(public.curve, SECP256R1)
    public.verify(signed["Signature"], TEXT, ECDSA(SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signed["Signature"], TEXT + b".", ECDSA(SHA256()))


def test_a_raw_message_has_at_most_4096_bytes(kms, signed):
    """Sign takes a message of up to 4,096 bytes as it is.

    Source: AWS KMS API Reference, Sign.
    """
    asked = {name: value for name, value in signed.items() if name != "Signature"}
    kms.sign(**asked, Message=b"x" * 4096)
    assert code(kms.sign, **asked, Message=b"x" * 4097) == "ValidationException"


def test_a_secret_gives_its_newest_text(target, make):
    """GetSecretValue gives the version labelled AWSCURRENT; the one before it is AWSPREVIOUS.

    Source: AWS Secrets Manager API Reference, PutSecretValue.
    """
    secrets, arn = target.client("secretsmanager"), make.secret("first")
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "first"
    secrets.put_secret_value(SecretId=arn, SecretString="second")
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "second"
    before = secrets.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")
    assert before["SecretString"] == "first"


def test_a_generated_secret_is_as_asked(target):
    """A generated password has the length asked for, and no punctuation where that is excluded.

    Source: AWS Secrets Manager API Reference, GetRandomPassword.
    """
    secrets = target.client("secretsmanager")
    made = secrets.get_random_password(PasswordLength=64, ExcludePunctuation=True)["RandomPassword"]
    assert (len(made), made.isalnum()) == (64, True)


@pytest.fixture(scope="module")
def writer(target, make):
    """A table, and a client of a user who may put items of the partition FEEDS into it, nothing else."""
    table = make.table()
    arn = target.client("dynamodb").describe_table(TableName=table)["Table"]["TableArn"]
    leading = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["FEEDS"]}}
    allowed = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": arn, "Condition": leading}
    client = target.client_as(make.user(allowed), "dynamodb")
    feeds = {"TableName": table, "Item": {"pk": {"S": "FEEDS"}, "sk": {"S": "0"}}}
    known(target, client.put_item, **feeds)
    return client, feeds


def test_a_right_not_given_is_refused(writer):
    """What no policy allows is denied: who may put items may do nothing else.

    Source: IAM User Guide, Policy evaluation logic (reference_policies_evaluation-logic).
    """
    client, feeds = writer
    key = {"TableName": feeds["TableName"], "Key": feeds["Item"]}
    assert code(client.delete_item, **key) == "AccessDeniedException"


def test_a_right_can_be_for_some_partitions(writer):
    """With dynamodb:LeadingKeys a policy allows some partition keys, and others are refused.

    Source: Amazon DynamoDB Developer Guide, IAM policy conditions for fine-grained access
    (specifying-conditions).
    """
    client, feeds = writer
    other = feeds | {"Item": feeds["Item"] | {"pk": {"S": "ALERT"}}}
    assert code(client.put_item, **other) == "AccessDeniedException"
