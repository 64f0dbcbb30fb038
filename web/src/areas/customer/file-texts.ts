/**
 * The texts that a payment file has for its payees, item by item: the preview does not tell them, and each is committed to
 * in what is signed. The bank holds the file against the commitments and refuses what it reads otherwise, so a file that
 * is misread here is never paid, and never paid wrongly.
 */

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const withoutEntities = (text: string): string =>
  text.replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));/g, (whole, hex, decimal, name) => {
    if (name) return NAMED[name] ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

/** Every element of a name within a text, without its tags; prefixes do not matter. */
function* elements(text: string, name: string): Generator<string> {
  const opens = new RegExp(
    `<(?:[\\w.-]+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:[\\w.-]+:)?${name}\\s*>`,
    'g',
  );
  for (const match of text.matchAll(opens)) yield match[1] ?? '';
}

/** ISO 20022: the unstructured remittance lines of each transaction. */
function textsOfXml(xml: string): (string | undefined)[] {
  const bare = xml.replace(/<!--[\s\S]*?-->/g, '');
  return [...elements(bare, 'CdtTrfTxInf')].map((item) => {
    const lines = [...elements(item, 'RmtInf')].flatMap((info) => [...elements(info, 'Ustrd')]);
    const text = lines.map((line) => withoutEntities(line).trim()).join(' ');
    return text === '' ? undefined : text;
  });
}

/** RFC 4180 with another separator: rows of cells. */
function rowsOf(text: string, separator: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && cell === '') quoted = true;
    else if (char === separator) {
      row.push(cell);
      cell = '';
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[at + 1] === '\n') at += 1;
      rows.push([...row, cell]);
      row = [];
      cell = '';
    } else cell += char;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows.filter((cells) => cells.some((one) => one !== ''));
}

function textsOfTable(table: string): (string | undefined)[] {
  const first = table.split(/\r?\n/, 1)[0] ?? '';
  const separator = [';', '\t', ','].find((one) => first.includes(one)) ?? ';';
  const [head = [], ...rows] = rowsOf(table, separator);
  const column = head.findIndex((name) => name.trim() === 'text');
  return rows.map((cells) => (column < 0 ? undefined : cells[column]?.trim() || undefined));
}

/** The text of each item, in the file's order. */
export function textsOf(bytes: Uint8Array): (string | undefined)[] {
  // The decoder takes a byte order mark away.
  const text = new TextDecoder().decode(bytes);
  return /^\s*</.test(text) ? textsOfXml(text) : textsOfTable(text);
}
