package graph

// filterCost is what a list costs more where its filter may have to look at all there is, as a count does.
const filterCost = 20

// unindexed are the filters that no index of a list answers in its order.
var unindexed = []string{"from", "to", "status", "mfaEnrolled", "createdAfter", "createdBefore", "live", "client"}

// filtered returns what the filter among a field's arguments costs.
func filtered(arguments map[string]any) int {
	where, _ := arguments["where"].(map[string]any)
	for _, name := range unindexed {
		if where[name] != nil {
			return filterCost
		}
	}
	return 0
}
