package authflows

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// Resend mails a new code for an open challenge and voids the old one. The answer is a new challenge with a new id; beyond
// abuse.mails it looks the same and nothing is mailed. Faults: challenge_expired, factor_not_offered, mail_unavailable,
// rate_limited.
func (f *Flows) Resend(ctx context.Context, id uuid.UUID, d Device) (_ *Step, err error) {
	ctx, end := f.begin(ctx, "resend")
	defer end(&err)
	if err := f.limitAddress(ctx, d); err != nil {
		return nil, err
	}
	if err := f.mailable(); err != nil {
		return nil, err
	}
	row, err := f.peek(ctx, id)
	if err != nil {
		return nil, err
	}
	again, err := f.reissue(row, d)
	if err != nil {
		return nil, err
	}
	if err := f.limitMail(ctx, again.letter, again.subject, false); err != nil {
		return nil, err
	}
	c, err := store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (*Challenge, error) {
		if err := f.use(ctx, tx, row.ID); err != nil {
			return nil, err
		}
		return f.issueIn(ctx, tx, again)
	})
	return &Step{Challenge: c}, err
}

// reissue returns the issue that made a challenge, with a letter from the device that asks now.
func (f *Flows) reissue(row *ent.Challenge, d Device) (issue, error) {
	in := issue{purpose: row.Purpose, factors: methods(row.Factors), proofs: methods(row.Proofs)}
	if row.UserID != nil {
		in.user = *row.UserID
	}
	if row.SessionID != nil {
		in.session = *row.SessionID
	}
	switch row.Purpose {
	case purposeSignup:
		var pending pendingSignup
		if err := f.unseal(row, &pending); err != nil {
			return in, err
		}
		email, _ := pending.email()
		in.kind, in.subject, in.payload = KindEmailCode, email.Normal, pending
		in.letter, in.link = f.letter(pending.Kind, email.Value, d), pending.linkable() && f.linkLeads()
	case purposeReset:
		var pending pendingReset
		if err := f.unseal(row, &pending); err != nil {
			return in, err
		}
		if pending.Handed {
			return in, fault.New(fault.FactorNotOffered) // nothing was mailed
		}
		in.kind, in.subject, in.payload, in.link = KindReset, pending.Subject, pending, f.isNative()
		in.letter = f.letter(mail.PasswordReset, pending.To, d)
	case purposeSignIn, purposeStepUp:
		return f.reissueProof(row, in, d)
	case purposeIdentifier:
		var pending pendingIdentifier
		if err := f.unseal(row, &pending); err != nil {
			return in, err
		}
		in.kind, in.subject, in.payload = KindEmailCode, userSubject(in.user), pending
		in.letter = f.letter(mail.IdentifierCode, pending.To, d)
	default:
		return in, fault.New(fault.FactorNotOffered)
	}
	return in, nil
}

// reissueProof is reissue for a code that signs in or steps up.
func (f *Flows) reissueProof(row *ent.Challenge, in issue, d Device) (issue, error) {
	if !slices.Equal(row.Factors, []string{string(amr.EmailCode)}) {
		return in, fault.New(fault.FactorNotOffered)
	}
	var pending pendingProof
	if err := f.unseal(row, &pending); err != nil {
		return in, err
	}
	in.kind, in.subject, in.payload = KindEmailCode, pending.Identifier, pending
	if row.Purpose == purposeStepUp {
		in.subject = userSubject(in.user)
	}
	in.letter = f.letter(mail.EmailCode, pending.To, d)
	in.link = row.Purpose == purposeSignIn && f.linkLeads()
	return in, nil
}
