import { describe, expect, it } from 'vitest';
import { textsOf } from './file-texts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('texts of payment files', () => {
  it('reads a table in any order of columns, with quotes', () => {
    const table = '\uFEFFtext;amount\r\n"a; ""b""";1,00\r\n;2,00\r\nplain;3,00\r\n';
    expect(textsOf(bytes(table))).toEqual(['a; "b"', undefined, 'plain']);
  });

  it('reads a table without the column', () => {
    expect(textsOf(bytes('amount,currency\n1.00,EUR\n'))).toEqual([undefined]);
  });

  it('reads pain.001 with prefixes, entities, comments and several lines', () => {
    const xml = `<?xml version="1.0"?><p:Document><p:CdtTrfTxInf><!-- <p:Ustrd>no</p:Ustrd> --><p:RmtInf>
      <p:Ustrd>rent &amp; heat</p:Ustrd><p:Ustrd>M&#228;rz</p:Ustrd></p:RmtInf></p:CdtTrfTxInf>
      <p:CdtTrfTxInf><p:Cdtr><p:Nm>Bob</p:Nm></p:Cdtr></p:CdtTrfTxInf></p:Document>`;
    expect(textsOf(bytes(xml))).toEqual(['rent & heat März', undefined]);
  });
});
