package main

import rego.v1

deny contains message if {
	some change in input.resource_changes
	change.type == "accuro_provider_permission"
	change.change.after.prescribe_for != "none"
	message := sprintf("%s would prescribe", [change.address])
}
