"""What all tests share."""

from __future__ import annotations

import freezegun

# freezegun looks through every module: it would wake the lazy imports of some under a frozen clock, and
# leave one in those that time the tests themselves.
freezegun.configure(extend_ignore_list=["_pytest", "aws_lambda_powertools", "hypothesis", "pydantic"])
