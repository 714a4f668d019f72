/** A value that is not what it should be, and where in the whole it is. */

/** Its message begins with the way to the value: `items: 3: price: NaN is not JSON`. */
export class Misfit extends TypeError {
  /**
   * Says that the value was found under `key`, for each level on the way out.
   *
   * @param {string | number} key of an object or an array
   */
  within(key) {
    this.message = `${key}: ${this.message}`;
    return this;
  }
}
