import { newId } from '#platform/core';
import { AuthenticatorApp } from '#platform/testing';
import { Tenancy } from '#tenancy';
import type { Answer, House } from './house.js';

export const OPERATOR_PASSWORD = 'correct horse battery';

export interface Operator {
  id: string;
  email: string;
  /** Of a session where the second factor was given. */
  token: string;
  app: AuthenticatorApp;
  recoveryCodes: string[];
}

export function signInOperator(house: House, email: string, more: object = {}, from?: string): Promise<Answer> {
  return house.ask('POST', '/v1/operator/sign-in', { body: { email, password: OPERATOR_PASSWORD, ...more }, from });
}

/** As the command line makes one: without a second factor yet. */
export async function addOperator(house: House): Promise<{ id: string; email: string }> {
  return house.get(Tenancy).addOperator({ email: `${newId()}@example.org`, name: 'Olga', password: OPERATOR_PASSWORD });
}

/** One who signed in for the first time and set the second factor up. */
export async function newOperator(house: House): Promise<Operator> {
  const { id, email } = await addOperator(house);
  const { token } = (await signInOperator(house, email)).body;
  const app = new AuthenticatorApp((await house.ask('POST', '/v1/operator/second-factor',
    { token, body: { password: OPERATOR_PASSWORD } })).body.secret);
  const { recoveryCodes } = (await house.ask('POST', '/v1/operator/second-factor/confirm', { token, body: { code: app.next() } })).body;
  return { id, email, token, app, recoveryCodes };
}
