interface PageOf<Row> {
  items: Row[];
  next?: string | null | undefined;
}

/** Every page of a list up to a bound, where it is short or its order is not the one that is shown. */
export async function whole<Row>(
  read: (cursor: string | undefined) => Promise<PageOf<Row>>,
  pagesMax: number,
): Promise<{ items: Row[]; cut: boolean }> {
  const items: Row[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await read(cursor);
    items.push(...answer.items);
    if (!answer.next) return { items, cut: false };
    cursor = answer.next;
  }
  return { items, cut: true };
}
