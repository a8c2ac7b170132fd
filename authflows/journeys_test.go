package authflows_test

import (
	"fmt"
	"testing"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/flowtest"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// emailLink is a mailed code by its link.
const emailLink amr.Method = "email_link"

type ways = []amr.Method

// journey is the life of a user, from sign-up via enrolment, sign-out, sign-in and step-up to the removal of its factors.
type journey struct {
	policy   string     // in force from the sign-out on
	password bool       // that it signs up with
	has      ways       // what it enrols; recovery codes come with an app
	by       ways       // what it signs in by, each after the other
	asked    []string   // what each challenge asks for after the first proof
	level    amr.Level  // of the session
	raise    amr.Method // what it steps up by: a second factor where it has one
}

// journeys are one for each way in, and one for each pair.
var journeys = []journey{
	// One way in.
	{"optional", true, nil, ways{amr.Password}, nil, amr.AAL1, amr.Password},
	{"optional", true, nil, ways{amr.EmailCode}, nil, amr.AAL1, amr.Password},
	{"optional", true, nil, ways{emailLink}, nil, amr.AAL1, amr.Password},
	{"optional", false, nil, ways{amr.EmailCode}, nil, amr.AAL1, amr.EmailCode},
	{"optional", false, nil, ways{emailLink}, nil, amr.AAL1, amr.EmailCode},
	{"optional", true, ways{amr.Passkey}, ways{amr.Passkey}, nil, amr.AAL2, amr.Passkey},
	{"optional", false, ways{amr.Passkey}, ways{amr.Passkey}, nil, amr.AAL2, amr.Passkey},
	{"required", true, ways{amr.TOTP, amr.Passkey}, ways{amr.Passkey}, nil, amr.AAL2, amr.TOTP},
	{"off", true, ways{amr.TOTP}, ways{amr.Password}, nil, amr.AAL1, amr.TOTP},
	// After a password.
	{"optional", true, ways{amr.TOTP}, ways{amr.Password, amr.TOTP}, []string{"recovery_code totp"}, amr.AAL2, amr.TOTP},
	{"optional", true, ways{amr.TOTP}, ways{amr.Password, amr.RecoveryCode}, []string{"recovery_code totp"}, amr.AAL2, amr.TOTP},
	{"optional", true, ways{amr.Passkey}, ways{amr.Password, amr.Passkey}, []string{"passkey"}, amr.AAL2, amr.Passkey},
	{"optional", true, ways{amr.Passkey}, ways{amr.Password, amr.PasskeyTouch}, []string{"passkey"}, amr.AAL2, amr.Passkey},
	{"required", true, ways{amr.TOTP}, ways{amr.Password, amr.TOTP}, []string{"recovery_code totp"}, amr.AAL2, amr.RecoveryCode},
	{"required", true, ways{amr.TOTP}, ways{amr.Password, amr.RecoveryCode}, []string{"recovery_code totp"}, amr.AAL2, amr.TOTP},
	{"required", true, ways{amr.Passkey}, ways{amr.Password, amr.Passkey}, []string{"passkey"}, amr.AAL2, amr.Passkey},
	{"required", true, ways{amr.Passkey}, ways{amr.Password, amr.PasskeyTouch}, []string{"passkey"}, amr.AAL2, amr.PasskeyTouch},
	// After a mailed code, which is no factor.
	{"optional", true, ways{amr.TOTP}, ways{amr.EmailCode, amr.TOTP}, []string{"recovery_code totp"}, amr.AAL1, amr.RecoveryCode},
	{"optional", false, ways{amr.TOTP}, ways{amr.EmailCode, amr.TOTP}, []string{"recovery_code totp"}, amr.AAL1, amr.TOTP},
	{"optional", true, ways{amr.TOTP}, ways{amr.EmailCode, amr.RecoveryCode}, []string{"recovery_code totp"}, amr.AAL1, amr.TOTP},
	{"optional", true, ways{amr.Passkey}, ways{amr.EmailCode, amr.Passkey}, []string{"passkey"}, amr.AAL2, amr.Passkey},
	{"optional", true, ways{amr.Passkey}, ways{amr.EmailCode, amr.PasskeyTouch}, []string{"passkey"}, amr.AAL1, amr.Passkey},
	{"optional", false, ways{amr.Passkey}, ways{emailLink, amr.Passkey}, []string{"passkey"}, amr.AAL2, amr.Passkey},
	{"optional", true, ways{amr.TOTP}, ways{emailLink, amr.TOTP}, []string{"recovery_code totp"}, amr.AAL1, amr.TOTP},
	{
		"required", true,
		ways{amr.TOTP},
		ways{amr.EmailCode, amr.Password, amr.TOTP},
		[]string{"password recovery_code totp", "recovery_code totp"},
		amr.AAL2, amr.TOTP,
	},
	{
		"required", true,
		ways{amr.TOTP},
		ways{amr.EmailCode, amr.TOTP, amr.Password},
		[]string{"password recovery_code totp", "password"},
		amr.AAL2, amr.TOTP,
	},
	{
		"required", true,
		ways{amr.TOTP},
		ways{emailLink, amr.RecoveryCode, amr.Password},
		[]string{"password recovery_code totp", "password"},
		amr.AAL2, amr.TOTP,
	},
	{
		"required", true,
		ways{amr.Passkey},
		ways{amr.EmailCode, amr.Password, amr.PasskeyTouch},
		[]string{"passkey password", "passkey"},
		amr.AAL2, amr.Passkey,
	},
	{
		"required", true,
		ways{amr.Passkey},
		ways{amr.EmailCode, amr.PasskeyTouch, amr.Passkey},
		[]string{"passkey password", "passkey password"},
		amr.AAL2, amr.Passkey,
	},
	{"required", false, ways{amr.Passkey}, ways{emailLink, amr.Passkey}, []string{"passkey"}, amr.AAL2, amr.Passkey},
	// After a passkey that was only touched.
	{"optional", true, ways{amr.Passkey}, ways{amr.PasskeyTouch}, nil, amr.AAL1, amr.Passkey},
	{"required", true, ways{amr.Passkey}, ways{amr.PasskeyTouch, amr.Password}, []string{"passkey password"}, amr.AAL2, amr.Passkey},
	{"required", true, ways{amr.TOTP, amr.Passkey}, ways{amr.PasskeyTouch, amr.Password}, []string{"passkey password"}, amr.AAL2, amr.TOTP},
	{"required", false, ways{amr.Passkey}, ways{amr.PasskeyTouch, amr.Passkey}, []string{"passkey"}, amr.AAL2, amr.Passkey},
}

func (j journey) String() string {
	who := map[bool]string{true: "a user", false: "a user without a password"}[j.password]
	return fmt.Sprintf("%s, %s with %v by %v", j.policy, who, j.has, j.by)
}

func TestEveryPairOfFactorsFromSignUpToRemoval(t *testing.T) {
	t.Parallel()
	flowtest.Each(t, func(t *testing.T, env *flowtest.Env) {
		for i, j := range journeys {
			t.Run(j.String(), func(t *testing.T) { // one after the other, for the clock is one
				slug := fmt.Sprintf("journey-%d", i)
				env.CreateTenant(t, slug)
				env.Set(t, slug, "magic.signup=true", "mail.link_url=https://app.ex.test/in", "passkeys.user_verification=preferred")
				p := &traveller{T: t, env: env, slug: slug, flows: func() *authflows.Flows { return env.Flows(t, slug) }}
				p.travel(j)
			})
		}
	})
}
