/**
 * What a module does before anything of the reducer runs, at build time: its log goes to the host, and what
 * would make a result depend on more than the events throws. (The engine has no clock then: without this,
 * `Date.now()` would end the call without a word.)
 */

import * as host from 'everfold:domain/log@0.1.0';

import { forbidImpurity } from './impure.js';
import { sendTo } from './log.js';

sendTo((level, message) => host.write(level, message.toWellFormed()));
forbidImpurity(globalThis);
