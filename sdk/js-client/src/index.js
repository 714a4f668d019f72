export { apply } from './patch.js'; export { EverfoldError, PatchError } from './errors.js';
export { uuid1, uuid4 } from './ids.js';
