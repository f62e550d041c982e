"""Where the emulator is not AWS, as data: what template.yaml loses for it, and what is set afterwards.

`for_the_emulator` and `complete_stack` do it. What the emulator cannot show, a test reads off the template as
AWS's own SAM translator expands it; `make rehearsal` prints the list, and a test holds it against both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` of the template, `how` it is treated here, `why`, and the test that reads it (`file::name`)."""

    what: str
    how: str
    why: str
    read_by: str


STRIPPED, CHANGED, REPAIRED, LEFT_OUT = "stripped", "changed", "set afterwards", "without effect"
TEMPLATE, GUARDS, ROLES, ROLLOUT, ALARMS = (
    f"tests/contract/test_{name}.py" for name in ("template", "guards", "roles", "rollout", "alarms")
)

DIFFERENCES = (
    Difference(
        "statements on aws:SecureTransport",
        STRIPPED,
        "there is no TLS here: they would lock everybody out",
        f"{TEMPLATE}::test_the_audit_bucket_s_policy_denies_everybody",
    ),
    Difference(
        "the audit bucket's statement on s3:if-none-match",
        STRIPPED,
        "every write is taken for one without the header",
        f"{TEMPLATE}::test_the_audit_bucket_s_policy_denies_everybody",
    ),
    Difference(
        "statements on aws:PrincipalArn",
        STRIPPED,
        "it is a role's session here, in AWS the role itself",
        f"{GUARDS}::test_only_the_roles_that_append_may_put_a_record",
    ),
    Difference(
        "versions, aliases and CodeDeploy of functions",
        STRIPPED,
        "there is no CodeDeploy, and no alias follows a saved file",
        f"{ROLLOUT}::test_a_rollout_is_stopped_and_undone_by_alarms",
    ),
    Difference(
        "the dashboard",
        STRIPPED,
        "there are no dashboards",
        f"{ALARMS}::test_the_dashboard_shows_every_alarm_and_draws_metrics_of_this_stack",
    ),
    Difference(
        "sqs:SendMessage",
        CHANGED,
        "a batch is asked for by a right of its own; in AWS it is the same one",
        f"{ROLES}::test_a_right_names_its_action_and_its_place",
    ),
    Difference(
        "ses:SendEmail on identities, by its sender",
        CHANGED,
        "it is held against every resource, and no sender is known",
        f"{ROLES}::test_an_email_goes_to_whatever_identity_but_from_the_sender_alone",
    ),
    Difference(
        "streams with a batching window",
        CHANGED,
        "the window is ignored, each record would start the function: a schedule stands for it",
        f"{TEMPLATE}::test_whatever_happens_to_a_record_is_in_the_stream_that_the_archive_reads",
    ),
    Difference(
        "a table's TTL, point-in-time recovery, encryption, deletion protection and resource policy",
        REPAIRED,
        "its CloudFormation drops them",
        f"{TEMPLATE}::test_an_audit_table_is_kept",
    ),
    Difference(
        "a bucket's object lock and lifecycle",
        REPAIRED,
        "its CloudFormation drops them",
        f"{TEMPLATE}::test_the_audit_bucket_is_locked_versioned_encrypted_closed_and_kept",
    ),
    Difference(
        "an authorizer without an identity source",
        REPAIRED,
        "its CloudFormation puts Authorization there",
        f"{TEMPLATE}::test_the_socket_asks_the_authorizer_and_names_no_identity_source",
    ),
    Difference(
        "addresses of the APIs in functions and outputs",
        REPAIRED,
        "the template names AWS's; here they are the emulator's",
        f"{TEMPLATE}::test_the_functions_addresses_are_the_region_s_own",
    ),
    Difference(
        "throttles of the APIs' stages",
        LEFT_OUT,
        "there is no throttling",
        f"{TEMPLATE}::test_what_is_open_to_the_network_cannot_take_the_candles_share",
    ),
    Difference(
        "access logs of the APIs' stages",
        LEFT_OUT,
        "there are no access logs",
        f"{TEMPLATE}::test_an_access_log_is_json_and_names_nothing_that_could_hold_a_token",
    ),
)
