// What crosses the boundary, as far as reducers here look at it.

/** Why a call fails: nothing of it counts. */
export class Failure {
  /** `event` is an index into the call's events, or -1. */
  constructor(
    public event: i32,
    public code: string,
    public message: string,
  ) {}
}

/** What the host must know before the first reduction. The order is `occurred`. */
export class Descriptor {
  constructor(public eventTypes: string[]) {}
}

/** An event. */
export class Event {
  constructor(
    public eventType: string,
    public data: string,
  ) {}
}

/** What a call brings about: a model (`null`: none), or a failure. */
export class Outcome {
  model: string = "null";
  failure: Failure | null = null;
}
