"""Prints what junitparser reads in a report, as JSON: junit.py REPORT."""

import json
import sys

from junitparser import Error, Failure, JUnitXml

report = JUnitXml.fromfile(sys.argv[1])


def case(one):
    bad = [result for result in one.result if isinstance(result, (Error, Failure))]
    return {
        "class": one.classname,
        "name": one.name,
        "results": [type(result).__name__.lower() for result in bad],
        "texts": [result.text for result in bad],
        "place": [one._elem.get("file"), one._elem.get("line")],
    }


suites = [{"name": suite.name, "tests": suite.tests, "cases": [case(one) for one in suite]} for suite in report]
print(json.dumps({"tests": report.tests, "failures": report.failures, "errors": report.errors, "suites": suites}))
