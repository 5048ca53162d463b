/** DI token of the hosted contexts' wirings. */
export const WIRINGS = Symbol('atoll.wirings');
