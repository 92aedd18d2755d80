"""Reads a subunit stream; writes a line for each test: pass, fail or skip, a tab, its name without tags."""
import re
import sys

import subunit
import testtools

STATUSES = {"success": "pass", "xfail": "pass", "fail": "fail", "uxsuccess": "fail", "skip": "skip"}
outcomes = {}


class Outcomes(testtools.StreamResult):
    def status(self, test_id=None, test_status=None, **_):
        if test_id is None or test_status not in STATUSES:
            return
        name = re.sub(r"\[.*\]", "", test_id)
        # A class that cannot be taken down fails after its tests have passed: under a name of its own.
        if outcomes.get(name) != "fail":
            outcomes[name] = STATUSES[test_status]


subunit.ByteStreamToStreamResult(sys.stdin.buffer, non_subunit_name="stdout").run(Outcomes())
for name, outcome in sorted(outcomes.items()):
    print(f"{outcome}\t{name}")
