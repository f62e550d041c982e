"""What `make scan` makes of checkov's findings and of infra/scan.yaml."""

from __future__ import annotations

import pytest

from local.ops import policy_scan
from local.ops.policy_scan import KEPT, ROOT, Finding, Kept, judged, kept, templates

OPEN = Finding("CKV_AWS_18", "template.yaml", "AuditBucket", "access logs")


def test_a_finding_without_a_reason_is_told():
    assert list(judged([OPEN], [])) == ["template.yaml: AuditBucket: CKV_AWS_18 access logs"]


def test_a_finding_with_its_reason_is_kept():
    assert list(judged([OPEN], [Kept("CKV_AWS_18", "template.yaml", "*Bucket", "because")])) == []


@pytest.mark.parametrize(
    "other",
    [
        Kept("CKV_AWS_21", "template.yaml", "*Bucket", "another check"),
        Kept("CKV_AWS_18", "infra/console.yaml", "*Bucket", "another template"),
        Kept("CKV_AWS_18", "template.yaml", "BulletinBucket", "another resource"),
    ],
)
def test_a_reason_for_something_else_is_none_and_is_told_as_idle(other):
    told, idle = judged([OPEN], [other])
    assert "AuditBucket" in told
    assert "is not needed any more" in idle


def test_every_reason_says_something_about_a_template_that_is_scanned():
    reasons = kept(KEPT)
    assert reasons
    for one in reasons:
        assert len(one.why) > 40
        assert one.file in templates(ROOT)


def test_every_template_is_scanned(tmp_path):
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "new.yaml").write_text("AWSTemplateFormatVersion: '2010-09-09'\n")
    (tmp_path / "infra" / "prices.yaml").write_text("prices: {}\n")
    assert templates(tmp_path) == ["template.yaml", "infra/new.yaml"]


def test_every_action_of_a_statement_is_held_against_the_reference(monkeypatch):
    asked = []
    monkeypatch.setattr(policy_scan, "_asked", lambda _python, _script, told: asked.append(told) or "[]")
    statement = {"Effect": "Deny", "Action": ["s3:GetObject", "s3:*"], "Resource": "*"}
    role = {"Policies": [{"PolicyDocument": {"Statement": [statement | {"Action": "sqs:SendMesage"}]}}]}
    bucket = {"PolicyDocument": {"Statement": [statement]}}
    unknown = policy_scan.unknown_actions(
        {"Resources": {"R": {"Properties": role}, "B": {"Properties": bucket}}}
    )
    assert (unknown, asked) == ([], ['["s3:GetObject", "sqs:SendMesage"]'])
