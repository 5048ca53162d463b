/** How often and how fast a job tries to send an e-mail. */
export const EMAIL_TRIES = { attempts: 8, backoffMs: 5_000, timeoutMs: 90_000, concurrency: 4 };

/** What one e-mail says; the address is the envelope's. */
export interface EmailText {
  subject: string;
  text: string;
}

const CLOSING = '\n\nIf you expected no letter of this kind, ignore this one: nothing happens without the link.\n';

/** Says nothing that whoever typed the address could choose: their words do not go out under our name. */
export function registerEmail(link: string, token: string, minutes: number): EmailText {
  return {
    subject: 'Confirm your e-mail address',
    text: `Somebody, hopefully you, registered with this address. To confirm that it is yours, open\n\n${link}\n\nwithin ${minutes} ` +
      `minutes. In place of the link this code can be entered:\n\n${token}${CLOSING}`,
  };
}

export function alreadyKnownEmail(signInUrl: string): EmailText {
  return {
    subject: 'You have an account already',
    text: `Somebody, hopefully you, tried to register with this address. It has an account, so nothing was changed. Sign in ` +
      `at\n\n${signInUrl}\n\nor ask there for a new password if you forgot yours.\n`,
  };
}

export function verifyEmail(link: string, token: string, minutes: number): EmailText {
  return {
    subject: 'Confirm your e-mail address',
    text: `To confirm that this address is yours, open\n\n${link}\n\nwithin ${minutes} minutes. In place of the link this code can be ` +
      `entered:\n\n${token}${CLOSING}`,
  };
}

/** To an address that somebody wants for their account, and that has one of its own. */
export function takenEmail(): EmailText {
  return { subject: 'This address has an account', text: 'Somebody, hopefully you, wants to use this address for another account. It ' +
    'has an account of its own, so nothing was changed.\n' };
}

/** To the former address. */
export function movedEmail(): EmailText {
  return {
    subject: 'Your e-mail address was changed',
    text: 'The account that had this address has another one now; sign in with that. If it was not you who changed it, somebody knows ' +
      'your password: tell the administrator of your tenant at once.\n',
  };
}

export function resetEmail(link: string, token: string, minutes: number): EmailText {
  return {
    subject: 'Choose a new password',
    text: `Somebody, hopefully you, asked for a new password for this address. To choose one, open\n\n${link}\n\nwithin ${minutes} ` +
      `minutes; you are then signed out everywhere. In place of the link this code can be entered:\n\n${token}${CLOSING}`,
  };
}

export function invitationEmail(
  { tenant, inviter, role, until }: { tenant: string; inviter: string | null; role: string; until: Date }, link: string, token: string,
): EmailText {
  const who = inviter === null ? 'You are invited' : `${harmless(inviter)} invites you`;
  return {
    subject: `Invitation to ${harmless(tenant)}`,
    text: `${who} to ${harmless(tenant)} as ${role}. To join, open\n\n${link}\n\nuntil ${until.toISOString().slice(0, 10)}. In place of ` +
      `the link this code can be entered:\n\n${token}${CLOSING}`,
  };
}

export function deletionEmail({ tenant, until }: { tenant: string; until: Date }, link: string, token: string): EmailText {
  return {
    subject: `${harmless(tenant)} is being deleted`,
    text: `An owner of ${harmless(tenant)} deleted it. Nobody can use it now, and on ${until.toISOString().slice(0, 10)} everything of ` +
      `it will be erased for good. To take that back, open\n\n${link}\n\nbefore then. In place of the link this code can be ` +
        `entered:\n\n${token}\n\nIf it is to be deleted, there is nothing to do.\n`,
  };
}

/** Names are people's own words: none of them becomes a link in somebody else's mailbox. */
export function harmless(name: string): string {
  const text = name.replace(/[:/@\\<>]+/g, ' ').replace(/\.(?=\S)/g, ' ').replace(/\s+/g, ' ').trim();
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
