// A real OpenID provider (the package oidc-provider) as an OAuth 2.0 issuer for the tests: it grants its clients JWT access
// tokens for the register, on a free port of 127.0.0.1, until its standard input ends. Once it listens it says in one line of
// JSON who it is, whom its tokens are for, and its clients' secrets, which are new each time like its keys.
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { createServer } from 'node:http';

// Node 18, which Debian 12 has, lacks these two; the provider expects them.
globalThis.crypto ??= webcrypto;
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
const { default: Provider } = await import('oidc-provider');

const AUDIENCE = 'https://register.example.gov.uk';

// What each client is at the register, and the algorithm that its tokens are signed by.
const CLIENTS = {
  admin: { alg: 'RS256', claims: { mutuals_role: 'admin' } },
  'cabinet-editor': {
    alg: 'ES256',
    claims: { mutuals_role: 'department_editor', mutuals_departments: ['cabinet-office'] },
  },
  auditor: { alg: 'EdDSA', claims: { mutuals_role: 'auditor' } },
  'lost-editor': {
    alg: 'RS256',
    claims: { mutuals_role: 'department_editor', mutuals_departments: ['no-such-department'] },
  },
  stranger: { alg: 'RS256', claims: {} },
};

const secrets = Object.fromEntries(Object.keys(CLIENTS).map((id) => [id, randomBytes(24).toString('base64url')]));

const signingKey = (alg, type, options) => {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `test-${alg}` };
};
const keys = [
  signingKey('RS256', 'rsa', { modulusLength: 2048 }),
  signingKey('ES256', 'ec', { namedCurve: 'P-256' }),
  signingKey('EdDSA', 'ed25519', {}),
];

const server = createServer();
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: Object.entries(secrets).map(([client_id, client_secret]) => ({
    client_id,
    client_secret,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  jwks: { keys },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      // The audience is whatever service a client names, as with many an issuer.
      getResourceServerInfo: (context, resource, client) => ({
        scope: '',
        audience: resource,
        accessTokenTTL: 300,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: CLIENTS[client.clientId].alg } },
      }),
    },
  },
  extraTokenClaims: (context, token) => CLIENTS[token.clientId].claims,
});
server.on('request', provider.callback());

process.stdin.resume().on('end', () => process.exit(0));
console.log(JSON.stringify({ issuer, audience: AUDIENCE, secrets }));
