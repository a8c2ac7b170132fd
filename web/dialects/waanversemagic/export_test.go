package waanversemagic

// Views are the error tables, by what they are of.
func Views() map[string]func(error) error {
	return map[string]func(error) error{
		"no endpoint": func(err error) error { return err },
		"sign-up":     onSignup.refuse, "its code": onSignupCode.refuse,
		"sign-in": onLogin.refuse, "the code of that": onLoginCode.refuse,
		"passkey options": onPasskeyOptions.refuse, "passkey": onPasskey.refuse, "passkey sign-in": onPasskeyLogin.refuse,
		"refresh": onRefresh.refuse, "session": onSession.refuse,
	}
}
