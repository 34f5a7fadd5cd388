"""run.py [TEST...]: the tests of the chart, each against the same API server; TEST is as unittest takes it: test_rights, or
test_rights.RightsTests. Run by scripts/test-install.sh."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import rig  # noqa: E402

MODULES = ["test_chart", "test_manifests", "test_release", "test_rights"]


def main():
    failed = True
    try:
        tests = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:] or MODULES)
        result = unittest.TextTestRunner(verbosity=2).run(tests)
        failed = not result.wasSuccessful() or result.testsRun == 0
    finally:
        rig.stop_shared(failed)
    sys.exit(1 if failed else 0)


main()
