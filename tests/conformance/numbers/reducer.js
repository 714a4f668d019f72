// @ts-check
import { Failure, reducer, t } from 'everfold';

const I64 = 64;

export default reducer({
  takes: {
    put: t.object({ name: t.string, value: t.json }),
    divided: t.object({ name: t.string, a: t.number, b: t.number }),
    added: t.object({ name: t.string, a: t.string, b: t.string }),
  },
  /** @returns {Record<string, import('everfold').Json>} */
  initial: () => ({}),
  apply(model, { type, data }) {
    switch (type) {
      case 'put':
        return { ...model, [data.name]: data.value };
      case 'divided':
        return { ...model, [data.name]: data.a / data.b };
      case 'added':
        return { ...model, [data.name]: sum(data.a, data.b) };
    }
  },
});

/**
 * The sum of two 64-bit integers, as text: JSON numbers hold 53 bits.
 *
 * @param {string} a
 * @param {string} b
 */
function sum(a, b) {
  const isWhole = [a, b].every((text) => /^-?\d+$/.test(text));
  const parts = isWhole ? [BigInt(a), BigInt(b), BigInt(a) + BigInt(b)] : [];
  if (!isWhole || parts.some((part) => BigInt.asIntN(I64, part) !== part)) {
    throw new Failure('not-i64', `${a} + ${b}`);
  }
  return `${parts[2]}`;
}
