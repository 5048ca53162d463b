import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEmail, SmtpServer } from '#platform/testing';
import { CoreConfig, loadConfig } from '#platform/core';
import { createMail } from './create-mail.js';
import { FolderMail } from './folder-mail.js';
import { MailConfig } from './mail.config.js';
import { SmtpMail } from './smtp-mail.js';

const letter = (change = {}) => ({ id: 'one', to: 'ada@example.org', subject: 'Grüße',
  text: 'Dear Ada,\n.a line that begins with a dot\nÄ long line '.padEnd(300, 'x'), ...change });

describe('mail by SMTP', () => {
  let smtp: SmtpServer;
  let mail: SmtpMail;
  beforeAll(async () => {
    smtp = await SmtpServer.start();
    mail = new SmtpMail({ url: smtp.url, from: 'Atoll <atoll@example.org>', silenceMs: 1_000 });
  });
  afterAll(() => smtp.stop());

  it('arrives as it was written', async () => {
    await mail.send(letter());
    expect(smtp.received.at(-1)).toMatchObject({ from: 'atoll@example.org', to: ['ada@example.org'] });
    expect(smtp.received.at(-1)!.raw).toMatch(/^Message-ID: <one@example\.org>\r?$/im);
    expect(smtp.to('ada@example.org'))
      .toEqual({ subject: 'Grüße', text: expect.stringContaining('Dear Ada,\n.a line that begins with a dot\nÄ long line xxx') });
  });

  it('lets no header or recipient in through a subject or an address', async () => {
    await mail.send(letter({ subject: 'Hello\r\nBcc: eve@example.org', to: 'bob@example.org' }));
    await mail.send(letter({ to: 'bob@example.org>\r\nRCPT TO:<eve@example.org' })).catch(() => undefined);
    expect(smtp.received.flatMap(({ to }) => to)).not.toContain('eve@example.org');
    expect(smtp.received.at(-1)!.raw).not.toMatch(/^Bcc:/im);
  });

  it.each([
    ['refuse', { kind: 'refuse' }, 'kernel.mail-refused'],
    ['no-mailbox', { kind: 'no-mailbox' }, 'kernel.mail-refused'],
    ['busy', { kind: 'busy' }, 'kernel.mail-unavailable'],
    ['drop', { kind: 'drop' }, 'kernel.mail-unavailable'],
    ['slow', { kind: 'slow', ms: 2_000 }, 'kernel.mail-timeout'],
  ] as const)('a server that is to %s', async (_name, fault, reason) => {
    smtp.next(fault);
    await expect(mail.send(letter({ to: 'faulty@example.org' }))).rejects.toMatchObject({ reason });
    await mail.send(letter({ to: 'after@example.org' }));
    expect(smtp.to('after@example.org')).toBeDefined();
  });

  it('a server that is not there', async () => {
    await expect(new SmtpMail({ url: 'smtp://127.0.0.1:1', from: 'a@example.org' }).send(letter()))
      .rejects.toMatchObject({ code: 'unavailable', reason: 'kernel.mail-unavailable' });
  });

  it('logs in, and says so when it may not', async () => {
    const strict = await SmtpServer.start({ user: 'atoll@x', password: 'p:a/ss' });
    try {
      await new SmtpMail({ url: strict.url, from: 'a@example.org' }).send(letter());
      expect(strict.received[0]!.user).toBe('atoll@x');
      await expect(new SmtpMail({ url: strict.url.replace('ss@', 'zz@'), from: 'a@example.org' }).send(letter()))
        .rejects.toMatchObject({ reason: 'kernel.mail-login' });
    } finally {
      await strict.stop();
    }
  });
});

describe('without a mail server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'atoll-mail-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const settings = (env: Record<string, string>) => {
    const config = loadConfig([CoreConfig, MailConfig], { ATOLL_DATA_DIR: folder, ...env });
    return createMail(config.get(CoreConfig) as CoreConfig, config.get(MailConfig) as MailConfig);
  };

  it('development writes letters that only the owner of the files reads', async () => {
    const mail = settings({});
    expect(mail).toBeInstanceOf(FolderMail);
    await mail.send(letter({ text: 'Dear Ada' }));
    const [name] = readdirSync(join(folder, 'mail'));
    expect(readEmail(readFileSync(join(folder, 'mail', name!), 'utf8')))
      .toMatchObject({ subject: 'Grüße', text: expect.stringContaining('Dear Ada') });
    expect(statSync(join(folder, 'mail', name!)).mode & 0o777).toBe(0o600);
  });

  it('production refuses, naming the setting', async () => {
    const mail = settings({ NODE_ENV: 'production', ATOLL_SECRET: 'x9#kk20Lmv82hs7QpwZ1nb5Ty6Gf4Rd3Ec' });
    expect(() => mail.assertReady()).toThrow(/ATOLL_SMTP_URL/);
    await expect((async () => mail.send(letter()))()).rejects.toMatchObject({ reason: 'kernel.no-mail' });
  });

  it.each([
    [{ ATOLL_SMTP_URL: 'http://mail.example.org' }, 'ATOLL_SMTP_URL'],
    [{ ATOLL_SMTP_URL: 'smtp://mail.example.org' }, 'ATOLL_MAIL_FROM'],
    [{ ATOLL_SMTP_URL: 'smtp://mail.example.org', ATOLL_MAIL_FROM: 'Atoll' }, 'ATOLL_MAIL_FROM'],
    [{ ATOLL_SMTP_URL: 'smtp://mail.example.org', ATOLL_MAIL_FROM: 'A <a@b.org>\nBcc: <e@b.org>' }, 'ATOLL_MAIL_FROM'],
  ])('%j does not start', (env, name) => expect(() => settings(env)).toThrow(name));
});
