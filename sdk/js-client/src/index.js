export { apply } from './patch.js'; export { EverfoldError, PatchError } from './errors.js';
