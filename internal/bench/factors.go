package main

import (
	"context"
	"fmt"
	"strings"
)

// Sign-ins by passkeys and codes, and what each line holds.
const (
	// passkeySignIn is POST /login/passkey without an identifier and the answer to its challenge, counted as one.
	passkeySignIn = "passkey sign-in (2 requests)"
	// totpAnswer is the answer to a challenge that waits for a second factor, and the session that it opens. The password
	// before it is the line of login.
	totpAnswer = "TOTP answer"
	// codeRequest is POST /login/code and the mail that follows, taken by a mail server on the same machine.
	codeRequest = "code request and its mail"
	// codeAnswer is the answer with a code that was mailed, and the session that it opens. Its challenges are made
	// beforehand, so that their codes are known.
	codeAnswer = "code answer"
)

// factors lines up sign-ins by passkeys and codes with their parts.
func (l *lineup) factors() {
	n, slice := l.clients, l.sizes.slice
	l.part(partECDSA, slice/2)
	l.part(partAssertion, slice/2)
	l.served(passkeySignIn, slice, func() []script { return passkeyScripts(l.holders, n) })
	l.part(partHOTP, slice/4)
	l.part(partOpen, slice/4)
	l.served(totpAnswer, untilDone, func() []script { return answerScripts(take(&l.stepped, l.sizes.cold/2), n) })
	l.part(partMAC, slice/4)
	l.served(codeAnswer, untilDone, func() []script { return answerScripts(take(&l.coded, l.sizes.cold/2), n) })
	l.served(codeRequest, untilDone, func() []script { return l.codeRequests(l.sizes.cold/2, n) })
}

// codeRequests asks for codes. The last answer waits until all mails have left, so that their cost is in the turn.
func (s *stack) codeRequests(asked, clients int) []script {
	some := s.mailed[:min(asked, len(s.mailed))]
	s.mailed = append(s.mailed[len(some):len(s.mailed):len(s.mailed)], some...) // others have their turn first
	return mailScripts(some, clients, s.mails)
}

// warmFactors lets the server and the database see each kind of sign-in.
func (b *bench) warmFactors(ctx context.Context, s *stack) error {
	const clients = 8
	n := b.sizes.cold / 2
	if _, err := s.drive(ctx, passkeyScripts(s.holders, clients), b.sizes.slice); err != nil {
		return fmt.Errorf("warm up %s: %w", passkeySignIn, err)
	}
	for _, ready := range []struct {
		what    string
		scripts []script
	}{
		{totpAnswer, answerScripts(take(&s.stepped, n), clients)},
		{codeAnswer, answerScripts(take(&s.coded, n), clients)},
		{codeRequest, s.codeRequests(n, clients)},
	} {
		if _, err := s.drive(ctx, ready.scripts, untilDone); err != nil {
			return fmt.Errorf("warm up %s: %w", ready.what, err)
		}
	}
	return nil
}

// noteFactors tells of what has no bar of its own. The second of a pair has among the parts what every sign-in does beside
// its proof: it signs a token, and each of its requests is one of HTTP. A passkey's challenge is a commit of its own.
func (b *bench) noteFactors(on string, all samples) {
	for _, sum := range [][]string{
		{passkeySignIn, partECDSA, partCommit},
		{passkeySignIn, partAssertion, partCommit, partCommit, partSign, bareCheck, bareCheck},
		{totpAnswer, partHOTP, partOpen, partCommit},
		{totpAnswer, partHOTP, partOpen, partCommit, partSign, bareCheck},
		{codeAnswer, partMAC, partOpen, partCommit},
		{codeAnswer, partMAC, partOpen, partCommit, partSign, bareCheck},
		{codeRequest, partCommit},
	} {
		var each []string
		for _, n := range b.sizes.clients {
			each = append(each, fmt.Sprintf("%.2f times with %d clients", all.ratio(sum[0], n, sum[1:]...), n))
		}
		b.report.note("%s: %s ÷ (%s) is %s", on, sum[0], strings.Join(sum[1:], " + "), strings.Join(each, ", "))
	}
}

// explainFactors tells what the names hold.
func (b *bench) explainFactors() {
	b.report.note("%s: what go-webauthn does to read and check one, set up once. %s: its signature alone, with SHA-256. "+
		"%s and %s: on challenges made beforehand, without what led to them. %s: until a mail server on this machine has it.",
		partAssertion, partECDSA, totpAnswer, codeAnswer, codeRequest)
}
