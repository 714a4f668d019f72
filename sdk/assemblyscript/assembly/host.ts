// What a module may ask of the host: to write a line.

// @ts-ignore: decorator
@external("everfold:domain/log@0.1.0", "write")
declare function write(level: i32, message: usize, length: usize): void;

/** Writes a line for the people who run the host; `level` from 0 (trace) to 4 (error). */
export function log(level: i32, message: string): void {
  const bytes = String.UTF8.encode(message);
  write(level, changetype<usize>(bytes), bytes.byteLength);
}

/** What AssemblyScript calls when it can go no further. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  log(4, `${message ? message : "abort"} (${file ? file : "?"}:${line}:${column})`);
  unreachable();
}
