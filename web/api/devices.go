package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tenantgate/tenantgate/authflows"
	"github.com/tenantgate/tenantgate/internal/fault"
	"github.com/tenantgate/tenantgate/internal/ids"
	"github.com/tenantgate/tenantgate/web/httpx"
)

func registerDevices(a huma.API) {
	register(a, takesDevice(signedIn(tagDevices, http.MethodGet, "/devices", "listDevices", "List the user's trusted devices",
		"Those on which no second factor is asked for, newest first, at most 100.")),
		listDevices)
	register(a, noContent(signedIn(tagDevices, http.MethodDelete, "/devices/{id}", "forgetDevice", "Trust a device no more", "")),
		forgetDevice, fault.NotFound)
}

// takesDevice describes the header that names the device, which httpx reads.
func takesDevice(op huma.Operation) huma.Operation {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: httpx.DeviceHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
		Description: "The device_token of an earlier sign-in on this device; a cookie where the tenant chose cookies",
	})
	return op
}

// TrustedDevice is a device on which its user need not give a second factor.
type TrustedDevice struct {
	ID        string    `json:"id" example:"dev_01ka8k3v9wf5xr2q8m7n4p6s0t"`
	Device    string    `json:"device" doc:"Browser and system, as far as they are known" example:"Firefox on Linux"`
	Address   string    `json:"address" doc:"The address it was trusted from"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Current   bool      `json:"current" doc:"The device of this request"`
}

type devicesReply struct {
	Body struct {
		Devices []TrustedDevice `json:"devices"`
	}
}

func listDevices(ctx context.Context, _ *struct{}) (*devicesReply, error) {
	flows, caller, err := httpx.Caller(ctx)
	if err != nil {
		return nil, err
	}
	list, current, err := flows.TrustedDevices(ctx, caller, httpx.From(ctx).Device())
	if err != nil {
		return nil, err
	}
	reply := &devicesReply{}
	reply.Body.Devices = []TrustedDevice{}
	for _, d := range list {
		reply.Body.Devices = append(reply.Body.Devices, TrustedDevice{
			ID: d.PublicID(), Device: authflows.DescribeAgent(d.UserAgent), Address: d.Address,
			CreatedAt: d.CreatedAt, ExpiresAt: d.ExpiresAt, Current: d.ID == current,
		})
	}
	return reply, nil
}

type devicePath struct {
	ID string `path:"id" doc:"The device" example:"dev_01ka8k3v9wf5xr2q8m7n4p6s0t"`
}

func forgetDevice(ctx context.Context, in *devicePath) (*done, error) {
	return leave(ctx, false, func(f *authflows.Flows, c *authflows.Caller) error {
		id, err := parse(ids.Device, in.ID, fault.NotFound)
		if err != nil {
			return err
		}
		return f.ForgetDevice(ctx, c, id)
	})
}
