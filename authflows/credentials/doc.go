// Package credentials keeps what users have registered as second factors and passkeys: passkeys, authenticator apps,
// recovery codes. Secrets come sealed or as digests.
//
// It checks no proof (authflows/factors does) and decides nothing: who may add or remove one is the flows'. That each code,
// step and counter is used once is held here, by conditional updates.
package credentials
