package authflows

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantgate/tenantgate/authflows/accounts"
	"github.com/tenantgate/tenantgate/authflows/devices"
	"github.com/tenantgate/tenantgate/authflows/sessions"
	"github.com/tenantgate/tenantgate/authflows/tokens"
	"github.com/tenantgate/tenantgate/ent"
	"github.com/tenantgate/tenantgate/internal/amr"
	"github.com/tenantgate/tenantgate/internal/events"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/internal/mail"
	"github.com/tenantgate/tenantgate/internal/store"
)

// Device is where a request comes from.
type Device struct {
	Address   netip.Addr
	UserAgent string // as sent
	Token     string // the device token of an earlier sign-in, if the client sends one
}

// TrustedDevice is a device on which its user need not give a second factor.
type TrustedDevice = devices.Device

func (d Device) addressText() string {
	if !d.Address.IsValid() {
		return ""
	}
	return d.Address.Unmap().String()
}

// maxAgent is how much of a user agent is kept, in bytes.
const maxAgent = 512

// agentText is what is kept of the user agent, a stranger's bytes: Postgres keeps no others than these in text.
func (d Device) agentText() string {
	cut := d.UserAgent[:min(len(d.UserAgent), maxAgent)]
	return strings.ReplaceAll(strings.ToValidUTF8(cut, ""), "\x00", "")
}

// known returns the device of a request if a user has signed in on it before.
func (f *Flows) known(u *accounts.User, d Device) (tokens.Device, bool) {
	if u == nil || d.Token == "" {
		return tokens.Device{}, false
	}
	device, ok := tokens.ReadDevice(f.tenant.Keys, d.Token)
	return device, ok && device.User == u.ID && device.Version == u.DeviceVersion
}

// meet does what a sign-in means for its device: a new one gets a token and its owner a notice, one to be trusted is
// remembered. The token is empty where the device has one already and is not trusted now.
func (f *Flows) meet(ctx context.Context, tx *ent.Tx, a attempt, in inputs, s *sessions.Session) (token string, err error) {
	device, known := f.known(a.user, a.device)
	if !known {
		device = tokens.Device{User: a.user.ID, ID: ids.NewUnguessable(), Version: a.user.DeviceVersion}
		token = tokens.MintDevice(f.tenant.Keys, device)
	}
	days := f.tenant.Settings.MFA.TrustDeviceDays
	// Trust is earned by the very factor that it will spare, and is worth nothing where two are required.
	earned := in.gaveSecond() || amr.LevelOf(in.Proofs) == amr.AAL2
	if a.trust && days > 0 && earned && !in.required() {
		token = tokens.MintDevice(f.tenant.Keys, device)
		err := devices.Trust(ctx, tx, a.user.ID, devices.Device{
			DeviceID: device.ID, UserAgent: a.device.agentText(), Address: a.device.addressText(),
			CreatedAt: f.now(), ExpiresAt: daysFrom(f.now(), days),
		})
		if err != nil {
			return "", err
		}
		err = f.Events.Append(ctx, tx, events.Event{
			Type: events.DeviceTrusted, Actor: events.ActorUser, User: a.user.ID, Session: s.ID,
		})
		if err != nil {
			return "", err
		}
	}
	if known || a.signup || a.user.Email == "" || !a.user.EmailVerified || !f.CanMail(f.tenant) {
		return token, nil
	}
	notice := f.letter(mail.NewDevice, a.user.Email, a.device)
	notice.Session = s.ID
	return token, f.post(ctx, tx, *notice, s.CreatedAt.Add(noticeLife))
}

// noticeLife is how long the notice of a new device is worth sending.
const noticeLife = 7 * 24 * time.Hour

// TrustedDevices lists the caller's trusted devices, newest first, and which of them is the one of the request.
func (f *Flows) TrustedDevices(ctx context.Context, c *Caller, d Device) (_ []*TrustedDevice, current uuid.UUID, err error) {
	ctx, end := f.begin(ctx, "device_list")
	defer end(&err)
	list, err := devices.List(ctx, f.DB.Client, c.User.ID, f.now())
	if err != nil {
		return nil, uuid.Nil, err
	}
	if device, known := f.known(c.User, d); known {
		for _, trusted := range list {
			if trusted.DeviceID == device.ID {
				current = trusted.ID
			}
		}
	}
	return list, current, nil
}

// ForgetDevice trusts one of the caller's devices no more. The fault not_found stands for another user's too.
func (f *Flows) ForgetDevice(ctx context.Context, c *Caller, id uuid.UUID) (err error) {
	ctx, end := f.begin(ctx, "device_forget")
	defer end(&err)
	_, err = store.InTx(ctx, f.DB.Client, func(ctx context.Context, tx *ent.Tx) (struct{}, error) {
		var none struct{}
		had, err := devices.Forget(ctx, tx, c.User.ID, id)
		if err != nil {
			return none, err
		}
		if !had {
			return none, fault.New(fault.NotFound)
		}
		return none, f.Events.Append(ctx, tx, events.Event{
			Type: events.DeviceForgotten, Actor: events.ActorUser, User: c.User.ID, Session: c.Session.ID,
		})
	})
	return err
}

// forgetDevices makes every device of a user unknown and trusted no more.
func (f *Flows) forgetDevices(ctx context.Context, tx *ent.Tx, user uuid.UUID) error {
	if err := accounts.ForgetDevices(ctx, tx, user); err != nil {
		return err
	}
	return devices.ForgetAll(ctx, tx, user)
}
