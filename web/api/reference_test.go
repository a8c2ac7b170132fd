package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantgate/tenantgate/web/webtest"
)

func TestTheReferenceIsGroupedInTheOrderOfUse(t *testing.T) {
	t.Parallel()
	d := describe(t, webtest.New(t))
	byPosition := map[int]string{}
	for path, operations := range d.Paths {
		for method, op := range operations {
			if strings.Contains(op.Summary, "one's") || byPosition[op.Position] != "" || len(op.Tags) != 1 {
				t.Errorf("%s %s: %q, tags %v, position %d", method, path, op.Summary, op.Tags, op.Position)
				continue
			}
			byPosition[op.Position] = op.Tags[0] + ": " + op.OperationID
		}
	}
	var got, groups []string
	for _, position := range slices.Sorted(maps.Keys(byPosition)) {
		got = append(got, byPosition[position])
	}
	want := []string{
		"Sign-up: signUp",
		"Sign-in: logIn", "Sign-in: logInByCode", "Sign-in: logInByPasskey",
		"Sign-in: answerChallenge", "Sign-in: resendChallenge", "Sign-in: beginChallengedFactor",
		"Session: refresh", "Session: listSessions", "Session: revokeSession", "Session: logOut", "Session: logOutAll",
		"Session: logOutOthers", "Session: stepUp",
		"Account: getMe", "Account: changeMe", "Account: deleteMe",
		"Identifiers: listIdentifiers", "Identifiers: addIdentifier", "Identifiers: changeIdentifier", "Identifiers: removeIdentifier",
		"Password: resetPassword", "Password: changePassword",
		"Factors: listFactors", "Factors: beginTOTP", "Factors: activateTOTP", "Factors: makeRecoveryCodes", "Factors: removeFactor",
		"Passkeys: beginPasskey", "Passkeys: addPasskey", "Passkeys: listPasskeys", "Passkeys: renamePasskey", "Passkeys: removePasskey",
		"Devices: listDevices", "Devices: forgetDevice",
		"Tenant: getConfig",
		"Tokens: introspect", "Tokens: revoke",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	for _, tag := range d.Tags {
		groups = append(groups, tag.Name)
		if tag.Description == "" {
			t.Errorf("%s is not described", tag.Name)
		}
	}
	if diff := cmp.Diff([]string{
		"Sign-up", "Sign-in", "Session", "Account", "Identifiers", "Password", "Factors", "Passkeys", "Devices", "Tenant", "Tokens",
	}, groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}
