"""Prints what the policy denies of a plan, as JSON: rego.py POLICY PLAN."""

import json
import sys

import regorus

engine = regorus.Engine()
engine.add_policy_from_file(sys.argv[1])
engine.set_input_from_json_file(sys.argv[2])
print(json.dumps(sorted(json.loads(engine.eval_rule_as_json("data.main.deny")))))
