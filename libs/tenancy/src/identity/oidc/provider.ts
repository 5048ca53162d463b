/** An issuer at which people sign in, and our client there. Without a tenant it is the deployment's. */
export interface Provider {
  /** `google` or `oidc` for those of the deployment, else the id of a tenant's row. */
  key: string;
  tenantId: string | null;
  name: string;
  issuer: string;
  clientId: string;
  clientSecret: string | null;
  /** Its addresses count as verified although it does not say so (Entra ID). */
  trustsEmail: boolean;
  /** A second factor that it saw counts as one here. */
  trustsFactor: boolean;
}

export const GOOGLE_ISSUER = 'https://accounts.google.com';

/** What an issuer has proved of a person. */
export interface IssuerProof {
  issuer: string;
  subject: string;
  /** In its one spelling; null: it names none. */
  email: string | null;
  emailVerified: boolean;
  name: string | null;
  /** It saw a second factor, and is trusted to say so. */
  strong: boolean;
}
