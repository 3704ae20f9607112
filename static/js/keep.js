/** Where the outbox is written down: IndexedDB, or the browser's storage where that is denied. Entries are plain data. */
const STORE = "entries";

/** Entries under keys of their own in a Storage; `prefix` tells people on one browser apart. */
export class StorageKeep {
  constructor(storage, prefix) {
    this.storage = storage;
    this.prefix = prefix;
  }

  all() {
    const keys = Object.keys(this.storage).filter((name) => name.startsWith(this.prefix));
    return keys.map((key) => parse(this.storage.getItem(key))).filter(Boolean);
  }

  put(entry) {
    this.storage.setItem(this.prefix + entry.client_id, JSON.stringify(entry));
  }

  remove(clientId) {
    this.storage.removeItem(this.prefix + clientId);
  }
}

/** Entries in a database of one person's own; what it refuses to take goes to `spare`. */
class DatabaseKeep {
  constructor(database, spare) {
    this.database = database;
    this.spare = spare;
  }

  all() {
    return done(this.database.transaction(STORE).objectStore(STORE).getAll());
  }

  put(entry) {
    this.#write((store) => store.put(entry), () => this.spare.put(entry));
  }

  remove(clientId) {
    this.spare.remove(clientId);
    this.#write((store) => store.delete(clientId), () => {});
  }

  /** Writes take effect in the order they were asked for, and nobody waits for them. */
  #write(change, refused) {
    try {
      const transaction = this.database.transaction(STORE, "readwrite", { durability: "strict" });
      transaction.onabort = refused;
      change(transaction.objectStore(STORE));
      transaction.commit();
    } catch {
      refused();
    }
  }
}

/** The keep of one person: never fails, and takes over what an earlier visit had to leave in `storage`. */
export async function openKeep(factory, storage, name) {
  const spare = new StorageKeep(storage, `${name}.`);
  try {
    const opening = factory.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "client_id" });
    const keep = new DatabaseKeep(await done(opening), spare);
    for (const entry of spare.all()) {
      spare.remove(entry.client_id);
      keep.put(entry);
    }
    return keep;
  } catch {
    return spare;
  }
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function parse(text) {
  try {
    const entry = JSON.parse(text);
    return entry?.client_id && entry.frame ? entry : null;
  } catch {
    return null;
  }
}
