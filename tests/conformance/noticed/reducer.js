// @ts-check
import { Failure, log, reducer } from 'everfold';

/** @typedef {{ at: number, by: string | null, cause: string | null, id: string, times: number }} Noticed */

export default reducer({
  /** @returns {Noticed | null} */
  initial: () => null,
  apply(model, event) {
    log.info(`noticed ${event.type}`);
    if (event.type === 'refused') throw new Failure('noticed', 'refused');
    return {
      at: event.occurredAt,
      by: new Map(event.metadata).get('by') ?? null,
      cause: event.cause ?? null,
      id: event.id,
      times: (model?.times ?? 0) + 1,
    };
  },
});
