package securitydoc

// Case is something that must hold under attack or fault.
type Case struct {
	ID    string
	Title string
	// Open says why no test names the case yet. Empty means that nothing it needs is missing.
	Open string
}

// Group is the cases of one subject.
type Group struct {
	Prefix, Title string
	Cases         []Case
}

// What is not built yet leaves its cases open.
const (
	needsOIDC    = "comes with the OIDC provider"
	needsIdPs    = "comes with sign-in by other identity providers"
	needsHooks   = "comes with webhooks"
	needsPages   = "comes with the hosted pages"
	needsConsole = "comes with the console"
	needsRelease = "comes with the second release"
	needsStats   = "comes with the benchmarks, as a measurement"
)

// Groups is every case, as far as they are known. Adding one here and naming its id in a test is all it takes.
var Groups = []Group{
	{"TEN", "Tenants stay apart", []Case{
		{"TEN-01", "An access token is worth nothing at another tenant", ""},
		{"TEN-02", "A refresh token tried at another tenant is refused and not used up", ""},
		{"TEN-03", "Sessions of another tenant cannot be seen or ended by their id", ""},
		{"TEN-04", "A token whose kid or issuer is rewritten is refused", ""},
		{"TEN-05", "A key shared by two tenants makes no token valid at both", ""},
		{"TEN-06", "Forged host headers do not choose the tenant", ""},
		{"TEN-07", "A slug that is used again inherits nothing", ""},
		{"TEN-08", "A shared cache never mixes two tenants' answers", ""},
		{"TEN-09", "No admin operation reaches another tenant's objects", ""},
		{"TEN-10", "A suspended tenant is refused everywhere, and resuming revives no session", ""},
		{"TEN-11", "Separators in names share no counter, cache entry or lock", ""},
	}},
	{"JWT", "Access tokens", []Case{
		{"JWT-01", "Unsigned tokens are refused", ""},
		{"JWT-02", "A public key is never taken for a shared secret", ""},
		{"JWT-03", "A key verifies its own algorithm only", ""},
		{"JWT-04", "Keys named by the token's header are ignored, and nothing is fetched", ""},
		{"JWT-05", "Strange kids are refused without side effects", ""},
		{"JWT-06", "Times outside the leeway, or malformed, are refused", ""},
		{"JWT-07", "Each kind of token is refused where another is expected", ""},
		{"JWT-08", "Tokens for another audience are refused", ""},
		{"JWT-09", "Huge tokens are refused quickly", ""},
		{"JWT-10", "Only the canonical spelling of a token counts", ""},
	}},
	{"PWD", "Passwords and enumeration", []Case{
		{"PWD-01", "Bytes beyond the seventy-second count", ""},
		{"PWD-02", "A NUL does not cut a password short", ""},
		{"PWD-03", "Passwords are compared in one Unicode normal form, else exactly", ""},
		{"PWD-04", "Huge passwords are refused before hashing", ""},
		{"PWD-05", "The policy asks for length and refuses what is guessable", ""},
		{"PWD-06", "Log-ins do not tell which accounts exist", needsStats},
		{"PWD-07", "Sign-ups do not tell which addresses are taken", ""},
		{"PWD-08", "Asking for a reset or a code does not tell which addresses are known", needsStats},
		{"PWD-09", "An address has one canonical form everywhere", ""},
		{"PWD-10", "Look-alike addresses are other accounts, spellings of a domain are not", ""},
		{"PWD-11", "Changing a password needs the current one and ends other sessions", ""},
		{"PWD-12", "Parallel log-ins upgrade an old hash once", ""},
	}},
	{"LNK", "Linking and accounts prepared by an attacker", []Case{
		{"LNK-01", "A password set before an address was proven does not survive its owner's sign-in", needsIdPs},
		{"LNK-02", "Sessions from before the proof of an address are dead after it", ""},
		{"LNK-03", "Factors from before the proof of an address are removed by it", ""},
		{"LNK-04", "A reset voids every change that is pending", ""},
		{"LNK-05", "An identity provider's doubtful address links nothing", needsIdPs},
		{"LNK-06", "Linking needs a recent proof and the browser that began it", needsIdPs},
	}},
	{"OTC", "Mailed codes and links", []Case{
		{"OTC-01", "Five wrong answers burn a code", ""},
		{"OTC-02", "Parallel tries get no more than the limit evaluated", ""},
		{"OTC-03", "A code works once", ""},
		{"OTC-04", "A newer code voids the older one", ""},
		{"OTC-05", "A right code sent many times at once signs in once", ""},
		{"OTC-06", "A code answers the purpose it was mailed for only", ""},
		{"OTC-07", "A code counts for its own challenge, not for another's account", ""},
		{"OTC-08", "A code ends after its lifetime and stays over", ""},
		{"OTC-09", "Mailed links hold the configured origin whatever the request says", ""},
		{"OTC-10", "Scanners that open a link use nothing up", ""},
		{"OTC-11", "One mailbox gets a limited number of mails", ""},
		{"OTC-12", "Values that are no code are never taken for one", ""},
	}},
	{"MFA", "Second factors", []Case{
		{"MFA-01", "A half-finished sign-in opens nothing but its next step", ""},
		{"MFA-02", "A time-based code works once, on any replica", ""},
		{"MFA-03", "Failures count per account, across sign-ins", ""},
		{"MFA-04", "A right time-based code sent many times at once succeeds once", ""},
		{"MFA-05", "One step of drift is accepted and no more", ""},
		{"MFA-06", "Adding a factor needs the factors that are there", ""},
		{"MFA-07", "Removing a factor needs a fresh proof", ""},
		{"MFA-08", "A recovery code works once, and a new set voids the old", ""},
		{"MFA-09", "Recovery codes cannot be read again", ""},
		{"MFA-10", "An enrolment that was not confirmed is no factor", ""},
		{"MFA-11", "A pending sign-in names its user; requests do not", ""},
		{"MFA-12", "A tenant that requires a second factor lets nobody past enrolment without one", ""},
	}},
	{"WAN", "Passkeys", []Case{
		{"WAN-01", "An assertion works once", ""},
		{"WAN-02", "A challenge of another flow, user or tenant is refused", ""},
		{"WAN-03", "Other origins and relying parties are refused", ""},
		{"WAN-04", "User presence and verification are enforced as set", ""},
		{"WAN-05", "A credential signs in its own user only", ""},
		{"WAN-06", "A counter that goes back is noticed", ""},
		{"WAN-07", "A credential is registered once", ""},
		{"WAN-08", "Malformed registrations are refused quickly", ""},
		{"WAN-09", "Backup flags that cannot be are refused", ""},
		{"WAN-10", "Nobody locks themselves out by removing the last passkey unawares", ""},
	}},
	{"SES", "Sessions and refresh", []Case{
		{"SES-01", "An old refresh token ends its session", ""},
		{"SES-02", "Parallel refreshes log nobody out", ""},
		{"SES-03", "A retry after a lost answer gets the same successor", ""},
		{"SES-04", "An ended session is refused on every replica", ""},
		{"SES-05", "Ending all sessions ends all of them, and says how many", ""},
		{"SES-06", "Ids change at each rise of privilege", ""},
		{"SES-07", "Cookies carry every protection, and tokens are nowhere else", ""},
		{"SES-08", "Other sites cannot act with a visitor's cookie", ""},
		{"SES-09", "Sessions of disabled users and suspended tenants are dead for good", ""},
		{"SES-10", "Idle and absolute limits hold however often one refreshes", ""},
		{"SES-11", "One sees and ends only one's own sessions", ""},
		{"SES-12", "Two credentials in one request are never mixed", ""},
	}},
	{"OID", "OIDC provider", []Case{
		{"OID-01", "Redirects go to registered addresses exactly", needsOIDC},
		{"OID-02", "PKCE is required, and S256", needsOIDC},
		{"OID-03", "A code redeemed twice ends what it gave", needsOIDC},
		{"OID-04", "Codes and refresh tokens belong to their client", needsOIDC},
		{"OID-05", "A code is short-lived and bound to where it was asked", needsOIDC},
		{"OID-06", "State, nonce and issuer come back", needsOIDC},
		{"OID-07", "Prompt, max_age and acr_values are obeyed", needsOIDC},
		{"OID-08", "Clients authenticate as registered", needsOIDC},
		{"OID-09", "Logging out never redirects where it should not", needsOIDC},
		{"OID-10", "Introspection and revocation reveal nothing of others", needsOIDC},
	}},
	{"GQL", "Admin GraphQL", []Case{
		{"GQL-01", "Aliases multiply no limited operation", ""},
		{"GQL-02", "Batches multiply no limited operation", ""},
		{"GQL-03", "Deep, wide and huge documents are refused quickly", ""},
		{"GQL-04", "Strangers learn nothing of the schema", ""},
		{"GQL-05", "Ids of others answer like random ones", ""},
		{"GQL-06", "Mutations come as JSON by POST only", ""},
		{"GQL-07", "Errors reveal no internals", ""},
		{"GQL-08", "Personal data is closed on every path to it", ""},
	}},
	{"ADM", "Admins and secrets", []Case{
		{"ADM-01", "Each scope allows exactly its operations", ""},
		{"ADM-02", "No key makes itself or another stronger", ""},
		{"ADM-03", "Wrong and revoked keys are refused everywhere", ""},
		{"ADM-04", "No secret is in logs, metrics or the database", ""},
		{"ADM-05", "Not even owners can read secrets", ""},
		{"ADM-06", "One owner comes of the first set-up, and no default credentials exist", ""},
	}},
	{"WHK", "Webhooks", []Case{
		{"WHK-01", "Inside addresses are refused when saved and when dialled", needsHooks},
		{"WHK-02", "Redirects are not followed", needsHooks},
		{"WHK-03", "Signatures cover body, id and time", needsHooks},
		{"WHK-04", "A slow or huge receiver harms nobody else", needsHooks},
		{"WHK-05", "Deliveries are repeated until they succeed, and never lost", needsHooks},
	}},
	{"INP", "Input and output", []Case{
		{"INP-01", "Bodies are capped, compressed ones refused", ""},
		{"INP-02", "Connections that drip are closed and harm nobody", ""},
		{"INP-03", "Malformed, doubled and deep JSON is refused", ""},
		{"INP-04", "Only one JSON content type is taken", ""},
		{"INP-05", "Invalid text is refused in every field", ""},
		{"INP-06", "Line breaks make no further header or mail", ""},
		{"INP-07", "A search takes wildcards literally", needsConsole},
		{"INP-08", "Hostile text makes one escaped log record", ""},
		{"INP-09", "Templates of tenants can neither call nor loop", needsPages},
		{"INP-10", "Strangers' names put no link into a mail", ""},
	}},
	{"RTL", "Rate limits", []Case{
		{"RTL-01", "Forwarding headers of strangers do not change whom a limit counts", ""},
		{"RTL-02", "A network of IPv6 addresses is one, and so is a mapped IPv4 address", ""},
		{"RTL-03", "Each limit answers when to try again", ""},
		{"RTL-04", "An attempt is counted before it is checked, on any number of replicas", ""},
		{"RTL-05", "No attacker locks a victim out", ""},
	}},
	{"KEY", "Signing and master keys", []Case{
		{"KEY-01", "Tokens outlive a rotation of their key", ""},
		{"KEY-02", "Keys are published before they sign", ""},
		{"KEY-03", "Tokens of a compromised key are refused", ""},
		{"KEY-04", "A dump is worthless without the master key, and a wrong one is refused", ""},
		{"KEY-05", "Parallel rotations leave one active key", ""},
	}},
	{"RAC", "Races", []Case{
		{"RAC-01", "Parallel sign-ups of one address make one account", ""},
		{"RAC-02", "Parallel creations of one slug make one tenant", ""},
		{"RAC-03", "A tenant keeps an owner", ""},
	}},
	{"DIA", "Dialects", []Case{
		{"DIA-01", "A dialect that is off is not there", ""},
		{"DIA-02", "All dialects share one budget of failures", needsPages},
		{"DIA-03", "What was used in one dialect is used in all", ""},
		{"DIA-04", "State does not change by GET with cookies alone", ""},
		{"DIA-05", "Codes in paths stay out of logs", ""},
		{"DIA-06", "A step's ticket names its user, not the body", ""},
		{"DIA-07", "Recovery codes are shown only where a dialect must", ""},
		{"DIA-08", "Tokens of one dialect never count for more elsewhere", needsOIDC},
		{"DIA-09", "Password and code in one request reveal neither", ""},
		{"DIA-10", "Dialects that name duplicates are limited", ""},
		{"DIA-11", "A field sent twice has one rule", ""},
	}},
	{"OPS", "Faults and operations", []Case{
		{"OPS-01", "Without Redis the service goes on and limits hold", ""},
		{"OPS-02", "Forgetting Redis brings nothing back", ""},
		{"OPS-03", "A stopped database is answered with 503 and recovered from", ""},
		{"OPS-04", "A slow database piles nothing up", ""},
		{"OPS-05", "Killed replicas lose nothing that they acknowledged", ""},
		{"OPS-06", "Mails wait for their server and are not lost", ""},
		{"OPS-07", "A full disk is refused cleanly and recovered from", ""},
		{"OPS-08", "Two versions run side by side during an upgrade", needsRelease},
		{"OPS-09", "Clocks that differ use nothing twice", ""},
		{"OPS-10", "A replica told to stop finishes what it has", ""},
	}},
}
