/**
 * The kinds of intent, as data: number, name, purpose and the members of each body. Bodies are typed from this table,
 * written by it and read by it. Amounts are strings of minor units, ids lower-case UUIDs, digests hex, bytes base64url.
 */
import {
  asset,
  binary,
  day,
  decimal,
  digest,
  flag,
  intentId,
  list,
  type Members,
  minor,
  names,
  type ObjectOf,
  object,
  optional,
  ownId,
  phrase,
  plainName,
  rate,
  text,
  utc,
  uuid,
  word,
} from './forms';

export const ROLES = ['customer', 'manager', 'auditor_clerk', 'system_admin'] as const;
/** The authority under which somebody acts. */
export type Role = (typeof ROLES)[number];

/** What a signature is for: one for a sign-in can never pass for one of a payment. */
export type Purpose = 'intent' | 'challenge' | 'device' | 'checkpoint' | 'statement';

const CSR_MAX = 16 * 1024;
const KEM_MAX = 2048;
const REASON = phrase(140);
const ITEMS_MAX = 1000;

const role = word(...ROLES);
const revocation = word('unspecified', 'key_compromise', 'superseded', 'cessation');
const nameMatch = word('match', 'close', 'none');

const MONEY = { amount: minor, asset };
const TRANSFER = { debit: uuid, credit: uuid, ...MONEY, details: optional(digest) };
const ITEM = object({ id: ownId, ...TRANSFER });
const BOUND_ITEM = object({ id: ownId, debit: uuid, credit: uuid, ...MONEY, details: digest });
const KEYS = {
  csr: binary(CSR_MAX),
  device: digest,
  device_key_commitment: digest,
  kem_public_key: binary(KEM_MAX),
};

interface KindSpec {
  readonly code: number;
  readonly purpose: Purpose;
  /** Where it is sent. */
  readonly path: string;
  readonly members: Members;
}

const kind = <const M extends Members>(
  code: number,
  path: string,
  members: M,
  purpose: Purpose = 'intent',
) => ({
  code,
  path,
  members,
  purpose,
});

/** Every kind by name. */
export const KINDS = {
  'user.enrol': kind(1, '/api/users/enrol', { user: uuid, ...KEYS, registration: digest }, 'device'),
  'session.login': kind(
    2,
    '/api/auth/certificate-login',
    { challenge: digest, origin: phrase(255), kem_public_key: binary(KEM_MAX) },
    'challenge',
  ),
  'account.open': kind(3, '/api/accounts', {
    account: uuid,
    asset,
    owner: uuid,
    kind: word('asset', 'liability', 'equity', 'income', 'expense'),
  }),
  'account.fund': kind(4, '/api/accounts/fund', { account: uuid, ...MONEY }),
  'account.freeze': kind(5, '/api/accounts/freeze', {
    account: uuid,
    debit: flag,
    credit: flag,
    reason: REASON,
  }),
  transfer: kind(6, '/api/transactions/transfer', TRANSFER),
  'transfer.batch': kind(7, '/api/transactions/batch', { atomic: flag, items: list(ITEM, 1, ITEMS_MAX) }),
  'key.rotate': kind(8, '/api/quantum/keys/rotate', KEYS),
  'certificate.revoke': kind(9, '/api/certificates/revoke', { certificate: digest, reason: revocation }),
  'device.approve': kind(10, '/api/devices/approve', {
    device: digest,
    csr_sha3: digest,
    registration: digest,
  }),
  'device.revoke': kind(11, '/api/devices/revoke', { device: digest, reason: revocation }),
  'user.invite': kind(12, '/api/admin/users/invite', {
    user: uuid,
    role,
    person: digest,
    registration: digest,
  }),
  'user.approve': kind(13, '/api/admin/users/approve', { user: uuid }),
  'user.recover': kind(14, '/api/manager/users/recover', {
    user: uuid,
    registration: digest,
    reason: REASON,
  }),
  'user.lock': kind(15, '/api/admin/users/lock', { user: uuid, locked: flag, reason: REASON }),
  'role.define': kind(16, '/api/admin/roles', {
    name: plainName,
    base: role,
    permissions: names(64),
    active: flag,
  }),
  'role.grant': kind(17, '/api/admin/roles/grant', { user: uuid, name: plainName, granted: flag }),
  'ip_rule.set': kind(18, '/api/admin/ip-rules', {
    rule: uuid,
    subject: phrase(64),
    network: phrase(43),
    action: word('allow', 'deny', 'none'),
  }),
  'audit.report': kind(19, '/api/audit/accountability-report', {
    subject: word('certificate', 'user', 'account', 'transfer', 'window'),
    value: text('at most 64 bytes', (value) => new TextEncoder().encode(value).length <= 64),
    from: optional(utc),
    to: optional(utc),
  }),
  'hold.place': kind(20, '/api/holds', { ...TRANSFER, expires_at: utc }),
  'hold.capture': kind(21, '/api/holds/capture', {
    hold: uuid,
    amount: optional(minor),
    asset: optional(asset),
  }),
  'hold.void': kind(22, '/api/holds/void', { hold: uuid }),
  'transfer.reverse': kind(23, '/api/transactions/reverse', {
    transfer: uuid,
    amount: optional(minor),
    asset: optional(asset),
    reason: REASON,
  }),
  'approval.decide': kind(24, '/api/approvals/decide', {
    payment: intentId,
    decision: word('approve', 'reject', 'escalate'),
    reason: REASON,
  }),
  'account.close': kind(25, '/api/accounts/close', { account: uuid }),
  'account.overdraft': kind(26, '/api/accounts/overdraft', { account: uuid, ...MONEY }),
  'policy.propose': kind(27, '/api/admin/policies', {
    policy: plainName,
    scope: phrase(64),
    value: phrase(4096),
  }),
  'policy.approve': kind(28, '/api/admin/policies/approve', { proposal: intentId, approved: flag }),
  'authority.rotate': kind(29, '/api/admin/authority/rotate', {
    certificate: binary(CSR_MAX),
    cross_certificate: binary(CSR_MAX),
    overlap_days: decimal('a number of days from 1 to 90', 1n, 90n),
  }),
  'payments.file': kind(30, '/api/payments/files', {
    file: digest,
    message_id: phrase(35),
    items: list(BOUND_ITEM, 1, ITEMS_MAX),
  }),
  'beneficiary.add': kind(31, '/api/beneficiaries', {
    account: uuid,
    details: digest,
    name_match: nameMatch,
  }),
  'beneficiary.change': kind(32, '/api/beneficiaries/change', {
    account: uuid,
    status: word('active', 'disabled', 'deleted'),
    details: optional(digest),
    name_match: optional(nameMatch),
  }),
  'standing_order.place': kind(33, '/api/standing-orders', {
    ...TRANSFER,
    first: day,
    rhythm: word('once', 'weekly', 'monthly', 'end_of_month'),
    business_day: word('unadjusted', 'following', 'preceding', 'modified_following'),
    last: optional(day),
    count: optional(decimal('a number from 1 to 5200', 1n, 5200n)),
    short_of_funds: word('skip', 'retry'),
  }),
  'standing_order.end': kind(34, '/api/standing-orders/end', { order: intentId }),
  'webhook.set': kind(35, '/api/admin/webhooks', {
    webhook: uuid,
    url: phrase(1024),
    kinds: names(64),
    active: flag,
    new_secret: flag,
  }),
  'transfer.exchange': kind(36, '/api/transactions/exchange', {
    debit: uuid,
    credit: uuid,
    sell_amount: minor,
    sell_asset: asset,
    buy_amount: minor,
    buy_asset: asset,
    rate,
  }),
} as const satisfies Record<string, KindSpec>;

/** The name of a kind. */
export type Kind = keyof typeof KINDS;

/** The body of each kind. */
export type Bodies = { readonly [K in Kind]: ObjectOf<(typeof KINDS)[K]['members']> };

/** A kind with its body, for every kind: narrow it by `kind`. */
export type Wish = { readonly [K in Kind]: { readonly kind: K; readonly body: Bodies[K] } }[Kind];

/** Every name of a kind, by number. */
export const KIND_NAMES = Object.keys(KINDS) as readonly Kind[];

/** Whether there is such a kind. */
export const isKind = (name: string): name is Kind => Object.hasOwn(KINDS, name);

/** Facts that nobody signs, by number: what a leaf may be besides an intent. */
export const EVENTS = {
  128: 'bank.founded',
  129: 'crl.issued',
  130: 'certificate.issued',
  131: 'login.failed',
  132: 'login.locked',
  133: 'risk.alert',
  134: 'hold.expired',
  135: 'order.due',
  136: 'session.opened',
  137: 'session.ended',
  138: 'rotation.due',
  139: 'login.place_new',
  140: 'credential.changed',
  141: 'interest.posted',
  142: 'fee.charged',
  143: 'day.closed',
  144: 'statement.made',
} as const satisfies Record<number, string>;

const CUSTOMER = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 20, 21, 22, 23, 25, 30, 31, 32, 33, 34, 36];
const MANAGER = [1, 2, 3, 4, 5, 8, 9, 10, 11, 13, 14, 15, 22, 23, 24, 25, 26, 27, 28];
const AUDITOR_CLERK = [1, 2, 8, 9, 10, 11, 19];
const SYSTEM_ADMIN = [1, 2, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 27, 28, 29, 35];

const namesOf = (codes: readonly number[]): readonly Kind[] =>
  codes
    .map((code) => KIND_NAMES.find((name) => KINDS[name].code === code))
    .filter((name) => name !== undefined);

/** The kinds that a role may sign, by number: the `allowed_actions` of its certificates. */
export const ALLOWED: Readonly<Record<Role, readonly Kind[]>> = {
  customer: namesOf(CUSTOMER),
  manager: namesOf(MANAGER),
  auditor_clerk: namesOf(AUDITOR_CLERK),
  system_admin: namesOf(SYSTEM_ADMIN),
};
