# What this region wants of every plan, beside the limits of the manifest. The same file runs in
# conftest:  conftest test --policy policies plan.json
package main

# Nobody's billing is opened without a reason that names a ticket.
deny contains {"msg": msg, "address": change.address} if {
	some user in input.plan.users
	some change in user.changes
	change.after.columns.billing != "none"
	before(change) == "none"
	rule := user.rules[change.rule]
	not names_a_ticket(rule)
	msg := sprintf("%s would gain billing without a ticket", [user.name])
}

# More than fifty rows at once are worth a second look.
warn contains msg if {
	rows := input.summary.grant + input.summary.change
	rows > 50
	msg := sprintf("%d rows would be granted or changed at once", [rows])
}

before(change) := object.get(change.before.columns, "billing", "none")

names_a_ticket(rule) if regex.match(`(?i)ticket [0-9]+`, rule.reason)
