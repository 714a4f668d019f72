import { Failure, log, reducer } from 'everfold';

interface Noticed {
  at: number;
  by: string | null;
  cause: string | null;
  id: string;
  times: number;
}

export default reducer({
  initial: (): Noticed | null => null,
  apply(model, event): Noticed {
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
