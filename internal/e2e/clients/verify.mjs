// Verifies an access token as a relying party does, by the published keys alone:
//
//   node verify.mjs JWKS_URL ISSUER AUDIENCE TOKEN
//
// Prints its algorithm and subject, or fails with the reason.
import { createRemoteJWKSet, jwtVerify } from "jose";

const [jwksURL, issuer, audience, token] = process.argv.slice(2);
try {
  const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(jwksURL)), {
    issuer,
    audience,
    typ: "at+jwt",
    algorithms: ["ES256", "EdDSA", "RS256"],
    requiredClaims: ["exp", "iat", "sub", "jti", "client_id", "sid"],
  });
  console.log(protectedHeader.alg, payload.sub);
} catch (error) {
  console.error(error.code, error.message);
  process.exit(1);
}
