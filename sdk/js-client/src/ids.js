/** Ids that clients make: version 1 UUIDs for events, which say when they happened, and version 4 for entities. */

// Node 18 keeps it in a module; browsers and newer versions of Node never get that far.
const crypto = globalThis.crypto ?? (await import('node:crypto')).webcrypto;

/** From 1582-10-15, where version 1 counts from, to the Unix epoch, in milliseconds. */
const BEFORE_UNIX_MS = 12_219_292_800_000n;
/** A version 1 UUID counts in steps of 100 ns. */
const TICKS_PER_MS = 10_000n;
/** As far back as a clock may step (it is corrected all the time) without ids following it, in ticks. */
const TOLERATED_TICKS = 10_000n * TICKS_PER_MS;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes ids for events: each is greater than the one before, also within one tick of the clock. Only a clock that
 * is set back by more than ten seconds is followed, because a host refuses ids that are far ahead of its own; ids
 * stay unique then as well.
 */
export class EventIds {
  #now;
  #last = -1n;
  #maker;

  /** @param {() => number} [now] milliseconds since the Unix epoch */
  constructor(now = Date.now) {
    this.#now = now;
    this.#maker = maker();
  }

  /** The next id. */
  next() {
    const present = (BigInt(Math.floor(this.#now())) + BEFORE_UNIX_MS) * TICKS_PER_MS;
    if (present > this.#last) {
      this.#last = present;
    } else if (this.#last - present < TOLERATED_TICKS) {
      this.#last += 1n;
    } else {
      this.#maker = maker();
      this.#last = present;
    }
    return version1(this.#last, this.#maker);
  }
}

/** Clock sequence and node: random, because what a machine is called is nobody's business. */
function maker() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  bytes[0] = (bytes[0] & 0x3f) | 0x80;
  // The multicast bit says that it is no machine's address.
  bytes[2] |= 0x01;
  const hex = Array.from(bytes, (byte) => HEX[byte]).join('');
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
}

function version1(ticks, made) {
  const hex = ticks.toString(16).padStart(15, '0');
  return `${hex.slice(7)}-${hex.slice(3, 7)}-1${hex.slice(0, 3)}-${made}`;
}

const ids = new EventIds();

/** An id for an event that happens now. */
export function uuid1() {
  return ids.next();
}

/** An id for a new entity. */
export function uuid4() {
  // `crypto.randomUUID` is missing on pages that came without TLS.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => HEX[byte]).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
