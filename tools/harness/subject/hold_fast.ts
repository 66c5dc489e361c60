/**
 * Given code and the language itself, held fast before a lab is loaded.
 *
 * A subject tells things of itself that nobody sees from outside: how many frames are lent, how much memory the rings
 * take, what was counted and what happened. All of them run through code that shares one world with the student's: a
 * patched `FramePool.prototype`, or a patched `Array.prototype.pop` below it, would make them lies. So everything that can be
 * reached from what the language and `stack/` export is frozen, and the language's names cannot be given another meaning.
 * What the student makes is as free as ever.
 *
 * One habit of honest programs needs help. Where a prototype is frozen, JavaScript also refuses to *set* an inherited name
 * in an object of one's own: `this.name = "Oops"` in a class that extends Error. For the names for which that is usual, the
 * frozen member is a getter, and its setter gives the object a member of its own.
 */

const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, hasOwn } = Object;
const { ownKeys } = Reflect;
const { isView } = ArrayBuffer;

/** What the language has and no name leads to: the kinds of functions, and what iterates. */
const NAMELESS: readonly object[] = [
  function* (): Generator {},
  async () => {},
  async function* (): AsyncGenerator {},
  [].values(),
  [].values().map((each) => each),
  Iterator.from({ next: () => ({ done: true, value: undefined }) }),
  new Map().keys(),
  new Set().keys(),
  ""[Symbol.iterator](),
  "".matchAll(/./g),
];
const ERRORS = [Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, SuppressedError];

/** Freezes the language, and all that can be reached from what these modules export. */
export function holdFast(modules: readonly object[]): void {
  letOverride(Object.prototype, ["toString", "toLocaleString", "valueOf", "hasOwnProperty"]);
  for (const { prototype } of ERRORS) letOverride(prototype, ["name", "message", "toString"]);
  const held = new Set<object>([globalThis]);
  const waiting: object[] = [...NAMELESS];
  const reach = (value: unknown): void => {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || held.has(value)) return;
    held.add(value);
    waiting.push(value);
  };
  const reachMembers = (object: object): void => {
    for (const key of ownKeys(object)) {
      const { value, get, set } = getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
      reach(value);
      reach(get);
      reach(set);
    }
    reach(getPrototypeOf(object));
  };
  for (const module of modules) reachMembers(module);
  for (const name of ownKeys(globalThis)) {
    const member = getOwnPropertyDescriptor(globalThis, name) as PropertyDescriptor;
    if (member.configurable) {
      defineProperty(globalThis, name, "value" in member ? { writable: false, configurable: false } : { configurable: false });
    }
  }
  reachMembers(globalThis);
  for (let object = waiting.pop(); object !== undefined; object = waiting.pop()) {
    if (!isView(object)) freeze(object); // bytes cannot be held
    reachMembers(object);
  }
}

/** Lets objects have members of these names of their own by setting them, though `prototype` is frozen. */
function letOverride(prototype: object, names: readonly string[]): void {
  for (const name of names) {
    if (!hasOwn(prototype, name)) continue;
    const { value } = getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
    defineProperty(prototype, name, {
      get: () => value,
      set(this: object, own: unknown): void {
        if (this === prototype) throw new TypeError(`Cannot set ${name}: the language's own is held fast`);
        defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true });
      },
    });
  }
}
