/** A model that is followed: whole states, patches, and the proof that they belong together. */

import { own } from './errors.js';
import { cursorOf } from './frames.js';
import { apply } from './patch.js';

/** What is known before anything was heard. */
const UNKNOWN = Object.freeze({ type: 'unknown', model: undefined, version: 0, position: undefined, module: undefined, epoch: undefined });

/** What something can follow upon. */
const FOLLOWED = new Set(['model', 'deleted', 'none']);

/**
 * The states of one model. Versions must rise, and a patch must be of the version that is here; where that is not
 * so, what is known stays as it is and the model is fetched afresh. So no state is ever shown that the host did not
 * have. Models are shared between states: they must not be altered.
 */
export class ModelView {
  #frames;
  #states;
  #state;
  /** Whether what comes next is taken whatever it is: nothing is asked to follow upon anything. */
  #isFresh;
  #onTrouble;

  /**
   * @param {import('./index.js').Frames} frames
   * @param {{state?: import('./index.js').ModelState, onTrouble?: (error: Error, pauseMs: number) => void}} [options]
   */
  constructor(frames, { state, onTrouble = () => {} } = {}) {
    this.#frames = frames;
    this.#state = state ?? UNKNOWN;
    this.#isFresh = !FOLLOWED.has(this.#state.type);
    this.#onTrouble = onTrouble;
  }

  /** What is known now. It may be kept, and given to a later `followModel` as `state`. */
  get state() {
    return this.#state;
  }

  /** The model; `undefined` while there is none, or none is known. */
  get model() {
    return this.#state.model;
  }

  get version() {
    return this.#state.version;
  }

  close() {
    this.#frames.close();
  }

  /** All loops read the same states: there is one. */
  [Symbol.asyncIterator]() {
    return (this.#states ??= this.#run());
  }

  async *#run() {
    for await (const frame of this.#frames) {
      try {
        const next = this.#after(frame);
        if (next === undefined) continue;
        this.#state = Object.freeze(next);
      } catch (error) {
        this.#isFresh = true;
        this.#onTrouble(error, 0);
        this.#frames.restart();
        continue;
      }
      yield this.#state;
    }
  }

  /** The state that a frame leads to; none if it leads nowhere. Fails if it does not belong here. */
  #after(frame) {
    switch (frame.type) {
      case 'reset':
        this.#isFresh = true;
        return { ...UNKNOWN, type: 'reset', epoch: frame.epoch };
      case 'none':
        return this.#none(frame);
      case 'model':
        return this.#whole(frame, frame.model);
      case 'deleted':
        return this.#whole(frame, undefined);
      case 'patch':
        return this.#patched(frame);
      default:
        // A newer host may have more to say.
        return undefined;
    }
  }

  #none(frame) {
    if (!this.#isFresh && (this.#state.type !== 'none' || this.#state.epoch !== frame.epoch)) {
      throw violation(`there is none where version ${this.#state.version} was`);
    }
    this.#isFresh = false;
    return { ...UNKNOWN, type: 'none', epoch: frame.epoch };
  }

  #whole(frame, model) {
    if (!this.#isFresh) this.#expectLater(frame);
    this.#isFresh = false;
    return stateOf(frame, frame.type, model);
  }

  #patched(frame) {
    if (this.#isFresh) throw violation('a patch comes before any model');
    this.#expectLater(frame);
    if (this.#state.type !== 'model' || frame.from !== this.#state.version) {
      throw violation(`a patch is for version ${frame.from}, and here is ${this.#state.version}`);
    }
    return stateOf(frame, 'model', apply(this.#state.model, frame.patch));
  }

  #expectLater(frame) {
    if (frame.epoch !== this.#state.epoch) throw violation(`epoch ${frame.epoch} follows upon ${this.#state.epoch} without a reset`);
    if (!(frame.version > this.#state.version)) {
      throw violation(`version ${frame.version} follows upon ${this.#state.version}, and versions rise`);
    }
  }
}

function stateOf({ version, position, module, epoch }, type, model) {
  return { type, model, version, position, module, epoch };
}

function violation(detail) {
  return own('out-of-order', detail);
}

/** With which a reader that has this state goes on. */
export function cursorOfState(state) {
  return state?.epoch === undefined ? undefined : cursorOf(state);
}
