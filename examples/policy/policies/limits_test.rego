package main

plan(reason, billing) := {
	"summary": {"grant": 1, "change": 0},
	"plan": {"users": [{
		"name": "OceanAPILAKESIDE",
		"rules": [{"reason": reason}],
		"changes": [{
			"address": "lakeside/OceanAPILAKESIDE/Main Street/Singh, Anita (1042)",
			"before": {"columns": {"billing": "none"}},
			"after": {"columns": {"billing": billing}},
			"rule": 0,
		}],
	}]},
}

test_billing_without_a_ticket_is_denied if {
	count(deny) == 1 with input as plan("cover", "full")
	count(deny) == 1 with input as plan(null, "full")
}

test_billing_with_a_ticket_passes if {
	count(deny) == 0 with input as plan("cover, ticket 881", "full")
}

test_other_columns_need_no_ticket if {
	count(deny) == 0 with input as plan(null, "none")
}

test_many_rows_are_worth_a_look if {
	count(warn) == 1 with input as object.union(plan(null, "none"), {"summary": {"grant": 51, "change": 0}})
}
