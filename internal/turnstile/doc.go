// Package turnstile asks Cloudflare whether a person solved a captcha.
//
// It owns the exchange with siteverify and the reading of its answer. Which host and action a token must be of, and when
// one is asked for, authflows decides; the tenant's keys are package tenants'.
package turnstile
