/** Whether the other side is still there. A network may lose a connection without a word; and pages see no pings. */

/** How long a connection may be silent before it counts as dead. */
export const SILENCE_MS = 45_000;

/** Watches one connection: who is silent for two thirds of the time is asked, and who does not answer is lost. */
export class Pulse {
  #timer;
  /** Thirds of the time that began since something was heard. */
  #thirds = 0;

  /** @param {number} silenceMs @param {{ask(): void, lost(): void}} handlers */
  constructor(silenceMs, { ask, lost }) {
    this.#timer = setInterval(() => {
      this.#thirds += 1;
      if (this.#thirds === 2) ask();
      if (this.#thirds < 3) return;
      this.stop();
      lost();
    }, silenceMs / 3);
  }

  /** Something came. */
  heard() {
    this.#thirds = 0;
  }

  stop() {
    clearInterval(this.#timer);
  }
}
