"""Asks rego-cpp what `data.main` says of an input: ask.py INPUT POLICY…"""
import json
import sys

import regopy

engine = regopy.Interpreter()
for path in sys.argv[2:]:
    with open(path, encoding="utf-8") as policy:
        engine.add_module(path, policy.read())
with open(sys.argv[1], encoding="utf-8") as document:
    engine.set_input(json.load(document))
print(str(engine.query("data.main")))
