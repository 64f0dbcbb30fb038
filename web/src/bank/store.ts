/**
 * Where a browser keeps keys, certificates and sessions: IndexedDB, which holds keys of the platform that nobody can
 * take out. A store in memory stands in where there is none (tests, Node).
 */

/** Values by name. `update` is one step: nobody sees or writes the value in between, not in another tab either. */
export interface Store {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
  delete(name: string): Promise<void>;
  names(prefix: string): Promise<readonly string[]>;
  update<T>(name: string, change: (value: unknown) => T): Promise<T>;
}

/** A store that ends with the page. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, unknown>();

  async get(name: string): Promise<unknown> {
    return this.#values.get(name);
  }

  async put(name: string, value: unknown): Promise<void> {
    this.#values.set(name, value);
  }

  async delete(name: string): Promise<void> {
    this.#values.delete(name);
  }

  async names(prefix: string): Promise<readonly string[]> {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix));
  }

  async update<T>(name: string, change: (value: unknown) => T): Promise<T> {
    const changed = change(this.#values.get(name));
    this.#values.set(name, changed);
    return changed;
  }
}

const TABLE = 'values';

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** The store of this origin. */
export class BrowserStore implements Store {
  readonly #name: string;
  #opened: Promise<IDBDatabase> | undefined;

  constructor(name = 'strongroom') {
    this.#name = name;
  }

  #open(): Promise<IDBDatabase> {
    this.#opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(this.#name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
      request.onsuccess = () => {
        const database = request.result;
        database.onversionchange = () => {
          database.close();
          this.#opened = undefined;
        };
        resolve(database);
      };
      request.onerror = () => reject(request.error);
    });
    return this.#opened;
  }

  async #within<T>(mode: IDBTransactionMode, work: (table: IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = (await this.#open()).transaction(TABLE, mode, { durability: 'strict' });
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
    const [result] = await Promise.all([work(transaction.objectStore(TABLE)), done]);
    return result;
  }

  get(name: string): Promise<unknown> {
    return this.#within('readonly', (table) => settled(table.get(name)));
  }

  async put(name: string, value: unknown): Promise<void> {
    await this.#within('readwrite', (table) => settled(table.put(value, name)));
  }

  async delete(name: string): Promise<void> {
    await this.#within('readwrite', (table) => settled(table.delete(name)));
  }

  names(prefix: string): Promise<readonly string[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return this.#within('readonly', async (table) => (await settled(table.getAllKeys(range))).map(String));
  }

  update<T>(name: string, change: (value: unknown) => T): Promise<T> {
    return this.#within('readwrite', async (table) => {
      const changed = change(await settled(table.get(name)));
      await settled(table.put(changed, name));
      return changed;
    });
  }
}

const waiting = new Map<string, Promise<unknown>>();

/** Does something while no other tab of this browser does it under the same name. */
export const withLock = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
  if (locks) return (await locks.request(name, work)) as T;
  const before = waiting.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  waiting.set(name, mine);
  return mine;
};
