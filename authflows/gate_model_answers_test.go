package authflows_test

import (
	"github.com/descope/virtualwebauthn"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/authflows/factors/totp"
	"github.com/tenantgate/tenantgate/internal/amr"
)

// gateTry is an answer, and what the model knows of it.
type gateTry struct {
	c      *gateChallenge
	in     authflows.Answer
	user   *gateUser  // whom it would prove
	method amr.Method // that it would prove
	wrong  bool       // it must not count
	sure   bool       // it must not be refused as wrong

	app  *gateApp
	step int64
	code *gateCode
	made *gateKey // that it enrols
}

// someChallenge returns a challenge, more often one of late.
func (g *gate) someChallenge(which func(*gateChallenge) bool) *gateChallenge {
	var of []*gateChallenge
	for _, c := range g.challenges {
		if which(c) {
			of = append(of, c)
		}
	}
	if late := of[max(0, len(of)-3):]; len(of) > 0 && g.dice.chance(85) {
		return pick(&g.dice, late)
	}
	if len(of) == 0 {
		return nil
	}
	return pick(&g.dice, of)
}

// answerSome answers a challenge, well or badly.
func (g *gate) answerSome() {
	c := g.someChallenge(func(c *gateChallenge) bool { return !c.ended || g.dice.chance(10) })
	if c == nil {
		return
	}
	if g.dice.chance(30) {
		g.submit(g.aim(c, true))
		return
	}
	g.pursue(c)
}

// pursue answers a challenge, and mostly also what is asked for next, as well as the user can.
func (g *gate) pursue(c *gateChallenge) {
	for range 4 {
		if c.purpose == gateEnrol && !c.ended && (c.begun == nil || g.dice.chance(10)) {
			g.beginEnrol(c)
			g.check()
		}
		n := len(g.challenges)
		try := g.aim(c, false)
		g.submit(try)
		next := g.challenges[n:]
		g.repeat(try)
		if len(next) == 0 || g.dice.chance(20) {
			return
		}
		g.check()
		c = next[0]
	}
}

// aim makes an answer to a challenge, right as far as the user can give one.
func (g *gate) aim(c *gateChallenge, badly bool) *gateTry {
	factor := pick(&g.dice, c.Factors)
	if g.dice.chance(4) {
		factor = pick(&g.dice, []amr.Method{amr.Password, amr.EmailCode, amr.TOTP, amr.Passkey, amr.RecoveryCode})
	}
	try := &gateTry{c: c, user: c.user, method: factor, in: authflows.Answer{
		Challenge: c.ID, Factor: factor, Device: g.device(c.user), TrustDevice: g.dice.chance(60), NewPassword: g.newPassword(),
	}}
	if c.purpose == gateEnrol && c.begun != nil && g.dice.chance(10) {
		try.method, try.in.Factor = c.begun.Factor, "" // which says enough
	}
	switch {
	case c.purpose == gateEnrol || c.purpose == gateOwn:
		g.firstAnswer(try, badly)
	case badly || !g.fulfil(try):
		g.spoil(try)
	}
	if c.purpose != gateEnrol && factor == try.in.Factor && g.dice.chance(5) {
		try.in.Factor = ""
		if len(c.Factors) == 1 && c.Factors[0] != factor {
			try.wrong, try.sure = true, false // not the one that it was made for
		}
	}
	return try
}

// unnamed reports whether nothing says by which factor the answer is, or none was begun to enrol.
func (t *gateTry) unnamed() bool {
	if t.c.purpose == gateEnrol {
		return t.c.begun == nil
	}
	return t.in.Factor == "" && len(t.c.Factors) > 1
}

// device is where a request comes from: one that nobody knows, one of the user's or another user's.
func (g *gate) device(u *gateUser) authflows.Device {
	d := laptop
	if u != nil && len(u.devices) > 0 && g.dice.chance(60) {
		d.Token = pick(&g.dice, u.devices[max(0, len(u.devices)-2):]).token
	} else if other := g.someUser(g.slug()); other != nil && len(other.devices) > 0 && g.dice.chance(10) {
		d.Token = pick(&g.dice, other.devices).token
	}
	return d
}

// fulfil makes an answer right. It reports false where the user has nothing to answer with.
func (g *gate) fulfil(try *gateTry) bool {
	c, u := try.c, try.user
	switch {
	case try.method == amr.EmailCode && c.code != "":
		try.in.Code, try.sure = c.code, true
		if c.secret != "" && g.dice.chance(50) {
			try.in.Secret = c.secret
		}
	case try.method == amr.Passkey && len(c.PublicKey) > 0:
		return g.assert(try)
	case u == nil:
		return false
	case try.method == amr.Password && u.password != "":
		try.in.Password, try.sure = u.password, true
	case try.method == amr.TOTP && len(u.apps) > 0:
		try.app = pick(&g.dice, u.apps)
		offset := g.dice.roll(3) - 1
		try.step = totp.Step(g.now()) + int64(offset)
		try.in.Code = codeIn(g.t, g.env, try.app.secret, offset)
		try.wrong = try.step <= try.app.lastStep
		try.sure = !try.wrong
	case try.method == amr.RecoveryCode && len(u.codes) > 0:
		try.code = pick(&g.dice, u.codes)
		try.in.Code, try.wrong, try.sure = try.code.text, try.code.used, !try.code.used
	default:
		return false
	}
	return true
}

// assert answers with a passkey of the user, or of anybody where nobody is known.
func (g *gate) assert(try *gateTry) bool {
	if try.user == nil {
		try.user = g.someUser(try.c.slug)
	}
	if try.user == nil || len(try.user.keys) == 0 {
		try.user = try.c.user
		return false
	}
	verified := g.dice.chance(65)
	if !verified {
		try.method = amr.PasskeyTouch
	}
	try.in.Credential = pick(&g.dice, try.user.keys).get(g.t, try.c.PublicKey, verified)
	return true
}

// spoil makes an answer wrong: one that nobody could give, or one that is right elsewhere.
func (g *gate) spoil(try *gateTry) {
	c, u := try.c, try.user
	try.wrong, try.sure = true, false
	try.in.Code = "013579"
	other := g.someUser(g.slug())
	foreign := other != nil && other != u && g.dice.chance(60)
	switch try.method {
	case amr.EmailCode:
		if c.code != "" {
			try.in.Code = another(c.code)
		}
	case amr.Password:
		try.in.Password = wrongPassword
		if foreign && other.password != "" {
			try.in.Password = other.password
		}
	case amr.TOTP:
		if foreign && len(other.apps) > 0 {
			try.in.Code = codeIn(g.t, g.env, pick(&g.dice, other.apps).secret, 0)
		} else if u != nil && len(u.apps) > 0 { // two steps away
			try.in.Code = codeIn(g.t, g.env, pick(&g.dice, u.apps).secret, pick(&g.dice, []int{-2, 2}))
		}
	case amr.RecoveryCode:
		try.in.Code = "00000-00000"
		if foreign && len(other.codes) > 0 {
			try.in.Code = pick(&g.dice, other.codes).text
		}
	default:
		g.spoilAssertion(try, other, foreign)
	}
}

func (g *gate) spoilAssertion(try *gateTry, other *gateUser, foreign bool) {
	options := try.c.PublicKey
	if len(options) == 0 {
		try.in.Credential = []byte(`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{}}`)
		return
	}
	key := &gateKey{credential: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)} // that nobody registered
	switch {
	case foreign && try.c.user != nil && len(other.keys) > 0:
		key = pick(&g.dice, other.keys)
	case try.user != nil && len(try.user.keys) > 0: // over another challenge
		key = pick(&g.dice, try.user.keys)
		c := g.someChallenge(func(c *gateChallenge) bool { return c.ID != try.c.ID && len(c.PublicKey) > 0 })
		if c != nil {
			options = c.PublicKey
			break
		}
		key = &gateKey{credential: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)}
	}
	try.in.Credential = key.get(g.t, options, true)
}

// firstAnswer answers with a factor that is about to be enrolled.
func (g *gate) firstAnswer(try *gateTry, badly bool) {
	begun := try.c.begun
	try.in.Code = "013579"
	if begun == nil || begun.Factor != try.method || badly {
		try.wrong = true
		try.in.Credential = []byte(`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{}}`)
		return
	}
	if try.method == amr.TOTP {
		try.step = totp.Step(g.now())
		try.in.Code, try.sure = codeIn(g.t, g.env, begun.Secret, 0), true
		return
	}
	verified := g.dice.chance(65)
	if !verified {
		try.method = amr.PasskeyTouch
	}
	try.made, try.in.Credential = newGateKey(g.t, begun.PublicKey, verified)
}
