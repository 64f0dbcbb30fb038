/** An accountability report as the bank sends it, and its verification: leaf by leaf, under the report's own head. */
import {
  base64url,
  parseReceipt,
  type Receipt,
  type ReceiptProof,
  receiptBundle,
  type Settled,
  type Trust,
  verifyReceipt,
} from '../../bank';

/** How far a statement is proved by what the report carries. */
export type Edge = 'proven' | 'claimed' | 'erased' | 'first';

export interface ReportLeaf {
  leaf: string;
  intent_id: string;
  kind: string;
  outcome: string;
  code: string;
  at?: string | null;
  recorded: Edge;
  signed?: Edge | null;
  signer?: {
    user_id: string;
    certificate: string;
    device_id: string;
    role: string;
    lineage: string;
    generation: number;
  };
  permissions?: { edge: Edge; held: string[]; grants: string[] };
  origin: { edge: Edge; ip?: string; user_agent?: string; at?: string };
  chain?: { seq: string; prev: string; edge: Edge; before?: string; after?: string };
  receipt: Record<string, unknown>;
}

interface Reference {
  edge: Edge;
  leaf?: string;
  kind?: string;
  at?: string;
  by_user?: string;
}

export interface ReportCertificate {
  certificate: string;
  user_id: string;
  role: string;
  serial: string;
  generation: number;
  device_id: string;
  not_before: string;
  not_after: string;
  status: string;
  ended_at?: string;
  revocation_reason?: string;
  issued: Reference;
  ended?: Reference;
  der: string;
}

export interface Report {
  checkpoint: string;
  size: string;
  leaves: ReportLeaf[];
  certificates: ReportCertificate[];
  issuing: string[];
  certificates_cut: boolean;
  supporting: ReportLeaf[];
  next?: string;
}

/** The report beside a receipt; `undefined` where the bank sent none, as for a document that it had answered before. */
export function reportOf({ extra }: Settled): Report | undefined {
  const report = extra['report'] as Partial<Report> | undefined;
  if (typeof report?.checkpoint !== 'string' || typeof report.size !== 'string') return undefined;
  const lists = [report.leaves, report.certificates, report.issuing, report.supporting];
  return lists.every(Array.isArray) ? (report as Report) : undefined;
}

/** What `strongroom audit verify` takes. */
export const reportFile = (receipt: Receipt, report: Report): string =>
  `{"receipt":${receiptBundle(receipt)},"report":${JSON.stringify(report)}}\n`;

/** A leaf with what its verification came to. */
export interface ProvedLeaf {
  leaf: ReportLeaf;
  receipt: Receipt;
  proof: ReceiptProof;
}

/** Verifies one leaf under the head of the report and the certificate that signed it. */
export async function proveLeaf(report: Report, leaf: ReportLeaf, trust: Trust): Promise<ProvedLeaf> {
  const holder = report.certificates.find((one) => one.certificate === leaf.signer?.certificate)?.der;
  const paths = holder
    ? report.issuing.map((issuing) => [holder, issuing, base64url(trust.root.der)])
    : [[] as string[]];
  let proved: ProvedLeaf | undefined;
  // Which authority issued it is not said; with another one than its own the path does not hold.
  for (const certificates of paths) {
    const receipt = parseReceipt({ ...leaf.receipt, checkpoint: report.checkpoint, certificates });
    proved = { leaf, receipt, proof: await verifyReceipt(receipt, trust) };
    if (proved.proof.valid) return proved;
  }
  if (!proved) throw new Error('a report without an issuing authority');
  return proved;
}

/** Every leaf of a report, in its order. */
export async function proveReport(
  report: Report,
  trust: Trust,
): Promise<{ leaves: ProvedLeaf[]; supporting: ProvedLeaf[] }> {
  const leaves: ProvedLeaf[] = [];
  const supporting: ProvedLeaf[] = [];
  for (const leaf of report.leaves) leaves.push(await proveLeaf(report, leaf, trust));
  for (const leaf of report.supporting) supporting.push(await proveLeaf(report, leaf, trust));
  return { leaves, supporting };
}

/** The commitments of a leaf's bytes, in the order of the groups. */
export const commitmentsOf = (leaf: Uint8Array): Uint8Array[] =>
  Array.from({ length: 5 }, (_, at) => leaf.subarray(10 + at * 32, 42 + at * 32));

/** A reason of the risk engine: `rule: sentence`. */
export const reasonOf = (reason: string): { rule: string; sentence: string } => {
  const [, rule = '', sentence = reason] = /^([a-z-]+): (.*)$/s.exec(reason) ?? [];
  return { rule, sentence };
};

/** What a receipt shows of one group, as text; `undefined` where it is not shown. */
export const isShown = (receipt: Receipt, group: keyof Receipt['groups']): boolean =>
  receipt.groups[group]?.bytes !== undefined;
