/**
 * Lines for the people who run the host. They are never a result; the host may drop them or cut them short. In
 * a native test they go to standard error.
 */

/** @type {(level: string, message: string) => void} */
let write = (level, message) => console.error(`${level}: ${message}`);

/** Sends lines to `host` from now on. */
export function sendTo(host) {
  write = host;
}

/** A line that names a level: any value is written as its text. */
const at = (level) => (message) => write(level, String(message));

export const log = Object.freeze({
  trace: at('trace'),
  debug: at('debug'),
  info: at('info'),
  warn: at('warn'),
  error: at('error'),
});
