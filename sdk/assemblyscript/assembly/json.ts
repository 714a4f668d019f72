// As much JSON as a counter needs: the integer under one key of an object, all else being checked and skipped. Keys are
// compared as they are spelt, without looking into escapes.

/** The integer beyond which doubles are not exact: 2^53. */
export const MAX_INTEGER: i64 = 9007199254740992;

const MAX_DEPTH = 128;

/** An integer, or why there is none. */
export class Integer {
  value: i64 = 0;
  problem: string | null = null;
}

/** Reads the integer under `key` of the object that `text` is; of several, the last. */
export function integerOf(text: string, key: string): Integer {
  const reader = new Reader(text);
  const integer = new Integer();
  integer.problem = `"${key}" is missing`;
  if (reader.here() != 0x7b /* { */) {
    integer.problem = "expected an object";
    return integer;
  }
  reader.wanted = key;
  reader.found = integer;
  if (!reader.value(0) || reader.at != text.length) integer.problem = `not JSON at character ${reader.at}`;
  return integer;
}

/** Reads text without white space between its parts, as the host keeps it. */
class Reader {
  at: i32 = 0;
  wanted: string = "";
  found: Integer = new Integer();

  constructor(private text: string) {}

  here(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : 0;
  }

  /** Skips a value: false if it is not JSON. */
  value(depth: i32): bool {
    const first = this.here();
    if (first == 0x7b /* { */ || first == 0x5b /* [ */) return depth < MAX_DEPTH && this.container(first, depth);
    if (first == 0x22 /* " */) return this.string();
    if (first == 0x74 /* t */) return this.literal("true");
    if (first == 0x66 /* f */) return this.literal("false");
    if (first == 0x6e /* n */) return this.literal("null");
    return this.number();
  }

  private container(open: i32, depth: i32): bool {
    // Closing brackets come two behind opening ones.
    const close = open + 2;
    this.at++;
    if (this.take(close)) return true;
    do {
      const start = this.at + 1;
      if (open == 0x7b && !(this.string() && this.take(0x3a /* : */))) return false;
      const isWanted = open == 0x7b && depth == 0 && this.text.substring(start, this.at - 2) == this.wanted;
      if (isWanted ? !this.integer() : !this.value(depth + 1)) return false;
    } while (this.take(0x2c /* , */));
    return this.take(close);
  }

  /** Reads the value that is looked for. */
  private integer(): bool {
    const start = this.at;
    const first = this.here();
    const isNumber = first == 0x2d /* - */ || isDigit(first);
    if (!this.value(1)) return false;
    const digits = this.text.substring(start, this.at);
    const value = isNumber ? F64.parseFloat(digits) : 0;
    this.found.value = 0;
    this.found.problem = null;
    if (!isNumber) this.found.problem = `${this.wanted}: expected a number`;
    else if (value != Math.trunc(value)) this.found.problem = `${this.wanted}: ${digits} is not an integer`;
    // 2^53 + 1 reads as 2^53, which is therefore taken only as it is spelt.
    else if (Math.abs(value) >= <f64>MAX_INTEGER && !isLimit(digits)) this.found.problem = beyond(this.wanted, digits);
    else this.found.value = <i64>value;
    return true;
  }

  private string(): bool {
    if (!this.take(0x22)) return false;
    for (let unit = this.here(); unit != 0x22; unit = this.here()) {
      if (unit < 0x20) return false;
      this.at++;
      if (unit == 0x5c /* \ */ && !this.escape()) return false;
    }
    return this.take(0x22);
  }

  private escape(): bool {
    const unit = this.here();
    this.at++;
    if (unit != 0x75 /* u */) return unit != 0 && '"\\/bfnrt'.includes(String.fromCharCode(unit));
    for (let i = 0; i < 4; i++, this.at++) {
      const digit = this.here() | 0x20;
      if (!isDigit(this.here()) && (digit < 0x61 || digit > 0x66)) return false;
    }
    return true;
  }

  private number(): bool {
    this.take(0x2d);
    if (!this.take(0x30) && !this.digits()) return false;
    if (this.take(0x2e) && !this.digits()) return false;
    if (!this.take(0x65) && !this.take(0x45)) return true;
    if (!this.take(0x2b)) this.take(0x2d);
    return this.digits();
  }

  private digits(): bool {
    const start = this.at;
    while (isDigit(this.here())) this.at++;
    return this.at > start;
  }

  private literal(name: string): bool {
    const is = this.text.substr(this.at, name.length) == name;
    this.at += name.length;
    return is;
  }

  private take(unit: i32): bool {
    const is = this.here() == unit;
    if (is) this.at++;
    return is;
  }
}

function isDigit(unit: i32): bool {
  return unit >= 0x30 && unit <= 0x39;
}

function isLimit(digits: string): bool {
  return digits == "9007199254740992" || digits == "-9007199254740992";
}

function beyond(key: string, digits: string): string {
  return `${key}: the number ${digits} is beyond 2^53: send it as a string`;
}
