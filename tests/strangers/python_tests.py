"""Runs tests of Python's own test suite and prints their names and results, sorted: no times and
no orders, so that two runs print the same.

    python_tests.py MODULE [--only PATTERN] [--but PATTERN]...

A PATTERN (as of fnmatch) is matched with CLASS.METHOD.
"""
import argparse
import fnmatch
import sys
import unittest

import test.support


class Names(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.results = {}

    def note(self, case, result):
        # A test can fail more than once: in itself, in a subtest and in its clean-up.
        self.results.setdefault(case.id(), set()).add(result)

    def addSuccess(self, case):
        super().addSuccess(case)
        self.note(case, "ok")

    def addSkip(self, case, reason):
        super().addSkip(case, reason)
        self.note(case, f"skipped: {reason}")

    def addFailure(self, case, error):
        super().addFailure(case, error)
        self.note(case, "FAILED\n" + self.failures[-1][1])

    def addError(self, case, error):
        super().addError(case, error)
        self.note(case, "ERROR\n" + self.errors[-1][1])

    def addSubTest(self, case, subtest, error):
        super().addSubTest(case, subtest, error)
        if error is not None:
            failed = issubclass(error[0], case.failureException)
            self.note(subtest, "FAILED\n" + (self.failures if failed else self.errors)[-1][1])

    def addExpectedFailure(self, case, error):
        super().addExpectedFailure(case, error)
        self.note(case, "failed as expected")

    def addUnexpectedSuccess(self, case):
        super().addUnexpectedSuccess(case)
        self.note(case, "FAILED to fail")


def cases(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from cases(part)
        else:
            yield part


def matches(case, patterns):
    name = ".".join(case.id().split(".")[-2:])
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("module")
    options.add_argument("--only", action="append", default=[])
    options.add_argument("--but", action="append", default=[])
    options = options.parse_args()
    test.support.verbose = False
    loaded = unittest.defaultTestLoader.loadTestsFromName(options.module)
    chosen = [
        case
        for case in cases(loaded)
        if (not options.only or matches(case, options.only)) and not matches(case, options.but)
    ]
    result = Names()
    # A suite, since it calls the set-up of modules and classes.
    unittest.TestSuite(chosen).run(result)
    for name, results in sorted(result.results.items()):
        print(name, *sorted(results))
    print(result.testsRun, "tests")
    sys.exit(not result.wasSuccessful())


# Processes that multiprocessing spawns import this file.
if __name__ == "__main__":
    main()
