package authflows

import (
	"strings"

	"github.com/mileusna/useragent"
)

// DescribeAgent names a browser and its system in our own words, such as "Firefox on Linux": the user agent itself is a
// stranger's text, which no mail repeats.
func DescribeAgent(agent string) string {
	ua := useragent.Parse(agent)
	browser, system := known(ua.Name, browsers), known(ua.OS, systems)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	default:
		return system
	}
}

var (
	browsers = []string{"Chrome", "Firefox", "Safari", "Edge", "Opera", "Samsung Browser", "curl"}
	systems  = []string{"Windows", "macOS", "Linux", "Android", "iOS", "ChromeOS"}
)

func known(name string, names []string) string {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return n
		}
	}
	return ""
}
